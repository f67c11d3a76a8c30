"""A worker that writes down each execution before it does anything, so that a repeat cannot hide.

    python -m chaos.worker ADDRESS[,ADDRESS …] NAME AGENT EFFECTS [--capacity N] [--effect CLASS]
           [--crash-at POINT]

A task's content says what it does: {"ms": 10} takes so long, {"kill": true} kills this process with SIGKILL. Each
execution is a line of EFFECTS: request, step, attempt, pid, monotonic nanoseconds. The answer tells pid and attempt.
It has a connection to the orchestrator of each ADDRESS: what one of them gave goes on for another if that one says so.
"""
import argparse
import collections
import heapq
import itertools
import os
import signal
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from wire import Receiver, envelope, fence_of, pb, send

SILENCE = 4  # seconds after which the orchestrator is called again, by a new socket
KEPT = 10  # seconds a volatile answer is kept in case that the connection lost it; a durable one until RESULT_ACK
RESEND = 0.5  # seconds until a durable answer that nobody has acknowledged is sent again; twice as long each time
LONGEST_RESEND = 4
ECHO = ("request_id", "step", "attempt", "fence", "dispatch")
WAITING, RUNNING, DONE = "waiting", "running", "done"  # waiting: for GO


def name_of(message):
    """What names a step's attempt at every orchestrator."""
    return message.tenant, message.request_id, message.step, message.attempt


class Task:
    """A task in hand. `home` is the link to the orchestrator it is done for; None: that one is gone for good."""

    numbers = itertools.count()

    def __init__(self, message, home, agent):
        self.number, self.name, self.home, self.agent = next(self.numbers), name_of(message), home, agent
        self.echo = {name: getattr(message, name) for name in ECHO}
        self.durable, self.state = message.delivery == pb.DURABLE, RUNNING
        self.content, self.answer, self.delay, self.turn = None, None, RESEND, 0

    def listed(self, *hidden, **more):
        fields = {"request" if name == "request_id" else name: value for name, value in self.echo.items()}
        return {name: value for name, value in fields.items() if name not in hidden} | more

    def inflight(self):
        return self.listed(state=DONE if self.state == DONE else RUNNING)

    def orphan(self):
        return self.listed("dispatch", tenant=self.name[0], agent=self.agent, state=self.state)


class Link:
    """One session with one orchestrator."""

    def __init__(self, address):
        self.address, self.epoch, self.socket = address, None, None

    def connect(self, context, name):
        self.socket = context.socket(zmq.DEALER)
        self.socket.routing_id = name.encode()
        self.socket.immediate = True
        self.socket.sndtimeo = 0
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 20, 1000
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.socket.connect(self.address)
        self.receiver, self.heard = Receiver(), time.monotonic()
        self.up = self.asked = self.told = False

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close(linger=1000)


