"""A process that dies at a named place: workers on the wire (F02), orchestrators in their code (F11)."""
import time

from . import books
from .catalog import scenario
from .crash_points import AFTER_A_DEATH, POINTS, STAGES, UNSAFE, VARIABLE, is_known
from .fleet import Fleet
from .stage import Skipped, check

WORKER_POINTS = {
    "task": "has read the task and said nothing",
    "accept": "has said ACCEPT and not begun",
    "effect": "has begun and not answered",
    "result": "has sent its answer and not read its acknowledgement",
}


def at_worker_point(stage, point, effect):
    """The first worker dies with its first task; how the request ends, and how often it was executed."""
    orchestrator = stage.orchestrator(store=stage.redis().url)
    caller = stage.caller(orchestrator)
    victim = stage.worker(orchestrator, "work.1", effect=effect, crash_at=point)
    stage.listed(caller, 1)
    request = caller.submit("work", {"ms": 50})
    caller.pump(5, until=lambda: victim.poll() is not None)
    check(victim.poll() is not None, "the worker did not die there")
    stage.dies(victim)
    stage.worker(orchestrator, "work.2", effect=effect)
    caller.drain(10)
    entry = caller.book[request]
    caller.pump(0.3)
    executions = books.effects(stage.effects_path).get(request, [])
    return entry, executions


@scenario("F02-points", "a worker dies at each code point: done again where it may be, unsafe work never", quick=True)
def worker_points(stage):
    ends = {}
    for effect in ("idempotent",) if stage.quick else ("idempotent", "unsafe"):
        for point in WORKER_POINTS:
            entry, executions = on_its_own(stage, point, effect)
            code = entry.code if entry.ends else "open"
            ends[f"{effect}/{point}"] = f"{code or 'ok'} ({len(executions)} run)"
            check(effect == "unsafe" or code == "", f"{effect} at {point}: ended as {code}")
            again = effect == "unsafe" and len(executions) > 1
            check(not again, f"unsafe at {point}: was executed {len(executions)} times")
    return {"injected": len(ends), "lost": 0, "doubled": 0} | ends


def on_its_own(stage, point, effect):
    """On a fresh stage within this one, so that neither workers nor books mix."""
    own = type(stage)(stage.products, stage.chance.random())
    try:
        return at_worker_point(own, point, effect)
    finally:
        own.close(keep=False)


def enter(point, about):
    @scenario(f"F11-at-{point}", f"an orchestrator dies where {about}")
    def play(stage):
        return at_point(stage, point)
    return play


@scenario("F11-silent-at-accept-sent", "the owner dies while accepts are on their way, and no client asks again")
def silent(stage):
    return at_point(stage, "accept-sent", asks_again=False)


def at_point(stage, point, **crowd):
    """One of three dies at one of its first arrivals there, under load; whoever asked goes on asking, or believes."""
    if not is_known(stage.products / "batond", VARIABLE, point):
        raise Skipped(f"this build of batond does not know {VARIABLE}={point}; a debug build does")
    if point in STAGES:
        crowd["headers"] = {"pipeline": "work,work"}
    fleet = Fleet(stage, start=False, agent="once" if point in UNSAFE else "work", **crowd)
    victim = fleet.members[0]
    victim.environment = {VARIABLE: f"{point}:{stage.chance.randint(1, 20 if point not in AFTER_A_DEATH else 1)}"}
    fleet.start_quietly()
    fleet.run(2)
    provoke(fleet, point, victim)
    died = not victim.lives
    if died:
        fleet.injected += 1
        fleet.kills.append(time.time())
    fleet.run(3)
    victim.environment = {}
    fleet.revive()
    fleet.run(2)
    figures = fleet.finish(seconds=60 if fleet.crowd.asks_again else 10, at=point)
    check(died, f"{victim.name} did not die at {point}", figures)
    return figures


def provoke(fleet, point, victim):
    """Lets the others die one after the other, where only that brings it there; until it has died itself."""
    for _ in range(3 if point in AFTER_A_DEATH else 0):
        if victim.lives:
            other = fleet.stage.chance.choice(fleet.members[1:])
            fleet.kill(other)
            fleet.run(3, until=lambda: not victim.lives)
            fleet.start_member(other)
            fleet.run(1, until=lambda: not victim.lives)
    fleet.run(10, until=lambda: not victim.lives)


for _point, _about in POINTS.items():
    enter(_point, _about)
