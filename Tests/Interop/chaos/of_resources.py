"""Memory, descriptors, processor time, disk and processes that run out, and system calls that fail."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from . import books
from .catalog import scenario
from .cgroups import Group
from .fleet import Fleet
from .stage import Skipped, check, tail


@scenario("F09-memory-of-a-worker", "a worker grows until the kernel ends it: its work goes to another", quick=True)
def memory_of_a_worker(stage):
    small = Group(stage, "memory", limit_in_bytes=120 << 20)
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    victim = stage.worker(orchestrator, "work.1", prefix=small.prefix())
    stage.listed(caller, 1)
    greedy = caller.submit("work", {"ms": 300, "mib": 300})
    requests = caller.submit_many(5, "work", {"ms": 300})
    caller.pump(5, until=lambda: victim.poll() is not None)
    check(victim.poll() is not None, "the kernel did not end it")
    stage.dies(victim)
    stage.worker(orchestrator, "work.2")
    check(caller.drain(10), f"{caller.open} requests are open")
    repeated = books.repeated(stage.audit(caller))
    check(victim.returncode == -signal.SIGKILL, f"it ended with {victim.returncode}")
    return {"injected": 1, "lost": 0, "doubled": 0, "requests": len(requests) + len([greedy]), "repeated": repeated}


@scenario("F10-few-descriptors-of-a-worker", "a worker with 32, 24 and 16 descriptors: works or says why, never traps")
def few_descriptors(stage):
    fleet = Fleet(stage, workers=2)
    fleet.warm(1)
    ends = {}
    for number, count in enumerate((32, 24, 16), 3):
        process = fleet.start_worker(number, "prlimit", f"--nofile={count}:{count}")
        fleet.injected += 1
        fleet.run(3)
        ends[f"with_{count}"] = "runs" if process.poll() is None else f"exit {process.returncode}"
        crashed = process.poll() is not None and process.returncode < 0
        check(not crashed, f"with {count} descriptors it was ended by signal {process.returncode}: "
              f"{tail(stage.folder / f'work.{number}.log')}")
        stage.dies(process)
        process.kill()
    return fleet.finish(**ends)


@scenario("F51-outbox-disk-full", "the disk of a worker's outbox is full for 5 s: it goes on, and no result is lost")
def outbox_disk_full(stage):
    fleet = Fleet(stage, start=False, outbox=True)
    for number in (1, 2):
        folder = stage.folder / f"outbox-{number}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skipped(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        stage.mounts.append(folder)
    fleet.start()
    fleet.warm()
    fleet.injected += 1
    ballast = stage.folder / "outbox-1" / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    fleet.run(5)
    alive = fleet.worker(1).poll() is None
    said = tail(stage.folder / "work.1.log", 300)
    ballast.unlink()
    fleet.run(3)
    figures = fleet.finish()
    check(alive, f"the worker ended: {said}", figures)
    return figures


@scenario("F54-no-more-processes", "the program of `baton worker` cannot be started for want of processes: then it is")
def no_more_processes(stage):
    if not (stage.products / "baton").exists():
        raise Skipped("there is no baton beside batond")
    # Each start that fails is a failure of the agent, and one that failed five times is left alone for a while.
    configuration = stage.folder / "baton.yaml"
    configuration.write_text("breaker: {recovery_timeout: 2s}\n")
    orchestrator = stage.orchestrator("--config", configuration, store=stage.redis().url)
    group = Group(stage, "pids", max=64)
    caller, log = stage.caller(orchestrator), stage.folder / "stdio.log"
    program = stage.folder / "program.py"
    program.write_text(STDIO)
    environment = os.environ | {"BATON_BUS": orchestrator.socket, "BATON_NAME": "work", "BATON_INSTANCE": "1"}
    with open(log, "wb") as output:
        worker = stage.start(
            [*group.prefix(), str(stage.products / "baton"), "worker", "--agent", "work", "--", sys.executable,
             str(program)], {"stdout": output, "stderr": output, "env": environment})
    stage.listed(caller, 1)
    caller.submit("work", {"ms": 1})
    check(caller.drain(10), "the program never answered")
    group.set("pids.max", int(group.read("pids.current")) - 1)
    child = int(caller.book[next(iter(caller.book))].content["pid"])
    os.kill(child, signal.SIGKILL)
    caller.submit_many(3, "work", {"ms": 1})
    caller.pump(3)
    check(worker.poll() is None, f"the worker ended with {worker.returncode}: {tail(log)}")
    group.set("pids.max", 64)
    check(caller.drain(30), f"{caller.open} of 4 requests are open 30 s after processes can be started: {tail(log)}")
    codes = [entry.code for entry in caller.book.values()]
    doubled = sum(len(entry.ends) > 1 for entry in caller.book.values())
    return {"injected": 1, "lost": 0, "doubled": doubled, "ended_as": [code or "ok" for code in codes]}


STDIO = """import json, os, sys
for line in sys.stdin:
    task = json.loads(line)
    if task.get("type") == "task":
        print(json.dumps({"id": task["id"], "result": {"pid": os.getpid()}}), flush=True)