class Worker:
    """The tasks it has, whoever gave them, and its links."""

    def __init__(self, options):
        self.options = options
        self.context, self.poller = zmq.Context(), zmq.Poller()
        self.session = os.urandom(8).hex()
        self.effects = os.open(options.effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.links = [Link(address) for address in options.address.split(",")]
        self.hands, self.running = {}, 0  # all tasks by our own number; how many are not done
        self.at, self.named = {}, {}  # by link and dispatch; the durable ones by their names
        self.due, self.resends = [], []  # (when, number)
        self.spent, self.asked_again = collections.deque(), 0.0  # (when, number) of volatile answers
        self.leaving = False

    def run(self):
        signal.signal(signal.SIGTERM, self.leave)
        for link in self.links:
            self.connect(link)
        while not (self.leaving and self.drained()):
            ready = dict(self.poller.poll(self.patience()))
            self.finish_due()
            self.resend_due()
            self.accept_again()
            for link in self.links:
                if link.monitor in ready:
                    self.note(link)
                if link.socket in ready:
                    self.receive(link)
                self.look(link)
        for link in self.links:
            self.say(link, "BYE")
            link.close()
        self.context.term()

    def leave(self, *_):
        self.leaving = True

    def drained(self):
        for link in self.links:
            link.told = link.told or self.say(link, "DRAIN")
        return not self.running

    # Links

    def connect(self, link):
        link.connect(self.context, self.options.name)
        for socket in (link.socket, link.monitor):
            self.poller.register(socket, zmq.POLLIN)

    def note(self, link):
        if recv_monitor_message(link.monitor)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            link.receiver = Receiver()
            self.hello(link)
        else:
            self.lose(link)

    def look(self, link):
        """An orchestrator that has been silent is asked, and after a while called by a new socket."""
        silence = time.monotonic() - link.heard
        if silence >= SILENCE:
            self.lose(link)
            for socket in (link.socket, link.monitor):
                self.poller.unregister(socket)
            link.close()
            self.connect(link)
        elif silence > 1 and not link.asked:
            link.asked = self.say(link, "PING")

    def lose(self, link):
        """The others are told at once what it had given; what is done goes to any of them."""
        was_up, link.up = link.up, False
        own = [task for task in self.hands.values() if task.home is link and task.durable]
        if was_up and own:
            for other in self.links:
                self.ready(other, orphans=self.orphans(other))
            for task in own:
                self.answer(task)

    def patience(self):
        """Milliseconds until something must be done: a task is due, a signal may have come."""
        if not self.due:
            return 100
        return max(0, min(100, 1000 * (self.due[0][0] - time.monotonic())))

    def say(self, link, kind, content=None, **fields):
        """Whether it was sent; what finds no connection is said again after HELLO."""
        if not link.up and kind != "HELLO":
            return False
        try:
            send(link.socket, envelope(kind, running=self.running, **fields), content)
            return True
        except zmq.Again:
            return False

    def hello(self, link):
        link.up = False
        self.say(link, "HELLO", {
            "role": "worker", "session": self.session, "version": "1.0.0", "capacity": self.options.capacity,
            "agents": [{"name": self.options.agent, "version": "1.0.0", "effect": self.options.effect}],
            "inflight": [task.inflight() for task in self.hands.values() if task.home is link],
            "orphans": self.orphans(link)})

    def ready(self, link, **content):
        self.say(link, "READY", content or None, credit=0 if self.leaving else self.options.capacity)

    def orphans(self, link, everything=False):
        """The durable tasks of orchestrators that are lost, or of all but this one."""
        return [task.orphan() for task in self.named.values()
                if task.home is not link and (everything or not (task.home and task.home.up))]

    def receive(self, link):
        for number in itertools.count(1):
            if number % 50 == 0:
                link.socket.getsockopt(zmq.EVENTS)  # see crowd.py: not between the frames of a message
            try:
                frames = link.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            message, content = link.receiver.read(frames)
            if time.monotonic() - link.heard < SILENCE:  # otherwise we were stopped, and are taken for dead
                link.heard, link.asked = time.monotonic(), False
            self.take(link, message, content)

    def take(self, link, message, content):
        if message.type == pb.TASK:
            self.begin(link, message, content or {})
        elif message.type == pb.PING:
            self.say(link, "PONG", correlation_id=message.message_id)
            if content and content.get("orphans"):
                self.ready(link, orphans=self.orphans(link, everything=True), all=True)
        elif message.type == pb.GO:
            if (task := self.find(link, message)) and task.state == WAITING:
                self.execute(task)
        elif message.type == pb.RESUME:
            self.resume(link, message)
        elif message.type == pb.RESULT_ACK and not message.dispatch:  # whoever says it keeps it for the owner
            self.forget(self.named.get(name_of(message)))
        elif message.type in (pb.CANCEL, pb.ABORT, pb.RESULT_ACK):
            self.forget(self.find(link, message))
        elif message.type == pb.NACK and message.error.code == "moved":
            if task := self.find(link, message):
                self.move(task, None)
                self.answer(task)
        elif message.type == pb.WELCOME:
            self.welcomed(link, content)
        elif message.type == pb.ERROR and message.error.code == "hello":
            self.hello(link)

    def welcomed(self, link, content):
        link.up = True
        began_anew = link.epoch not in (None, content["epoch"])
        link.epoch = content["epoch"]
        if began_anew:  # it knows nothing of what it gave before, and counts its dispatches anew
            for task in [task for task in self.hands.values() if task.home is link]:
                self.move(task, None)
        if began_anew and self.orphans(link):
            self.ready(link, orphans=self.orphans(link))
        self.ready(link)
        for item in content.get("inflight") or []:
            task = self.at.get((link, item["dispatch"]))
            if item["verdict"] == "abort":
                self.forget(task)
            elif item["verdict"] == "resend":
                self.answer(task)

    # Tasks

    def find(self, link, message):
        """The task that this orchestrator calls so, unless another one has it by now."""
        return self.at.get((link, message.dispatch))

    def move(self, task, home, dispatch=0, fence=None):
        if task.home:
            self.at.pop((task.home, task.echo["dispatch"]), None)
        task.home, task.echo["dispatch"] = home, dispatch
        task.echo["fence"] = fence or task.echo["fence"]
        if home:
            self.at[home, dispatch] = task

    def resume(self, link, message):
        """Another orchestrator goes on with a request: what runs here goes on for it, what is done is told to it."""
        task, fence = self.named.get(name_of(message)), fence_of(message.fence)
        known = fence_of(task.echo["fence"]) if task else 0
        if not task or fence < known or (fence == known and self.find(link, message) is not task):
            echo = {name: getattr(message, name) for name in ECHO}
            self.say(link, "NACK", **echo, error=pb.Error(code="stale", message="not here"))
            return
        self.move(task, link, message.dispatch, message.fence)
        if task.state == DONE:
            self.answer(task)
        else:
            self.say(link, "ACCEPT", **task.echo)

    def crash(self, point):
        """Ends here, as if it were killed, if this is the point; what was said before is given time to leave."""
        if self.options.crash_at == point:
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(self, link, message, content):
        self.crash("task")
        task, old = Task(message, link, self.options.agent), self.named.get(name_of(message))
        if known := self.find(link, message):
            self.answer(known)
        elif task.durable and old and fence_of(message.fence) < fence_of(old.echo["fence"]):
            self.say(link, "NACK", **task.echo, error=pb.Error(code="stale", message="another has it"))
        elif self.leaving or self.running >= self.options.capacity:
            self.say(link, "NACK", **task.echo, error=pb.Error(code="busy", message="no place"))
        else:
            if task.durable:
                self.forget(old)
                self.named[task.name] = task
            self.hands[task.number] = self.at[link, message.dispatch] = task
            self.running += 1
            task.content = content
            if task.durable:
                self.say(link, "ACCEPT", **task.echo)
                self.crash("accept")
            if task.durable and self.options.effect == "unsafe":
                task.state = WAITING  # until GO: that it begins must be kept first
            else:
                self.execute(task)

    def execute(self, task):
        task.state = RUNNING
        echo = task.echo
        line = f"{echo['request_id']} {echo['step']} {echo['attempt']} {os.getpid()} {time.monotonic_ns()}\n"
        os.write(self.effects, line.encode())
        self.crash("effect")
        if task.content.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if task.content.get("mib"):
            self.hoard = b"x" * (task.content["mib"] << 20)
        heapq.heappush(self.due, (time.monotonic() + task.content.get("ms", 0) / 1000, task.number))

    def accept_again(self):
        """What waits for GO: the orchestrator may not have been able to keep that it begins."""
        if self.options.effect == "unsafe" and time.monotonic() - self.asked_again > 1:
            self.asked_again = time.monotonic()
            for task in self.hands.values():
                if task.state == WAITING and task.home:
                    self.say(task.home, "ACCEPT", **task.echo)

    def finish_due(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            if task := self.hands.get(heapq.heappop(self.due)[1]):
                self.running -= 1
                task.state = DONE
                task.answer = {"pid": os.getpid(), "attempt": task.echo["attempt"], "worker": self.options.name,
                               "instance": self.options.name.rsplit(".", 1)[-1]}
                self.answer(task)
                if task.durable:
                    heapq.heappush(self.resends, (now + RESEND, task.number))
                else:
                    self.spent.append((now, task.number))
        while self.spent and self.spent[0][0] < now - KEPT:
            self.forget(self.hands.get(self.spent.popleft()[1]))

    def resend_due(self):
        """What nobody has acknowledged: the orchestrator may have been without its store, or be a new one."""
        now = time.monotonic()
        while self.resends and self.resends[0][0] <= now:
            if task := self.hands.get(heapq.heappop(self.resends)[1]):
                self.answer(task)
                task.delay = min(LONGEST_RESEND, 2 * task.delay)
                heapq.heappush(self.resends, (now + task.delay, task.number))

    def answer(self, task):
        """Home, or to one after the other while that is not there: those do not know its dispatch."""
        if not task or task.state != DONE:
            return
        others = [link for link in self.links if link.up]
        if task.home and task.home.up:
            self.say(task.home, "RESULT", task.answer, **task.echo)
        elif task.durable and others:
            task.turn += 1
            names = {"dispatch": 0, "tenant": task.name[0], "sender": task.agent}
            self.say(others[task.turn % len(others)], "RESULT", task.answer, **task.echo | names)
        self.crash("result")

    def forget(self, task):
        if not task or not self.hands.pop(task.number, None):
            return
        self.running -= task.state != DONE
        self.move(task, None)
        if self.named.get(task.name) is task:
            del self.named[task.name]


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
