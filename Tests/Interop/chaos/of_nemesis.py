"""Everything may die: harm at random to all processes at once."""
import collections

from .catalog import scenario
from .fleet import Fleet
from .nemesis import Nemesis


@scenario("F67-nemesis", "workers, orchestrators and Redis are killed and stopped at random; then all heals and drains")
def nemesis(stage):
    fleet = Fleet(stage)
    fleet.warm()
    harm = Nemesis(fleet, stage.chance)
    harm.rage(stage.seconds(60))
    fleet.run(2)
    return fleet.finish(codes=("", "lost"), harms=dict(collections.Counter(harm.done)))
