"""A worker that loses its orchestrator, with both orchestrators played here: what it says to whom, word for word."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import zmq

from wire import Receiver, envelope, pb, send

HERE = pathlib.Path(__file__).resolve().parent


class Played:
    """An orchestrator that welcomes whoever comes, and says what it is told to."""

    def __init__(self, folder, name):
        self.address, self.name, self.lives = f"ipc://{folder}/{name}", name, 0
        self.context = zmq.Context()
        self.open()

    def open(self):
        self.lives += 1
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.bind(self.address)
        self.peer, self.receivers, self.hello = None, Receiver(), None

    def die(self):
        self.socket.close(linger=0)

    def say(self, kind, content=None, **fields):
        class Towards:
            @staticmethod
            def send_multipart(frames):
                self.socket.send_multipart([self.peer, *frames])
        send(Towards, envelope(kind, **fields), content)

    def next(self, kind, seconds=10, **fields):
        """The next message of a type, with these fields."""
        until = time.monotonic() + seconds
        while self.socket.poll(max(0, int(1000 * (until - time.monotonic())))):
            self.peer, *frames = self.socket.recv_multipart()
            message, content = self.receivers.read(frames)
            if message.type == pb.HELLO:
                self.hello = content
                self.say("WELCOME", {"orchestrator": self.name, "epoch": str(self.lives), "orchestrators": []})
            if message.type == pb.PING:
                self.say("PONG")
            same = all(getattr(message, name) == value for name, value in fields.items())
            if message.type == pb.Type.Value(kind) and same:
                return message, content
        raise AssertionError(f"{self.name} was not told {kind} {fields}")

    def listed(self, state):
        """READY with the one task that was given here, in this state."""
        while True:
            _, content = self.next("READY")
            if content and [it["state"] for it in content["orphans"]] == [state]:
                return content


STEP = {"request_id": "r1", "tenant": "t", "step": 1, "attempt": 1}


@contextlib.contextmanager
def two(*command):
    """Two orchestrators and the worker of a command that is connected to both; `{bus}` stands for the addresses."""
    with tempfile.TemporaryDirectory() as folder:
        one, other = Played(folder, "a"), Played(folder, "b")
        bus = f"{one.address},{other.address}"
        words = [sys.executable, *(word.format(bus=bus, folder=folder) for word in command)]
        with open(f"{folder}/log", "wb") as log:
            settings = os.environ | {"BATON_BUS": bus, "BATON_NAME": "worker.1", "PYTHONPATH": str(HERE)}
            worker = subprocess.Popen(words, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            for orchestrator in (one, other):
                orchestrator.next("READY")
            yield one, other
        finally:
            if sys.exc_info()[0]:
                print(pathlib.Path(f"{folder}/log").read_text("utf-8"), file=sys.stderr)
            worker.kill()
            worker.wait()
            for orchestrator in (one, other):
                orchestrator.context.destroy(linger=0)


def taken_over(agent, content, *command):
    with two(*command) as (one, other):
        one.say("TASK", content, receiver=f"{agent}#1", fence="5", dispatch=7, budget_ms=60_000, **STEP)
        one.next("ACCEPT", dispatch=7)
        one.die()
        orphan = other.listed("running")["orphans"][0]
        assert orphan | {"agent": agent, "fence": "5", "request": "r1", "tenant": "t"} == orphan, orphan
        other.say("RESUME", fence="4", dispatch=8, **STEP)
        assert other.next("NACK", dispatch=8)[0].error.code == "stale"
        for _ in range(2):
            other.say("RESUME", fence="12", dispatch=9, **STEP)
            other.next("ACCEPT", dispatch=9, fence="12")
        one.open()
        one.next("READY")
        assert not one.hello["inflight"] and not one.hello["orphans"], one.hello
        one.say("CANCEL", dispatch=7, request_id="r1", step=1, attempt=1)
        one.say("PING", {"orphans": True})
        while not (answer := one.next("READY")[1] or {}).get("all"):
            pass
        assert [it["fence"] for it in answer["orphans"]] == ["12"], answer
        other.next("RESULT", dispatch=9, fence="12", request_id="r1")
        other.say("NACK", dispatch=9, request_id="r1", step=1, attempt=1, error=pb.Error(code="moved"))
        one.next("RESULT", dispatch=0, tenant="t", sender=agent, request_id="r1", step=1, attempt=1)
        other.next("RESULT", dispatch=0, tenant="t", sender=agent)
        other.say("RESULT_ACK", **STEP)
        other.say("PING", {"orphans": True})
        while not (answer := other.next("READY")[1] or {}).get("all"):
            pass
        assert answer["orphans"] == [], answer


def relayed(agent, content, *command):
    with two(*command) as (one, other):
        one.say("TASK", content, receiver=f"{agent}#1", fence="5", dispatch=7, budget_ms=60_000, **STEP)
        one.next("RESULT", dispatch=7)
        one.die()
        other.next("RESULT", dispatch=0, tenant="t", sender=agent, **{"request_id": "r1", "fence": "5"})
        one.open()
        one.next("READY")  # another epoch: it does not know its numbers of before
        one.next("RESULT", dispatch=0, tenant="t", sender=agent)
        one.say("RESULT_ACK", **STEP)


def reference_worker():
    """F41 F43 The Python worker goes on for whoever takes its task over, and tells its result to anybody"""
    taken_over("py-sleep", {"seconds": 2}, str(HERE / "worker.py"))
    relayed("py-echo", 5, str(HERE / "worker.py"))


def scenario_worker():
    """F41 F43 The worker of the scenarios goes on for whoever takes its task over, likewise"""
    command = ("-m", "chaos.worker", "{bus}", "worker.1", "work", "{folder}/effects")
    taken_over("work", {"ms": 2000}, *command)
    relayed("work", {"ms": 1}, *command)


CHECKS = [reference_worker, scenario_worker]
