"""Workers that are killed, stopped, poisoned and started again."""
import json
import signal
import statistics
import time

from . import books
from .catalog import scenario
from .fleet import Fleet
from .stage import Skipped, check, tail

OUT_OF_DISPATCH_MS = 50  # a killed worker gets nothing more after so long
ABSENCE_MS = 80  # an absent worker's tasks go to another after so long
LOAD, LOAD_MS = 1000, 10
OPEN_AT_MOST = 60  # seconds until every request must be answered


@scenario("F01-kill-idle", "SIGKILL of idle workers: out of dispatch within 50 ms", quick=True)
def kill_idle(stage):
    return kill_one_by_one(stage, busy=False)


@scenario("F01-kill-busy", "SIGKILL of busy workers: out of dispatch within 50 ms", quick=True)
def kill_busy(stage):
    return kill_one_by_one(stage, busy=True)


def kill_one_by_one(stage, busy):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    names = [f"work.{number}" for number in range(stage.samples or (8 if stage.quick else 20))]
    for name in names:
        stage.worker(orchestrator, name)
    stage.listed(caller, len(names))
    if busy:
        stage.worker(orchestrator, "work.heir", capacity=len(names))
        stage.listed(caller, len(names) + 1)
        caller.submit_many(len(names) * 2, "work", {"ms": 60_000})
        check(caller.pump(5, until=lambda: running(caller) == len(names) * 2), "the tasks did not begin")
    took = []
    for name in names:
        caller.pump(stage.chance.uniform(0.005, 0.05))
        took.append(out_of_dispatch(stage, caller, name))
    worst = max(took)
    check(worst < OUT_OF_DISPATCH_MS, f"a killed worker stayed in dispatch for {worst:.1f} ms")
    return {"kills": len(took), "median_ms": round(statistics.median(took), 2), "max_ms": round(worst, 2)}


def running(caller):
    return sum(row["in_flight"] for row in caller.ask("instances"))


def out_of_dispatch(stage, caller, name):
    """Kills the worker and asks until the orchestrator gives it nothing more; milliseconds."""
    process = stage.workers[name]
    stage.gone.add(process.pid)
    began = time.monotonic()
    process.kill()
    while time.monotonic() - began < 10:
        row = next((row for row in caller.ask("instances", agent="work") if row["worker"] == name), None)
        if row is None or row["state"] == "absent":
            took = 1000 * (time.monotonic() - began)
            process.wait()
            return took
        time.sleep(0.001)
    return 10_000.0


@scenario("F02-kill-under-load-volatile", "one of two workers killed with 1,000 volatile requests", quick=True)
def kill_under_load_volatile(stage):
    return kill_under_load(stage, durable=False)


@scenario("F02-kill-under-load-durable", "one of two workers killed with 1,000 durable requests", quick=True)
def kill_under_load_durable(stage):
    return kill_under_load(stage, durable=True)


def kill_under_load(stage, durable):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    victim, survivor = stage.worker(orchestrator, "work.1"), stage.worker(orchestrator, "work.2")
    stage.listed(caller, 2)
    undisturbed = load(stage, caller, durable)
    began = time.monotonic()
    requests = caller.submit_many(LOAD, "work", {"ms": LOAD_MS}, durable)
    caller.pump(undisturbed * stage.chance.uniform(0.2, 0.5) - (time.monotonic() - began))
    stage.kill(victim)
    check(caller.drain(OPEN_AT_MOST), f"{caller.open} of {LOAD} requests are open after {OPEN_AT_MOST} s")
    ends = [caller.book[request].ends[0][3] for request in requests]
    effect_book = stage.audit(caller)
    check(survivor.poll() is None, "the other worker ended too")
    last = max(ends) - began
    check(last < 3 * undisturbed + 2, f"the last answer came after {last:.2f} s, undisturbed {undisturbed:.2f} s")
    return {
        "requests": LOAD, "repeated": books.repeated(effect_book), "undisturbed_s": round(undisturbed, 2),
        "last_answer_s": round(last, 2)}


def load(stage, caller, durable):
    """Seconds that the load takes when nothing happens."""
    began = time.monotonic()
    caller.submit_many(LOAD, "work", {"ms": LOAD_MS}, durable)
    check(caller.drain(OPEN_AT_MOST), f"{caller.open} of {LOAD} undisturbed requests are open")
    took = time.monotonic() - began
    check(books.repeated(stage.audit(caller)) == 0, "requests were repeated although nothing happened")
    return took


