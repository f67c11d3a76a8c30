"""Signals, bad starts, closed outputs, floods and want of descriptors at the orchestrator."""
import os
import pathlib
import signal
import socket
import subprocess
import time

from .catalog import scenario
from .stage import INTEROP, check

DRAIN_SECONDS = 10


@scenario(
    "F16-sigterm-under-load", "SIGTERM under load: what is in hand is answered within 10 s, exit code 0", quick=True)
def sigterm_under_load(stage):
    orchestrator = stage.orchestrator()
    caller, worker = stage.caller(orchestrator), stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    requests = caller.submit_many(400, "work", {"ms": 20})
    accepted = caller.pump(5, until=lambda: all(caller.book[request].accepted for request in requests))
    check(accepted, "not every request was accepted")
    began = time.monotonic()
    orchestrator.process.send_signal(signal.SIGTERM)
    told = caller.pump(5, until=lambda: '"draining"' in orchestrator.log.read_text("utf-8", "replace"))
    check(told, "batond did not say that it drains")
    late = caller.submit("work", {"ms": 1})
    caller.drain(DRAIN_SECONDS)
    unanswered = [number for number, entry in enumerate(caller.book.values(), 1) if not entry.ends]
    check(not unanswered, f"of 400 requests and a late one these have no answer: {unanswered[:5]}")
    code = orchestrator.process.wait(DRAIN_SECONDS)
    took = time.monotonic() - began
    check(code == 0, f"batond left with {code}")
    check(caller.book[late].code == "busy", f"a request during the drain ended as {caller.book[late].code!r}")
    answered = sum(entry.code == "" for entry in caller.book.values())
    check(answered == 400, f"{answered} of 400 requests in hand got their result")
    check(worker.poll() is None, "the worker ended with the orchestrator")
    return {"drained_s": round(took, 2)}


