"""Connections that are reset, swallowed, or handed out byte by byte."""
import signal
import statistics
import time

from . import books
from .catalog import scenario
from .stage import check

LONG_MS = 500


@scenario(
    "F42-reset-once", "every connection is reset while tasks run: nothing is restarted, all is answered", quick=True)
def reset_once(stage):
    return resets(stage, times=1, pause=0)


@scenario("F42-reset-each-3s", "every connection is reset each 3 s, three times")
def reset_each_3s(stage):
    return resets(stage, times=3, pause=3)


def resets(stage, times, pause):
    orchestrator = stage.orchestrator()
    proxy, caller = stage.proxy(orchestrator), stage.caller(orchestrator)
    for name in ("work.1", "work.2"):
        stage.worker(orchestrator, name, address=proxy.address)
    stage.listed(caller, 2)
    connected = proxy.accepted
    for number in range(times):
        if number:
            caller.pump(pause)
        for durable in (True, False):
            caller.submit_many(8, "work", {"ms": LONG_MS}, durable)
        caller.pump(stage.chance.uniform(0.1, 0.3))
        check(proxy.reset() == 2, "not every connection was open when it was to be reset")
    check(caller.drain(20), f"{caller.open} requests are open 20 s after the reset")
    effect_book = stage.audit(caller)
    check(books.repeated(effect_book) == 0, "tasks were executed again after a reset")
    attempts = {execution.attempt for executions in effect_book.values() for execution in executions}
    check(attempts == {1}, f"tasks were dispatched again: attempts {attempts}")
    deaths = caller.ask("stats")["peers"]["deaths"]
    check(deaths == 0, f"{deaths} peers were taken for dead")
    again = proxy.accepted - connected
    check(again <= 4 * times, f"{again} connections were made after {times} resets of 2: a storm")
    return {"requests": len(caller.book), "reconnections": again}


@scenario("F41-black-hole", "a worker's bytes go nowhere for 6 s: dead at 4 s, then back by itself", quick=True)
def black_hole(stage):
    orchestrator = stage.orchestrator()
    proxy, caller = stage.proxy(orchestrator), stage.caller(orchestrator)
    victim = stage.worker(orchestrator, "work.1", address=proxy.address)
    stage.worker(orchestrator, "work.2", capacity=16)
    stage.listed(caller, 2)
    caller.submit_many(8, "work", {"ms": 1000})
    caller.pump(0.2)
    stage.gone.add(victim.pid)
    began = time.monotonic()
    proxy.hold()
    caller.pump(6)
    proxy.release()
    check(caller.drain(10), f"{caller.open} requests are open after the hole was closed")
    stage.listed(caller, 2, seconds=10)
    caller.submit_many(20, "work", {"ms": 1})
    check(caller.drain(10), f"{caller.open} requests are open although the worker is back")
    effect_book = stage.audit(caller)
    again = [execution.time / 1e9 - began for executions in effect_book.values() for execution in executions[1:]]
    check(again, "nothing was given to another worker")
    check(3 <= min(again) <= 5.5, f"the tasks were given to another worker after {min(again):.2f} s, not 4 s")
    return {"redispatched_after_s": round(min(again), 2), "stale": caller.ask("stats")["requests"]["stale"]}


@scenario("F45-slicer", "one connection hands out a byte each 10 ms: the others do not notice")
def slicer(stage):
    orchestrator = stage.orchestrator()
    proxy, caller = stage.proxy(orchestrator), stage.caller(orchestrator)
    stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    undisturbed = round_trips(caller)
    proxy.slice_seconds = 0.01
    slow = stage.caller(orchestrator, "slow", address=proxy.address)
    request = slow.submit("work", {"ms": 1})
    beside = round_trips(caller)
    slow.pump(30, until=lambda: slow.book[request].ends)
    code = slow.book[request].code
    worst = max(beside)
    check(worst < max(100, 20 * max(undisturbed)), f"beside a slow connection a call took {worst:.0f} ms")
    caller.book |= slow.book
    stage.audit(caller, expected_codes=("", None))
    return {
        "undisturbed_ms": round(statistics.median(undisturbed), 2), "beside_ms": round(statistics.median(beside), 2),
        "sliced": "answered" if code == "" else str(code)}


def round_trips(caller, count=100):
    """Milliseconds of calls one after another."""
    took = []
    for _ in range(count):
        began = time.monotonic()
        caller.submit("work", {"ms": 0}, durable=False)
        check(caller.drain(5), "a call was not answered")
        took.append(1000 * (time.monotonic() - began))
    return took


@scenario("F47-restart-while-stopped", "a worker restarts under its name while batond is stopped for 2 s")
def restart_while_stopped(stage):
    orchestrator = stage.orchestrator()
    caller, first = stage.caller(orchestrator), stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    requests = caller.submit_many(8, "work", {"ms": LONG_MS})
    caller.pump(0.1)
    orchestrator.process.send_signal(signal.SIGSTOP)
    stage.kill(first)
    second = stage.worker(orchestrator, "work.1")
    caller.pump(2)
    orchestrator.process.send_signal(signal.SIGCONT)
    check(caller.drain(15), f"{caller.open} requests are open after the restart")
    effect_book = stage.audit(caller)
    last = {effect_book[request][-1].pid for request in requests}
    check(last == {second.pid}, f"the tasks ended on {last}, not on the new process")
    stage.listed(caller, 1)
    return {"repeated": books.repeated(effect_book)}
