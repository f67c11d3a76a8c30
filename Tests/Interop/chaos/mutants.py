"""Known mistakes, planted one at a time: a harness that lets one pass proves nothing about the rest.

Some are planted into the harness's own books and clients, the others into batond, where a debug build reads
BATON_MUTANT. Each names the scenario that must fail because of it."""
import os

from .catalog import Scenario, SCENARIOS
from .crash_points import is_known
from .fleet import Fleet
from .stage import Failed, Skipped

VARIABLE = "BATON_MUTANT"

OF_BATOND = {  # the mutant, and which scenario must catch it
    "no-fence": "F13-zombie",
    "no-adoption": "F11-nobody-asks-again",
    "ack-before-store": "F11-cut-off-at-accept",
    "start-on-resume": "F11-owner-long-steps",
    "forget-deposit": "F11-owner",
}


def small(stage, **crowd):
    """The scenario that the harness's own mistakes are planted in: one owner dies."""
    fleet = Fleet(stage, count=2, workers=2, window=40, steps_ms=(20, 100), **crowd)
    fleet.warm(1)
    fleet.kill(fleet.owner())
    fleet.run(2)
    fleet.revive()
    fleet.run(1)
    fleet.crowd.finish(30)
    return fleet


def effect_twice(stage):
    fleet = small(stage)
    lines = stage.effects_path.read_text("ascii").splitlines()
    with open(stage.effects_path, "a", encoding="ascii") as file:
        file.write(next(line for line in lines if not line.endswith("end")) + "\n")
    return fleet


def answer_lost(stage):
    fleet = small(stage)
    entry = next(iter(fleet.crowd.book.values()))
    entry.ends.clear()
    entry.due = None  # and its client has forgotten to ask again, which would mend it
    fleet.crowd.open += 1
    return fleet


def another_answer(stage):
    fleet = small(stage)
    entry = next(iter(fleet.crowd.book.values()))
    kind, code, content, when = entry.ends[0]
    entry.ends.append((kind, code, content | {"pid": 1}, when))
    return fleet


def new_name(stage):
    return small(stage, renames=True)


OF_HARNESS = {
    "an effect line twice": effect_twice,
    "an answer lost": answer_lost,
    "a second answer that differs": another_answer,
    "asked again under a new name": new_name,
}


def scenarios():
    """One scenario a mutant: it passes if what it plants is found."""
    control = Scenario("M00-control", "no mistake is planted, and none is found", False, unharmed)
    return [control] + [
        Scenario(f"M{number:02}-{name.replace(' ', '-')}", f"planted: {name}", False, must_fail(plant, name))
        for number, (name, plant) in enumerate(OF_HARNESS.items(), 1)
    ] + [
        Scenario(f"M{number:02}-{name}", f"planted into batond: {name}; {victim} must fail", False,
                 must_catch(name, SCENARIOS[victim].play))
        for number, (name, victim) in enumerate(OF_BATOND.items(), len(OF_HARNESS) + 1)
    ]


def unharmed(stage):
    return small(stage).finish()


def must_fail(plant, name):
    def play(stage):
        fleet = plant(stage)
        try:
            fleet.finish(seconds=1, restarts=None)
        except Failed as reason:
            return {"caught": str(reason)[:120]} | reason.figures
        raise Failed(f"nobody noticed: {name}")
    return play


def must_catch(name, victim):
    def play(stage):
        if not is_known(stage.products / "batond", VARIABLE, name):
            raise Skipped(f"this build of batond does not know {VARIABLE}={name}; a debug build does")
        os.environ[VARIABLE] = name
        try:
            victim(stage)
        except Failed as reason:
            return {"caught": str(reason)[:120]} | reason.figures
        finally:
            del os.environ[VARIABLE]
        raise Failed(f"nobody noticed: {name}")
    return play