@scenario("F03-kill-at-random", "random workers killed every half second under load, and replaced")
def kill_at_random(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    for number in range(3):
        stage.worker(orchestrator, f"work.{number}", capacity=4)
    stage.listed(caller, 3)
    kills = 15
    for _ in range(kills):
        caller.submit_many(100, "work", lambda _: {"ms": stage.chance.randrange(1, 60)}, stage.chance.random() < 0.5)
        caller.pump(stage.chance.uniform(0.2, 0.6))
        name = f"work.{stage.chance.randrange(3)}"
        stage.kill(stage.workers[name])
        stage.worker(orchestrator, name, capacity=4)
    check(caller.drain(OPEN_AT_MOST), f"{caller.open} requests are open after {OPEN_AT_MOST} s")
    effect_book = stage.audit(caller, expected_codes=("", "lost"))
    lost = sum(entry.code == "lost" for entry in caller.book.values())
    return {"kills": kills, "requests": len(caller.book), "repeated": books.repeated(effect_book), "poisoned": lost}


@scenario("F04-stop-3s", "SIGSTOP of a worker for 3 s: nothing is tried again", quick=True)
def stop_3s(stage):
    stale, attempts, _ = stop_for(stage, 3)
    check(attempts == {1}, f"a task was given to another worker: attempts {attempts}")
    check(stale == 0, f"{stale} answers are stale")
    return {"stale": stale}


@scenario(
    "F05-stop-6s", "SIGSTOP of a worker for 6 s: its tasks go to another after 4 s, its answers are stale", quick=True)
def stop_6s(stage):
    stale, attempts, waited = stop_for(stage, 6)
    check(2 in attempts, "nothing was given to another worker")
    check(3.5 <= waited <= 5.0, f"the tasks were given to another worker after {waited:.2f} s, not 4 s")
    check(stale >= 1, "no late answer was counted as stale")
    return {"stale": stale, "redispatched_after_s": round(waited, 2)}


def stop_for(stage, seconds):
    """Stops one of two busy workers; stale answers, attempts and when the first task was executed again."""
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    victim, _ = stage.worker(orchestrator, "work.1"), stage.worker(orchestrator, "work.2")
    stage.listed(caller, 2)
    caller.submit_many(8, "work", {"ms": 200})
    caller.pump(0.1)
    stopped = time.monotonic()
    victim.send_signal(signal.SIGSTOP)
    if seconds > 4:
        stage.gone.add(victim.pid)
    caller.pump(seconds)
    victim.send_signal(signal.SIGCONT)
    check(caller.drain(10), f"{caller.open} requests are open 10 s after the worker went on")
    stage.listed(caller, 2)
    caller.submit_many(20, "work", {"ms": 1})
    check(caller.drain(10), f"{caller.open} requests are open although both workers are back")
    effect_book = stage.audit(caller)
    again = [execution.time / 1e9 for executions in effect_book.values() for execution in executions[1:]]
    attempts = {execution.attempt for executions in effect_book.values() for execution in executions}
    return caller.ask("stats")["requests"]["stale"], attempts, min(again, default=stopped) - stopped


@scenario("F06-kill-all", "all workers killed, started again after 3 s: the backlog drains", quick=True)
def kill_all(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    for name in ("work.1", "work.2"):
        stage.worker(orchestrator, name)
    stage.listed(caller, 2)
    caller.submit_many(600, "work", {"ms": LOAD_MS})
    caller.pump(0.1)
    for name in ("work.1", "work.2"):
        stage.kill(stage.workers[name])
    caller.pump(1.5)
    caller.submit_many(200, "work", {"ms": LOAD_MS})
    caller.pump(1.5)
    for name in ("work.1", "work.2"):
        stage.worker(orchestrator, name)
    back = time.monotonic()
    check(caller.drain(OPEN_AT_MOST), f"{caller.open} requests are open after {OPEN_AT_MOST} s")
    drained = time.monotonic() - back
    return {"requests": 800, "drained_s": round(drained, 2), "repeated": books.repeated(stage.audit(caller))}


@scenario(
    "F07-ends-at-once", "a worker that ends at once: baton up restarts it more and more slowly, without a log flood")
def ends_at_once(stage):
    if not (stage.products / "baton").exists():
        raise Skipped("there is no baton beside batond")
    starts, log = stage.folder / "starts", stage.folder / "up.log"
    command = json.dumps(["/bin/sh", "-c", f"echo started >>{starts}; exit 1"])
    (stage.folder / "baton.yaml").write_text(f"workers:\n  - name: broken\n    command: {command}\n")
    with open(log, "wb") as output:
        up = stage.start(
            [str(stage.products / "baton"), "up", "--dir", str(stage.folder)], {"stdout": output, "stderr": output})
    counts = []
    try:
        for _ in range(2):
            time.sleep(6)
            counts.append(len(starts.read_text("ascii").splitlines()) if starts.exists() else 0)
        check(up.poll() is None, f"baton up ended: {tail(log)}")
    finally:
        up.send_signal(signal.SIGINT)  # what it has started ends with it
        code = up.wait(15)
    lines = len(log.read_text("utf-8", "replace").splitlines())
    check(code == 0, f"baton up left with {code}: {tail(log)}")
    check(2 <= counts[0] <= 12, f"{counts[0]} starts within 6 s")
    check(counts[1] - counts[0] <= counts[0], f"the restarts do not become slower: {counts}")
    check(lines < 20 * counts[1], f"{lines} lines of log for {counts[1]} starts")
    return {"starts_6s": counts[0], "starts_12s": counts[1], "log_lines": lines}


@scenario("F08-poison-task", "a task that kills every worker that takes it ends as lost after 3 deaths", quick=True)
def poison_task(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    for number in range(6):
        stage.worker(orchestrator, f"work.{number}")
    stage.listed(caller, 6)
    poison = caller.submit("work", {"kill": True})
    requests = caller.submit_many(300, "work", {"ms": 50})
    drained = caller.drain(15)
    dead = [process for process in stage.workers.values() if process.poll() is not None]
    check(drained, f"it killed {len(dead)} of 6 workers, and {caller.open} requests are open")
    stage.gone.update(process.pid for process in dead)
    effect_book = stage.audit(caller, expected_codes=("", "lost"))
    others = {caller.book[request].code for request in requests}
    check(others == {""}, f"other tasks ended as {others}")
    check(caller.book[poison].code == "lost", f"the poison ended as {caller.book[poison].code!r}")
    check(len(dead) == 3, f"it killed {len(dead)} workers, not 3")
    ended = caller.book[poison].ends[0][3] - caller.book[poison].sent
    return {"deaths": len(dead), "executions": len(effect_book[poison]), "ended_s": round(ended, 2)}


@scenario("F01-half-way", "1,000 requests on two workers of one task at a time, one killed half-way: the others' table")
def half_way(stage):
    """The comparison with other systems: answered, open after 10 s of silence, run twice, and the last answer."""
    fleet = Fleet(stage, count=1, workers=2, capacity=1, content=lambda _: {"ms": LOAD_MS})
    undisturbed, _ = thousand(fleet)
    last, bound = thousand(fleet, kill_at=LOAD // 4)
    figures = fleet.finish(
        answered=sum(entry.code == "" for entry in fleet.crowd.book.values()) - LOAD, undisturbed_s=undisturbed,
        last_answer_s=last, bound_s=bound)
    check(figures["answered"] == LOAD, "not all were answered", figures)
    check(figures["repeated"] <= 1, f"{figures['repeated']} were run twice, and the killed worker had one", figures)
    check(last <= bound, f"the last answer came after {last} s, not {bound} s", figures)
    return figures


def thousand(fleet, kill_at=None):
    """Seconds until the last answer, and until when it had to come: what was left, on one worker, and a quarter."""
    crowd, began = fleet.crowd, time.monotonic()
    ended_before = len(crowd.ended)
    for number in range(LOAD):
        crowd.ask_for(crowd.content_of(number))
    bound = float("inf")
    if kill_at:
        crowd.pump(60, until=lambda: len(crowd.ended) - ended_before >= kill_at)
        each = (time.monotonic() - began) / kill_at * 2  # what one task takes on one worker
        fleet.kill_worker(1)
        bound = time.monotonic() - began + crowd.open * each + 0.25
    crowd.stuck_after = 10  # seconds of silence
    check(crowd.drain(OPEN_AT_MOST), f"{crowd.open} of {LOAD} requests are open")
    return round(crowd.ended[-1] - began, 2), round(bound, 2)
