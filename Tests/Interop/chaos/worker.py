"""A worker that writes down each execution before it does anything, so that a repeat cannot hide.

    python -m chaos.worker ADDRESS NAME AGENT EFFECTS [--capacity N] [--effect CLASS]

A task's content says what it does: {"ms": 10} takes so long, {"kill": true} kills this process with SIGKILL. Each
execution is a line of EFFECTS: request, step, attempt, pid, monotonic nanoseconds. The answer tells pid and attempt.
"""
import argparse
import heapq
import os
import signal
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from wire import Receiver, envelope, pb, send

SILENCE = 4  # seconds after which the orchestrator is called again, by a new socket
KEPT = 10  # seconds a volatile answer is kept in case that the connection lost it; a durable one until RESULT_ACK
RESEND = 0.5  # seconds until a durable answer that nobody has acknowledged is sent again; twice as long each time
LONGEST_RESEND = 4
ECHO = ("request_id", "step", "attempt", "fence", "dispatch")


class Worker:
    """One session with one orchestrator; the tasks it has, by dispatch number."""

    def __init__(self, options):
        self.options = options
        self.context = zmq.Context()
        self.session = os.urandom(8).hex()
        self.effects = os.open(options.effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.tasks, self.answers, self.due = {}, {}, []
        self.durable, self.resends = set(), []  # dispatch numbers; (when, delay, dispatch)
        self.leaving = self.drained = False

    def run(self):
        signal.signal(signal.SIGTERM, self.leave)
        while not self.drained:
            self.connect()
            self.serve()
            self.socket.disable_monitor()
            self.monitor.close(linger=0)
            self.socket.close(linger=1000)
        self.context.term()

    def leave(self, *_):
        self.leaving = True

    def connect(self):
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.routing_id = self.options.name.encode()
        self.socket.immediate = True
        self.socket.sndtimeo = 0
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 20, 1000
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.socket.connect(self.options.address)
        self.receiver = Receiver()
        self.heard = time.monotonic()

    def serve(self):
        """Until the orchestrator has been silent for too long, or we have left."""
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        poller.register(self.monitor, zmq.POLLIN)
        asked = told = False
        while time.monotonic() - self.heard < SILENCE:
            ready = dict(poller.poll(self.patience()))
            self.finish_due()
            self.resend_due()
            if self.monitor in ready:
                recv_monitor_message(self.monitor)
                self.receiver = Receiver()
                self.hello()
            if self.socket in ready:
                self.receive()
                asked = False
            elif not asked and time.monotonic() - self.heard > 1:
                asked = self.say("PING")
            if self.leaving:
                told = told or self.say("DRAIN")
                if not self.tasks:
                    self.say("BYE")
                    self.drained = True
                    return

    def patience(self):
        """Milliseconds until something must be done: a task is due, a signal may have come."""
        if not self.due:
            return 100
        return max(0, min(100, 1000 * (self.due[0][0] - time.monotonic())))

    def say(self, kind, content=None, **fields):
        """Whether it was sent; what finds no connection is said again after HELLO."""
        try:
            send(self.socket, envelope(kind, running=len(self.tasks), **fields), content)
            return True
        except zmq.Again:
            return False

    def hello(self):
        held = [(echo, "running") for echo in self.tasks.values()]
        held += [(echo, "done") for echo, _, _ in self.answers.values()]
        self.say("HELLO", {
            "role": "worker", "session": self.session, "version": "1.0.0", "capacity": self.options.capacity,
            "agents": [{"name": self.options.agent, "version": "1.0.0", "effect": self.options.effect}],
            "inflight": [
                {"request" if name == "request_id" else name: value for name, value in echo.items()} | {"state": state}
                for echo, state in held]})

    def receive(self):
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            message, content = self.receiver.read(frames)
            if time.monotonic() - self.heard < SILENCE:  # otherwise we were stopped, and are taken for dead
                self.heard = time.monotonic()
            self.take(message, content)

    def take(self, message, content):
        if message.type == pb.TASK:
            self.begin(message, content or {})
        elif message.type == pb.PING:
            self.say("PONG", correlation_id=message.message_id)
        elif message.type in (pb.CANCEL, pb.ABORT, pb.RESULT_ACK):
            self.forget(message.dispatch)
        elif message.type == pb.WELCOME:
            self.say("READY", credit=self.options.capacity)
            for item in content.get("inflight") or []:
                if item["verdict"] == "abort":
                    self.forget(item["dispatch"])
                elif item["verdict"] == "resend":
                    self.answer(item["dispatch"])
        elif message.type == pb.ERROR and message.error.code == "hello":
            self.hello()

    def begin(self, message, content):
        echo = {name: getattr(message, name) for name in ECHO}
        if message.dispatch in self.answers:
            self.answer(message.dispatch)
        elif self.leaving or len(self.tasks) >= self.options.capacity:
            self.say("NACK", **echo, error=pb.Error(code="busy", message="no place"))
        elif message.dispatch not in self.tasks:
            line = f"{message.request_id} {message.step} {message.attempt} {os.getpid()} {time.monotonic_ns()}\n"
            os.write(self.effects, line.encode())
            if content.get("kill"):
                os.kill(os.getpid(), signal.SIGKILL)
            self.tasks[message.dispatch] = echo
            if message.delivery == pb.DURABLE:
                self.durable.add(message.dispatch)
            if message.delivery == pb.DURABLE:
                self.say("ACCEPT", **echo)
            heapq.heappush(self.due, (time.monotonic() + content.get("ms", 0) / 1000, message.dispatch))

    def finish_due(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, dispatch = heapq.heappop(self.due)
            if echo := self.tasks.pop(dispatch, None):
                content = {"pid": os.getpid(), "attempt": echo["attempt"], "worker": self.options.name,
                           "instance": self.options.name.rsplit(".", 1)[-1]}
                self.answers[dispatch] = echo, content, now
                self.answer(dispatch)
                if dispatch in self.durable:
                    heapq.heappush(self.resends, (now + RESEND, RESEND, dispatch))
        old = [number for number, (_, _, when) in self.answers.items()
               if when < now - KEPT and number not in self.durable]
        for dispatch in old:
            del self.answers[dispatch]

    def resend_due(self):
        """What nobody has acknowledged: the orchestrator may have been without its store, or be a new one."""
        now = time.monotonic()
        while self.resends and self.resends[0][0] <= now:
            _, delay, dispatch = heapq.heappop(self.resends)
            if dispatch in self.answers:
                self.answer(dispatch)
                delay = min(LONGEST_RESEND, 2 * delay)
                heapq.heappush(self.resends, (now + delay, delay, dispatch))

    def answer(self, dispatch):
        if entry := self.answers.get(dispatch):
            self.say("RESULT", entry[1], **entry[0])

    def forget(self, dispatch):
        self.answers.pop(dispatch, None)
        self.tasks.pop(dispatch, None)
        self.durable.discard(dispatch)


def main():
    parser = argparse.ArgumentParser()
    for name in ("address", "name", "agent", "effects"):
        parser.add_argument(name)
    parser.add_argument("--capacity", type=int, default=8)
    parser.add_argument("--effect", default="idempotent")
    Worker(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
