"""A process that dies at a named place: workers on the wire (F02), orchestrators in their code (F11)."""
import time

from . import books
from .catalog import scenario
from .crash_points import POINTS, VARIABLE, is_known
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
    for effect in ("idempotent", "unsafe"):
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
    @scenario(f"F11-at-{point}", f"the owner dies where {about}")
    def play(stage):
        return at_point(stage, point)
    return play


@scenario("F11-silent-at-accept-sent", "the owner dies while accepts are on their way, and no client asks again")
def silent(stage):
    return at_point(stage, "accept-sent", asks_again=False)


def at_point(stage, point, **crowd):
    """One of three dies at its first arrival there, under load; whoever asked goes on asking, or believes."""
    if not is_known(stage.products / "batond", VARIABLE, point):
        raise Skipped(f"this build of batond does not know {VARIABLE}={point}; a debug build does")
    fleet = Fleet(stage, start=False, **crowd)
    victim, other = fleet.members[:2]
    victim.environment = {VARIABLE: point}
    fleet.start_quietly()
    provoke(fleet, point, other)
    fleet.run(10, until=lambda: not victim.lives)
    died = not victim.lives
    if died:
        fleet.injected += 1
        fleet.kills.append(time.time())
    fleet.run(3)
    victim.environment = {}
    fleet.revive()
    fleet.run(2)
    figures = fleet.finish(seconds=60 if fleet.crowd.asks_again else 10)
    check(died, f"{victim.name} did not die at {point}", figures)
    return figures


def provoke(fleet, point, other):
    """What must happen first so that there is something to adopt or to claim."""
    if point in ("adopt", "claim"):
        fleet.warm(1)
        if point == "adopt":
            fleet.kill(other)
        else:
            other.process.terminate()
            fleet.injected += 1


for _point, _about in POINTS.items():
    enter(_point, _about)
