"""A load that holds the addresses of all orchestrators: it spreads its requests over them, and asks another one, under
the same name, when the one it asked is gone or silent."""
import itertools
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from wire import Receiver, envelope, pb, send

from .load import Load
from .verdicts import Failed

SILENCE = 3  # seconds without a word, though it was asked for one, after which an orchestrator is taken for gone
STUCK = 30  # seconds without an end, while some are open, after which something is wrong
WATCHED = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class Link:
    """The connection to one orchestrator, and whether anybody seems to be there."""

    def __init__(self, context, address, name):
        self.address, self.receiver, self.is_up = address, Receiver(), False
        self.socket = context.socket(zmq.DEALER)
        self.socket.routing_id = name.encode()
        self.socket.linger, self.socket.immediate, self.socket.sndtimeo = 0, True, 0
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 20, 500
        self.monitor = self.socket.get_monitor_socket(WATCHED)
        self.socket.connect(address)
        self.heard = self.asked = time.monotonic()

    def look(self):
        """What the kernel says of the connection; whether it has just been lost."""
        was_up = self.is_up
        while self.monitor.poll(0):
            self.is_up = recv_monitor_message(self.monitor)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
            self.heard, self.receiver = time.monotonic(), Receiver()
        now = time.monotonic()
        if self.is_up and now - self.asked > 1:
            self.say(envelope("PING"))
            self.asked = now
        if self.is_up and now - self.heard > SILENCE:
            self.is_up = False
        return was_up and not self.is_up

    def say(self, message, content=None):
        """Whether it was sent."""
        try:
            send(self.socket, message, content)
            return True
        except zmq.Again:
            return False

    def words(self):
        for number in itertools.count(1):
            if number % 50 == 0:
                # libzmq looks at its commands with every hundredth frame, and ends the process if a connection
                # is lost between the frames of a message: let it look before the first.
                self.socket.getsockopt(zmq.EVENTS)
            try:
                frames = self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self.heard, self.is_up = time.monotonic(), True
            message, content = self.receiver.read(frames)
            if message.type == pb.PING:
                self.say(envelope("PONG", correlation_id=message.message_id))
            else:
                yield message, content

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close()


class Crowd(Load):
    """Everything a load does, over as many links as there are addresses.

    `asks_again` false is a client that believes what it was told: what was accepted it never asks for again, so that
    nothing but the store can keep it. `renames` is a planted mistake: it asks again under another name.
    """

    def __init__(self, context, addresses, name="crowd", asks_again=True, renames=False, **options):
        super().__init__(context, addresses[0], name, **options)
        self.socket.close()
        self.links = [Link(context, address, name) for address in addresses]
        self.turns = itertools.count()
        self.asks_again, self.renames, self.stuck_after = asks_again, renames, STUCK
        self.poller = zmq.Poller()
        for link in self.links:
            self.poller.register(link.socket, zmq.POLLIN)
            self.poller.register(link.monitor, zmq.POLLIN)
        self.moved = 0  # requests that were sent again because their orchestrator was gone
        self.socket = self.links[0].socket  # for questions, until another link is asked
        self.since, self.aliases = time.monotonic(), {}

    # ---- asking

    def hand_over(self, entry, message):
        """To the next orchestrator that is there; where nobody is, it is tried again soon."""
        if not self.asks_again and entry.accepted:
            return
        if self.renames and entry.times > 1:
            name = message.message_id
            message.message_id = envelope("REQUEST").message_id
            self.aliases[message.message_id] = name
        live = [link for link in self.links if link.is_up]
        for turn in range(len(live)):
            link = live[(next(self.turns) + turn) % len(live)]
            if link.say(message, entry.told):
                entry.link = link
                return
        entry.link = None
        self.look_at(self.aliases.get(message.message_id, message.message_id), 0.05)

    def ask(self, question, seconds=5, link=None, **fields):
        """A control question to one of them, or to any that is there."""
        self.pump(seconds, until=lambda: any(one.is_up for one in ([link] if link else self.links)))
        self.socket = (link or next((link for link in self.links if link.is_up), self.links[0])).socket
        return super().ask(question, seconds, **fields)

    # ---- hearing

    def receive(self):
        some = False
        for link in self.links:
            if link.look():
                self.ask_elsewhere(link)
            for message, content in link.words():
                some = True
                self.note(message, content)
        return some

    def ask_elsewhere(self, gone):
        """What was asked there is asked again at once."""
        for request, entry in self.book.items():
            if not entry.ends and getattr(entry, "link", None) is gone and (self.asks_again or not entry.accepted):
                self.moved += 1
                self.say(request)

    def note(self, message, content):
        message.correlation_id = self.aliases.get(message.correlation_id, message.correlation_id)
        super().note(message, content)

    def rest(self, milliseconds):
        self.poller.poll(milliseconds)

    # ---- being stuck

    def pump(self, seconds, until=None):
        self.since = time.monotonic()
        return super().pump(seconds, lambda: self.is_stuck() or bool(until and until()))

    def is_stuck(self):
        last = max(self.since, self.ended[-1] if self.ended else 0)
        if self.open and time.monotonic() - last > self.stuck_after:
            raise Failed(f"stuck: {self.open} requests are open, and none has ended for {self.stuck_after} s: "
                         f"{self.open_ones()[:3]}")
        return False

    def asked_of(self, socket):
        """How many requests one orchestrator was asked for last, and has not ended."""
        return sum(not entry.ends and entry.link is not None and entry.link.address == f"ipc://{socket}"
                   for entry in self.book.values())

    def open_ones(self):
        return [(request, f"sent {entry.times} times", f"accepted {entry.accepted} times", entry.refusals[-1:])
                for request, entry in self.book.items() if not entry.ends]

    def longest_pause(self, until=None):
        """The longest time without an end, also that which lasts."""
        ends = self.ended + ([until] if until else [])
        return max((later - earlier for earlier, later in zip(ends, ends[1:])), default=0.0)

    def close(self):
        for link in self.links:
            link.close()
