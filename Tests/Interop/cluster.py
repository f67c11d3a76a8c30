"""A cluster of one orchestrator for tests: keys, batond on loopback with CURVE, and programs that talk to it."""
import contextlib
import json
import os
import pathlib
import selectors
import subprocess
import sys
import tempfile
import time

import zmq

from wire import Receiver, dealer, envelope, pb, send

HERE = pathlib.Path(__file__).resolve().parent
PRODUCTS = pathlib.Path(os.environ.get("PRODUCTS", HERE.parents[1] / ".build/debug")).resolve()


class Cluster:
    """Everything started here is ended here, each by its own process id."""

    def __init__(self, binaries, encrypted=True):
        self.binaries, self.encrypted = pathlib.Path(binaries), encrypted
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-interop-"))
        self.context = zmq.Context()
        self.processes = []
        self.key_folder = self.folder / "keys"
        self.key_folder.mkdir(mode=0o700)
        self.allowed = {}
        self.server_key = self.make_key("server")
        for name, role in [("worker", "worker"), ("client", "client"), ("alice", "client"), ("operator", "operator")]:
            self.allowed[name] = {"key": self.make_key(name), "role": role}
        self.make_key("stranger")
        (self.key_folder / "allow.yaml").write_text(json.dumps(self.allowed, indent=2))
        self.batond, self.bus, self.socket, self.tap, self.tap_socket = None, None, None, None, None

    def make_key(self, name):
        public, secret = (half.decode() for half in zmq.curve_keypair())
        path = self.key_folder / f"{name}.json"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            json.dump({"name": name, "public": public, "secret": secret}, file)
        return public

    def start(self):
        reader, writer = os.pipe()
        keys = ["--keys", self.key_folder] if self.encrypted else []
        self.batond = self.spawn(
            "batond", self.binaries / "batond", "--name", "o1", "--listen", "tcp://127.0.0.1:0",
            "--socket", self.folder / "bus.sock", *keys, "--ready-fd", writer, pass_fds=[writer])
        os.close(writer)
        with open(reader, encoding="utf-8") as ready:
            line = within(ready, 10).readline()
        if not line:
            raise RuntimeError(f"batond did not start:\n{self.log('batond')}")
        report = json.loads(line)
        self.bus, self.socket = report["bus"], report["socket"]
        self.tap, self.tap_socket = report["tap"], report["tap_socket"]

    def environment(self, name, address=None):
        """What a program needs to be `name` on the bus, `alice` or `alice.suffix`."""
        settings = {"BATON_BUS": address or self.bus, "BATON_TAP": self.tap or "", "BATON_NAME": name}
        if not self.encrypted:
            return settings
        return settings | {"BATON_SERVER_KEY": self.server_key,
                           "BATON_KEY": str(self.key_folder / f"{name.split('.')[0]}.json")}

    def spawn(self, label, *arguments, environment=None, pass_fds=()):
        with open(self.folder / f"{label}.log", "ab") as log:
            process = subprocess.Popen(
                [str(part) for part in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | (environment or {}), pass_fds=pass_fds)
        self.processes.append(process)
        return process

    def worker(self, name, address=None):
        """A Python worker that has said HELLO and is listed."""
        process = self.spawn(name, sys.executable, HERE / "worker.py", environment=self.environment(name, address))
        self.wait_for("py-echo")
        return process

    def client(self, *arguments, name="client.py", address=None, limit=30):
        """Runs client.py; the exit code and the lines it printed."""
        done = subprocess.run(
            [sys.executable, HERE / "client.py", *arguments], env=os.environ | self.environment(name, address),
            capture_output=True, text=True, timeout=limit, check=False)
        if done.stderr:
            raise AssertionError(done.stderr)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def program(self, name, *arguments, identity="client.cli", limit=30):
        """Runs one of our own programs to its end; the exit code and what it printed."""
        done = subprocess.run(
            [self.binaries / name, *arguments], env=os.environ | self.environment(identity),
            capture_output=True, text=True, timeout=limit, check=False)
        return done.returncode, done.stdout, done.stderr

    def has(self, name):
        return (self.binaries / name).exists()

    def wait_for(self, agent, seconds=10):
        """Returns once the agent answers."""
        deadline = time.monotonic() + seconds
        while (answer := self.ask(agent, "there?", seconds=2)).error.code in ("unavailable", "silence"):
            if time.monotonic() > deadline:
                raise AssertionError(f"{agent} does not answer: {answer.error.code} {answer.error.message}")
            time.sleep(0.05)

    def ask(self, agent, content, seconds=5):
        """One volatile request by an honest client of its own; the last message it was sent."""
        with self.peer("client.honest") as socket:
            request = envelope("REQUEST", receiver=agent, delivery=pb.VOLATILE, budget_ms=int(seconds * 1000))
            send(socket, request, content)
            for message, _ in messages(socket, seconds):
                if message.correlation_id == request.message_id:
                    return message
        return envelope("ERROR", error=pb.Error(code="silence", message=f"no answer within {seconds} s"))

    @contextlib.contextmanager
    def peer(self, name, address=None, **options):
        """A socket of ours with this routing id; options override BATON_ settings or, in bytes, the id itself."""
        socket = dealer(self.context, address or self.bus, self.environment(name) | options)
        try:
            yield socket
        finally:
            socket.close(linger=0)

    def log(self, label):
        path = self.folder / f"{label}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def stop(self, process, seconds=15):
        """Asks a process to leave; its exit code, or None if it had to be killed."""
        process.terminate()
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                self.stop(process)
        self.context.destroy(linger=0)


def messages(socket, seconds):
    """What arrives within so many seconds, PINGs answered."""
    receiver, deadline = Receiver(), time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if not socket.poll(max(1, left * 1000)):
            return
        message, content = receiver.read(socket.recv_multipart())
        if message.type == pb.PING:
            send(socket, envelope("PONG", correlation_id=message.message_id))
        else:
            yield message, content


def within(file, seconds):
    """The file once there is something to read, or its end; a fault after so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        if not selector.select(seconds):
            raise RuntimeError(f"nothing was said within {seconds} s")
    return file
