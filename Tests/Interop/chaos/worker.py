"""A worker that writes down each execution before it does anything, so that a repeat cannot hide.

    python -m chaos.worker ADDRESS NAME AGENT EFFECTS [--capacity N] [--effect CLASS] [--crash-at POINT]

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
KEY = ("request_id", "step", "attempt", "dispatch")  # another orchestrator may give out the same dispatch numbers


def key_of(message):
    return tuple(getattr(message, name) for name in KEY)


class Worker:
    """One session with one orchestrator; the tasks it has, by their keys."""

    def __init__(self, options):
        self.options = options
        self.context = zmq.Context()
        self.session = os.urandom(8).hex()
        self.effects = os.open(options.effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.tasks, self.answers, self.due = {}, {}, []
        self.durable, self.resends = set(), []  # keys; (when, delay, key)
        self.held, self.asked_again = {}, 0.0  # contents of tasks that wait for GO
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
            self.accept_again()
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
        elif message.type == pb.GO:
            if key_of(message) in self.held:
                self.execute(key_of(message), self.held.pop(key_of(message)))
        elif message.type in (pb.CANCEL, pb.ABORT, pb.RESULT_ACK):
            self.forget(key_of(message))
        elif message.type == pb.WELCOME:
            self.say("READY", credit=self.options.capacity)
            for item in content.get("inflight") or []:
                key = tuple(item["request" if name == "request_id" else name] for name in KEY)
                if item["verdict"] == "abort":
                    self.forget(key)
                elif item["verdict"] == "resend":
                    self.answer(key)
        elif message.type == pb.ERROR and message.error.code == "hello":
            self.hello()

    def crash(self, point):
        """Ends here, as if it were killed, if this is the point; what was said before is given time to leave."""
        if self.options.crash_at == point:
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(self, message, content):
        self.crash("task")
        echo, key = {name: getattr(message, name) for name in ECHO}, key_of(message)
        if key in self.answers:
            self.answer(key)
        elif self.leaving or len(self.tasks) >= self.options.capacity:
            self.say("NACK", **echo, error=pb.Error(code="busy", message="no place"))
        elif key not in self.tasks:
            self.tasks[key] = echo
            if message.delivery == pb.DURABLE:
                self.durable.add(key)
                self.say("ACCEPT", **echo)
                self.crash("accept")
            if message.delivery == pb.DURABLE and self.options.effect == "unsafe":
                self.held[key] = content  # until GO: that it begins must be kept first
            else:
                self.execute(key, content)

    def execute(self, key, content):
        echo = self.tasks[key]
        line = f"{echo['request_id']} {echo['step']} {echo['attempt']} {os.getpid()} {time.monotonic_ns()}\n"
        os.write(self.effects, line.encode())
        self.crash("effect")
        if content.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if content.get("mib"):
            self.hoard = b"x" * (content["mib"] << 20)
        heapq.heappush(self.due, (time.monotonic() + content.get("ms", 0) / 1000, key))

    def accept_again(self):
        """What waits for GO: the orchestrator may not have been able to keep that it begins."""
        if self.held and time.monotonic() - self.asked_again > 1:
            self.asked_again = time.monotonic()
            for key in self.held:
                self.say("ACCEPT", **self.tasks[key])

    def finish_due(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, key = heapq.heappop(self.due)
            if echo := self.tasks.pop(key, None):
                content = {"pid": os.getpid(), "attempt": echo["attempt"], "worker": self.options.name,
                           "instance": self.options.name.rsplit(".", 1)[-1]}
                self.answers[key] = echo, content, now
                self.answer(key)
                if key in self.durable:
                    heapq.heappush(self.resends, (now + RESEND, RESEND, key))
        old = [key for key, (_, _, when) in self.answers.items()
               if when < now - KEPT and key not in self.durable]
        for key in old:
            del self.answers[key]

    def resend_due(self):
        """What nobody has acknowledged: the orchestrator may have been without its store, or be a new one."""
        now = time.monotonic()
        while self.resends and self.resends[0][0] <= now:
            _, delay, key = heapq.heappop(self.resends)
            if key in self.answers:
                self.answer(key)
                delay = min(LONGEST_RESEND, 2 * delay)
                heapq.heappush(self.resends, (now + delay, delay, key))

    def answer(self, key):
        if entry := self.answers.get(key):
            self.say("RESULT", entry[1], **entry[0])
            self.crash("result")

    def forget(self, key):
        self.answers.pop(key, None)
        self.tasks.pop(key, None)
        self.durable.discard(key)
        self.held.pop(key, None)


def main():
    parser = argparse.ArgumentParser()
    for name in ("address", "name", "agent", "effects"):
        parser.add_argument(name)
    parser.add_argument("--capacity", type=int, default=8)
    parser.add_argument("--effect", default="idempotent")
    parser.add_argument("--crash-at", choices=("task", "accept", "effect", "result"))
    Worker(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
