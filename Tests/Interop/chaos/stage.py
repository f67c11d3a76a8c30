"""Where a scenario plays: a private folder, orchestrators and workers, all ended by their process ids."""
import json
import os
import pathlib
import random
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import zmq

from . import books
from .caller import Caller
from .crowd import Crowd
from .load import Load
from .proxy import Proxy
from .redis_server import RedisServer
from .resp_proxy import RespProxy
from .verdicts import Failed, Skipped, check

INTEROP = pathlib.Path(__file__).resolve().parents[1]
__all__ = ["Failed", "Skipped", "Stage", "check", "tail"]
CRASHES = ("Fatal error", "Backtrace", "Assertion failed", "AddressSanitizer")


class Orchestrator:
    """One batond that is ready."""

    def __init__(self, process, ready, log):
        self.process, self.log = process, log
        self.bus, self.socket = ready["bus"], ready["socket"]

    @property
    def pid(self):
        return self.process.pid

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text("ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Stage:
    """What one scenario works with; close() leaves nothing behind unless the scenario failed."""

    def __init__(self, products, seed, samples=None, minutes=None, quick=False):
        self.products, self.samples, self.minutes, self.quick = products, samples, minutes, quick
        self.chance = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-chaos-"))
        self.effects_path = self.folder / "effects"
        self.context = zmq.Context()
        self.processes, self.callers, self.proxies, self.orchestrators = [], [], [], []
        self.workers, self.mounts, self.witnesses = {}, [], []
        self.gone = set()  # processes that died, or were silent until they were taken for dead
        self.deaths = {}  # when each of them did, in monotonic nanoseconds

    # ---- processes

    def command(self, *arguments, name="o1"):
        return [str(self.products / "batond"), "--name", name, *map(str, arguments)]

    def orchestrator(
            self, *arguments, listen="tcp://127.0.0.1:0", prefix=(), store="memory", again=None, seconds=15,
            name="o1", socket=None, **options):
        """Starts batond and waits for its word that it is ready; `again` in place of one that has ended."""
        number = len(self.orchestrators)
        log, socket = self.folder / f"batond-{number}.log", socket or self.folder / f"o{number}.sock"
        if again:
            listen, socket = again.bus, again.socket.removeprefix("ipc://")
        options = {"env": os.environ | {"BATOND_STORE": store}} | options
        reader, writer = os.pipe()
        command = self.command(
            "--listen", listen, "--socket", socket, "--ready-fd", writer, *arguments, name=name)
        with open(log, "ab") as output:
            process = self.start([*prefix, *command], {"stdout": output, "stderr": output} | options, [writer])
        os.close(writer)
        line = first_line(reader, seconds)
        if not line:
            raise Failed(f"batond did not get ready: {tail(log)}")
        orchestrator = Orchestrator(process, json.loads(line), log)
        self.orchestrators.append(orchestrator)
        return orchestrator

    def worker(self, orchestrator, name, agent="work", capacity=8, address=None, effect="idempotent",
               crash_at=None, prefix=()):
        """Starts a worker; listed() waits for it."""
        more = ["--crash-at", crash_at] if crash_at else []
        with open(self.folder / f"{name}.log", "ab") as output:
            process = self.start(
                [*prefix, sys.executable, "-m", "chaos.worker", address or orchestrator.bus, name, agent,
                 str(self.effects_path), "--capacity", str(capacity), "--effect", effect, *more],
                {"stdout": output, "stderr": output, "env": os.environ | {"PYTHONPATH": str(INTEROP)}})
        self.workers[name] = process
        return process

    def start(self, command, options, pass_fds=()):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=pass_fds, **options)
        self.processes.append(process)
        return process

    def run(self, *arguments, seconds=15):
        """Runs batond to its end: exit code and what it said."""
        done = subprocess.run(
            self.command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            check=False)
        return done.returncode, done.stdout + done.stderr

    def kill(self, process):
        """SIGKILL; the effect book may show repeats of what it had."""
        self.dies(process)
        process.kill()
        process.wait()

    def seconds(self, usual):
        """How long whatever may go on for as long as one likes goes on."""
        return 60 * self.minutes if self.minutes else usual

    def dies(self, process):
        """From now on others may do what it had."""
        self.gone.add(process.pid)
        self.deaths.setdefault(process.pid, time.monotonic_ns())

    # ---- talking

    def caller(self, orchestrator, name="chaos", address=None):
        caller = Caller(self.context, address or orchestrator.socket, name)
        self.callers.append(caller)
        return caller

    def load(self, orchestrator, **options):
        load = Load(self.context, orchestrator.socket, **options)
        self.callers.append(load)
        return load

    def crowd(self, addresses, **options):
        crowd = Crowd(self.context, addresses, **options)
        self.callers.append(crowd)
        return crowd

    def redis(self, *options, **more):
        return RedisServer(self, *options, **more)

    def resp_proxy(self, redis):
        proxy = RespProxy(redis.socket, self.folder / f"resp-{len(self.proxies)}.sock", self.chance)
        self.proxies.append(proxy)
        return proxy

    def proxy(self, orchestrator, kind=Proxy, *options):
        proxy = kind(orchestrator.bus, *options)
        self.proxies.append(proxy)
        return proxy

    def listed(self, caller, count, seconds=20, agent="work"):
        """Waits until so many instances are in dispatch."""
        deadline = time.monotonic() + seconds
        while (here := sum(row["state"] != "absent" for row in caller.ask("instances", agent=agent))) != count:
            if time.monotonic() > deadline:
                raise Failed(f"{here} of {count} workers are in dispatch after {seconds} s")
            caller.pump(0.02)

    def audit(self, caller, expected_codes=("",)):
        """Compares the books; the effect book is handed back."""
        caller.pump(0.3)  # a second answer would come by now
        effect_book = books.effects(self.effects_path)
        wrong = books.compare(caller.book, effect_book, self.gone, expected_codes)
        check(not wrong, f"{len(wrong)} entries of the books are wrong: " + "; ".join(wrong[:5]))
        requests = caller.ask("stats")["requests"]
        check(requests["waiting"] == 0, f"requests still wait: {requests}")
        return effect_book

    # ---- the end

    def crashes(self):
        for orchestrator in self.orchestrators:
            for word in CRASHES:
                if word in orchestrator.log.read_text("utf-8", "replace"):
                    yield f"{word} in {orchestrator.log.name}"

    def dump(self):
        """What everybody says of itself after a failure: state.txt."""
        for witness in self.witnesses:
            witness()

    def close(self, keep):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        for thing in self.callers + self.proxies:
            thing.close()
        for path in self.mounts:
            subprocess.run(["umount", "-l", path], check=False)
        self.context.destroy(linger=0)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def first_line(descriptor, seconds):
    """The first line of a pipe; empty if it was closed or nothing came in time."""
    with open(descriptor, encoding="utf-8") as file, selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        return file.readline() if selector.select(seconds) else ""


def tail(path, count=400):
    return path.read_text("utf-8", "replace")[-count:].strip()
