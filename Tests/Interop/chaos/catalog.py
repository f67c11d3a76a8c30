"""The scenarios by name: each is a function of a stage that returns figures, or raises what went wrong."""
import collections

Scenario = collections.namedtuple("Scenario", "name about quick play")
SCENARIOS = {}


def scenario(name, about, quick=False):
    """Enters a function; names begin with the row of the fault matrix (F…) or of the bad inputs (B…)."""
    def enter(play):
        SCENARIOS[name] = Scenario(name, about, quick, play)
        return play
    return enter