"""


@scenario("F55-fifth-of-a-processor", "all together have a fifth of a processor for 20 s: slower, and no lease is lost")
def fifth_of_a_processor(stage):
    group = Group(stage, "cpu", cfs_period_us=100_000)
    fleet = Fleet(stage, workers=2, window=10)
    fleet.warm()
    group.add(fleet.redis.process.pid, *(member.process.pid for member in fleet.members),
              *(fleet.worker(number).pid for number in (1, 2)))
    group.set("cpu.cfs_quota_us", 20_000)
    fleet.injected += 1
    fleet.run(20)
    group.set("cpu.cfs_quota_us", -1)
    fenced = sum("lease" in member.log.read_text("utf-8").lower().replace(".lease", "") for member in fleet.members)
    figures = fleet.finish(fenced=fenced)
    check(fenced == 0, f"{fenced} of 3 orchestrators spoke of their lease", figures)
    return figures


@scenario("F56-memory-of-the-owner", "the kernel ends the owner for want of memory, mid-load: as if it were killed")
def memory_of_the_owner(stage):
    group = Group(stage, "memory", limit_in_bytes=64 << 10)
    fleet = Fleet(stage)
    fleet.warm()
    member = fleet.owner()
    group.add(member.process.pid)
    fleet.injected += 1
    fleet.run(20, until=lambda: not member.lives)
    check(not member.lives, "the kernel did not end it within 20 s")
    fleet.kills.append(time.time())
    fleet.taken_over(member)
    fleet.start_member(member)
    fleet.run(2)
    return fleet.finish(code=member.deaths)


INJECTIONS = {  # what strace does to one orchestrator, two seconds each; `write` only on its log
    "epoll_wait": "epoll_wait:error=EINTR:when=2+3",
    "recvfrom": "recvfrom:error=EINTR:when=2+3",
    "sendto": "sendto:error=EINTR:when=2+3",
    "recvfrom-reset": "recvfrom:error=ECONNRESET:when=50+50",
    "sendto-eio": "sendto:error=EIO:when=50+50",
    "accept4": "accept4:error=ECONNABORTED:when=1+2",
    "log-eintr": "write:error=EINTR:when=1+2",
    "log-enospc": "write:error=ENOSPC:when=1+2",
    "log-eio": "write:error=EIO:when=1+2",
}


@scenario("F68-failing-calls", "epoll_wait, recvfrom, sendto, accept4 and write fail by turns in the owner: no trap")
def failing_calls(stage):
    if not shutil.which("strace"):
        raise Skipped("there is no strace")
    fleet, deaths = Fleet(stage), {}
    fleet.warm()
    for name, injection in INJECTIONS.items():
        member = fleet.owner()
        touched = inject(fleet, member, injection)
        fleet.injected += touched
        if not member.lives:
            deaths[name] = member.process.returncode
            fleet.kills.append(time.time())
            fleet.start_member(member)
        fleet.run(1)
    figures = fleet.finish(restarts=None, deaths=json.dumps(deaths))
    check(not deaths, f"it ended: {deaths}", figures)
    return figures


def inject(fleet, member, injection, seconds=2):
    """Attaches strace for so long; how many calls failed because of it."""
    call, log = injection.split(":")[0], fleet.stage.folder / "strace.log"
    only = ["-P", str(member.log)] if call == "write" else []
    tracer = fleet.stage.start(
        ["strace", "-f", "-qq", "-o", str(log), *only, "-e", f"trace={call}", "-e", f"inject={injection}",
         "-p", str(member.process.pid)], {"stderr": subprocess.PIPE})
    fleet.run(seconds)
    if tracer.poll() is not None and tracer.returncode not in (0, 130):
        raise Skipped(f"strace may not attach: {tracer.stderr.read().decode()[:120]}")
    if tracer.poll() is None:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
    return log.read_text("ascii", "replace").count("INJECTED")