@scenario("F16-sigterm-and-hung-worker", "SIGTERM while a worker hangs: leaves all the same after 10 s")
def sigterm_and_hung_worker(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    caller.submit_many(4, "work", {"ms": 60_000})
    caller.pump(0.2)
    began = time.monotonic()
    orchestrator.process.send_signal(signal.SIGTERM)
    caller.pump(DRAIN_SECONDS + 2, until=lambda: orchestrator.process.poll() is not None)
    took, code = time.monotonic() - began, orchestrator.process.poll()
    check(code == 0, f"batond left with {code} after {took:.1f} s")
    return {"left_after_s": round(took, 2)}


@scenario("F17-signals", "SIGINT drains, a second one ends at once, SIGHUP and SIGPIPE change nothing", quick=True)
def signals(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGHUP):
        orchestrator.process.send_signal(number)
        caller.submit("work", {"ms": 1})
        check(caller.drain(5), f"after {number.name} nothing was answered")
    stage.audit(caller)
    caller.submit("work", {"ms": 60_000})
    caller.pump(0.2)
    orchestrator.process.send_signal(signal.SIGINT)
    caller.pump(0.3)
    check(orchestrator.process.poll() is None, "SIGINT did not wait for what runs")
    orchestrator.process.send_signal(signal.SIGINT)
    code = orchestrator.process.wait(3)
    check(code >= 0, f"batond was ended by signal {-code}")
    idle = stage.orchestrator()
    idle.process.send_signal(signal.SIGINT)
    check(idle.process.wait(3) == 0, f"SIGINT of an idle batond: exit code {idle.process.returncode}")
    return {"second_signal_exit": code}


@scenario("F48-never-reads", "a worker that never reads, at full credit: the orchestrator's memory is bounded")
def never_reads(stage):
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    victim = stage.worker(orchestrator, "work.1", capacity=2000)
    stage.listed(caller, 1)
    before = orchestrator.resident_mib()
    victim.send_signal(signal.SIGSTOP)
    stage.gone.add(victim.pid)
    payload = {"ms": 1, "text": "x" * 60_000}
    caller.submit_many(1500, "work", payload, durable=False)
    caller.pump(1)
    full = orchestrator.resident_mib()
    stage.worker(orchestrator, "work.2", capacity=64)
    check(caller.drain(60), f"{caller.open} requests are open after 60 s")
    victim.send_signal(signal.SIGCONT)
    stage.listed(caller, 2)
    stage.audit(caller)
    sent = 1500 * 60_000 / 2**20
    check(full - before < 4 * sent, f"{full - before:.0f} MiB are held for {sent:.0f} MiB of requests")
    return {"sent_mib": round(sent), "before_mib": round(before), "full_mib": round(full),
            "after_mib": round(orchestrator.resident_mib())}


@scenario("F49-flood", "1,000 workers connect at once, die at once, and connect again: each time within 10 s")
def flood(stage):
    swarm = build_swarm(stage)
    orchestrator = stage.orchestrator()
    caller = stage.caller(orchestrator)
    stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    before, took = orchestrator.descriptors(), []
    for _ in range(2):
        began = time.monotonic()
        process = stage.start([swarm, orchestrator.bus, "1000", "1", "30"], {"stdout": subprocess.DEVNULL})
        all_here = caller.pump(10, until=lambda: present(caller) == 1001)
        took.append(time.monotonic() - began)
        check(all_here, f"{present(caller) - 1} of 1000 workers are here after 10 s")
        most = orchestrator.descriptors()
        stage.kill(process)
        check(caller.pump(10, until=lambda: present(caller) == 1), f"{present(caller) - 1} dead workers are listed")
        caller.submit("work", {"ms": 1})
        check(caller.drain(5), "an honest worker was forgotten")
    check(caller.pump(10, until=lambda: orchestrator.descriptors() <= before + 10), "descriptors were not given back")
    stage.audit(caller)
    return {"registered_s": [round(seconds, 2) for seconds in took], "descriptors": most}


def present(caller):
    return sum(row["state"] != "absent" for row in caller.ask("instances", seconds=15))


def build_swarm(stage):
    source, program = INTEROP.parent / "Benchmarks/Swarm/swarm.c", stage.folder / "swarm"
    subprocess.run(["cc", "-O2", "-o", program, source, "-lzmq"], check=True)
    return program


@scenario(
    "F50-bad-start", "a taken port, a foreign address, a socket that cannot be made: exit 78 with the reason",
    quick=True)
def bad_start(stage):
    orchestrator = stage.orchestrator()
    cases = {
        "a taken port": (["--listen", orchestrator.bus], 78, orchestrator.bus.rsplit(":", 1)[1]),
        "a foreign address": (["--listen", "tcp://192.0.2.1:7400"], (77, 78), "192.0.2.1"),
        "no address": (["--listen", "tcp://nowhere"], 78, "nowhere"),
        "port 65536": (["--listen", "tcp://127.0.0.1:65536"], 78, "65536"),
        "a socket in no folder": (
            ["--listen", "tcp://127.0.0.1:0", "--socket", stage.folder / "none/o.sock"], 78, "none/o.sock"),
        "a socket in a file": (
            ["--listen", "tcp://127.0.0.1:0", "--socket", f"{orchestrator.log}/o.sock"], 78, "o.sock"),
        "a long socket path": (["--listen", "tcp://127.0.0.1:0", "--socket", "/tmp/" + "x" * 120], 78, "105"),
        "an unknown option": (["--listne", "x"], 78, "--listen"),
        "a bad name": (["--name", "No Name", "--listen", "tcp://127.0.0.1:0"], 78, "--name"),
    }
    refuse_all(stage, cases)
    check(orchestrator.process.poll() is None, "the orchestrator that had the port ended")
    return {"cases": len(cases)}


def refuse_all(stage, cases):
    """Each case leaves with its exit code and says why, in one piece."""
    wrong = []
    for name, (arguments, code, word) in cases.items():
        try:
            left, said = stage.run(*arguments, seconds=5)
        except subprocess.TimeoutExpired:
            wrong.append(f"{name}: it runs")
            continue
        codes = code if isinstance(code, tuple) else (code,)
        if left not in codes:
            wrong.append(f"{name}: exit {left} instead of {code}: {said.strip()[-200:]}")
        elif word not in said:
            wrong.append(f"{name}: the reason does not name {word}: {said.strip()[-200:]}")
    check(not wrong, "; ".join(wrong))


@scenario("B50-B53-configuration", "configuration files that cannot be used: exit 66 or 78 with the place", quick=True)
def configuration(stage):
    def file(name, text):
        path = stage.folder / name
        path.write_text(text)
        return ["--listen", "tcp://127.0.0.1:0", "--config", path]

    def path(name):
        return ["--listen", "tcp://127.0.0.1:0", "--config", name]

    loop, pipe = stage.folder / "loop", stage.folder / "pipe"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    cases = {
        "B50 no file": (path(stage.folder / "absent.yaml"), 66, "absent.yaml"),
        "B50 a directory": (path(stage.folder), (66, 78), str(stage.folder)),
        "B50 a pipe": (path(pipe), (66, 78), "pipe"),
        "B50 a link to itself": (path(loop), 66, "loop"),
        "B50 an empty file": (file("empty.yaml", ""), (66, 78), "empty.yaml"),
        "B50 no end": (path("/dev/zero"), (66, 78), "/dev/zero"),
        "B51 text as a number": (file("b51.yaml", "limits:\n  in_flight: 80a\n"), 78, "b51.yaml:2"),
        "B52 a negative delay": (file("b52a.yaml", "delays:\n  ping: -1s\n"), 78, "b52a.yaml:2"),
        "B52 a limit of 0": (file("b52b.yaml", "limits:\n  waiting: 0\n"), 78, "b52b.yaml:2"),
        "B52 dead below three pings": (file("b52c.yaml", "delays:\n  ping: 2s\n  dead: 4s\n"), 78, "three times"),
        "B53 an unknown key": (file("b53.yaml", "delays:\n  pnig: 1s\n"), 78, "ping"),
        "B48 a tab": (file("b48.yaml", "limits:\n\twaiting: 5\n"), 78, "b48.yaml:2"),
        "B47 many aliases": (
            file("b47.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"), 78,
            "b47.yaml"),
    }
    refuse_all(stage, cases)
    return {"cases": len(cases)}


@scenario("B57-reload", "SIGHUP reads the configuration again; a bad file changes nothing and is shown", quick=True)
def reload(stage):
    path = stage.folder / "baton.yaml"
    path.write_text("limits:\n  waiting: 5\n")
    orchestrator = stage.orchestrator("--config", path)
    caller, worker = stage.caller(orchestrator), stage.worker(orchestrator, "work.1", capacity=1)
    stage.listed(caller, 1)

    def refused(count):
        """How many of so many requests find no room, while one runs and the others wait."""
        requests = caller.submit_many(count, "work", {"ms": 20}, durable=False)
        check(caller.drain(10), "requests are open")
        return sum(caller.book[request].code == "busy" for request in requests)

    def reread(text, word):
        path.write_text(text)
        orchestrator.process.send_signal(signal.SIGHUP)
        said = caller.pump(3, until=lambda: word in orchestrator.log.read_text("utf-8"))
        check(said, f"the log does not say that {word}")

    check(refused(10) > 0, "the limit of the file is not kept")
    reread("limits:\n  waiting: many\n", "stays as it was")
    check(refused(10) > 0, "a bad file changed the limit")
    reread("limits:\n  waiting: 50\n", "was read again")
    check(refused(10) == 0, "the new limit is not kept")
    path.unlink()
    orchestrator.process.send_signal(signal.SIGHUP)
    caller.pump(0.3)
    check(refused(10) == 0 and worker.poll() is None, "a lost file changed something")
    return {}


@scenario("F52-closed-output", "standard output and error closed, or on a full disk: the service goes on", quick=True)
def closed_output(stage):
    with open("/dev/full", "wb") as full:
        cases = {
            "closed": {"prefix": ["sh", "-c", 'exec "$@" >&- 2>&-', "sh"]},
            "full": {"stdout": full, "stderr": full},
            "a pipe nobody reads": {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE},
        }
        for number, (name, options) in enumerate(cases.items()):
            orchestrator = stage.orchestrator("--log-level", "debug", **options)
            if name.startswith("a pipe"):
                orchestrator.process.stdout.close()
                orchestrator.process.stderr.close()
            caller = stage.caller(orchestrator, f"chaos-{number}")
            worker = stage.worker(orchestrator, f"work.{number}")
            stage.listed(caller, 1)
            caller.submit_many(50, "work", {"ms": 1})
            check(caller.drain(10), f"{name}: {caller.open} of 50 requests are open")
            worker.terminate()
            worker.wait(5)
            wrong = [entry.code for entry in caller.book.values() if entry.code != ""]
            check(not wrong, f"{name}: requests ended as {wrong}")
            orchestrator.process.terminate()
            code = orchestrator.process.wait(5)
            check(code == 0, f"{name}: batond left with {code}")
    return {"cases": len(cases)}


@scenario("F52-closed-numbers", "a closed output's number is never that of a socket or pipe of batond", quick=True)
def closed_numbers(stage):
    orchestrator = stage.orchestrator(prefix=["sh", "-c", 'exec "$@" >&- 2>&-', "sh"])
    places = {}
    for number in (1, 2):
        path = pathlib.Path(f"/proc/{orchestrator.pid}/fd/{number}")
        places[number] = str(path.readlink()) if path.is_symlink() else "/dev/null"
    wrong = {number: place for number, place in places.items() if place != "/dev/null"}
    check(not wrong, f"log lines are written into batond's own descriptors: {wrong}")
    return {}


@scenario(
    "F53-few-descriptors", "64 descriptors and 200 idle connections: old peers are served, and it recovers", quick=True)
def few_descriptors(stage):
    def connect(orchestrator):
        host, port = orchestrator.bus.removeprefix("tcp://").rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=2)
    return crowded(stage, connect)


@scenario("F53-few-descriptors-unix", "the same with 200 idle connections to its unix socket", quick=True)
def few_descriptors_unix(stage):
    def connect(orchestrator):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(2)
        connection.connect(orchestrator.socket.removeprefix("ipc://"))
        return connection
    return crowded(stage, connect)


def crowded(stage, connect):
    orchestrator = stage.orchestrator(prefix=["prlimit", "--nofile=64:64"])
    caller = stage.caller(orchestrator)
    stage.worker(orchestrator, "work.1")
    stage.listed(caller, 1)
    crowd = []
    try:
        for _ in range(200):
            try:
                crowd.append(connect(orchestrator))
            except (BlockingIOError, TimeoutError, ConnectionError):
                break  # its backlog is full
        began = processor_seconds(orchestrator)
        for _ in range(20):
            caller.submit("work", {"ms": 1})
            check(caller.drain(5), "an old peer was not served beside 200 idle connections")
            caller.pump(0.05)
        busy = processor_seconds(orchestrator) - began
        check(orchestrator.process.poll() is None, f"batond ended: {orchestrator.process.returncode}")
        check(busy < 0.3, f"it was busy for {busy:.2f} s with connections that it cannot take")
        away = sum(map(is_closed, crowd))
        check(away > 100, f"only {away} of {len(crowd)} idle connections were turned away")
    finally:
        for connection in crowd:
            connection.close()
    stage.worker(orchestrator, "work.2")
    stage.listed(caller, 2, seconds=15)
    stage.audit(caller)
    return {"processor_s": round(busy, 2), "turned_away": away, "descriptors": orchestrator.descriptors()}


def is_closed(connection):
    """Whether its other side has ended it, whatever it said before."""
    connection.settimeout(0.01)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def processor_seconds(orchestrator):
    fields = pathlib.Path(f"/proc/{orchestrator.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
