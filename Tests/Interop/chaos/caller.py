"""A client that keeps the client book: each request it sent, and everything it was told about it."""
import time

import zmq

from wire import Receiver, envelope, pb, send

ENDS = (pb.RESPONSE, pb.ERROR, pb.NACK)


class Entry:
    """One request of the client book."""

    def __init__(self, durable):
        self.durable, self.sent, self.accepted = durable, time.monotonic(), 0
        self.ends = []  # (kind, error code or "", content, when)

    @property
    def code(self):
        """How it ended: "" for a result, an error code, or None while it is open."""
        return self.ends[0][1] if self.ends else None

    @property
    def content(self):
        return self.ends[0][2] if self.ends else None


class Caller:
    """One connection. Only pump() receives, so a scenario never sleeps: it pumps."""

    def __init__(self, context, address, name="chaos"):
        self.socket = context.socket(zmq.DEALER)
        self.socket.routing_id = name.encode()
        self.socket.linger = 0
        self.socket.sndtimeo = 2000
        self.socket.connect(address)
        self.receiver, self.book, self.answers, self.open = Receiver(), {}, {}, 0

    def submit(self, agent, content, durable=True, budget_ms=60_000):
        request = envelope(
            "REQUEST", receiver=agent, budget_ms=budget_ms, delivery=pb.DURABLE if durable else pb.VOLATILE)
        self.book[request.message_id] = Entry(durable)
        self.open += 1
        send(self.socket, request, content)
        return request.message_id

    def submit_many(self, count, agent, content, durable=True, **options):
        """Sends so many and reads on the way, so that neither side's pipe fills up."""
        requests = []
        for number in range(count):
            requests.append(self.submit(agent, content(number) if callable(content) else content, durable, **options))
            self.pump(0)
        return requests

    def pump(self, seconds, until=None):
        """Receives for so long, or until a condition holds; says whether it did."""
        deadline = time.monotonic() + seconds
        while not (until and until()):
            left = deadline - time.monotonic()
            if left <= 0:
                if not self.receive():
                    return bool(until and until())
            elif self.socket.poll(max(1, min(20, 1000 * left))):
                self.receive()
        return True

    def drain(self, seconds):
        """Waits until no request is open."""
        return self.pump(seconds, until=lambda: self.open == 0)

    def receive(self):
        """Takes all that is there; says whether there was anything."""
        some = False
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return some
            some = True
            self.note(*self.receiver.read(frames))

    def note(self, message, content):
        if message.type == pb.PING:
            send(self.socket, envelope("PONG", correlation_id=message.message_id))
        elif entry := self.book.get(message.correlation_id):
            if message.type == pb.ACCEPTED:
                entry.accepted += 1
            elif message.type in ENDS:
                self.open -= not entry.ends
                entry.ends.append((pb.Type.Name(message.type), message.error.code, content, time.monotonic()))
        elif message.correlation_id in self.answers:
            self.answers[message.correlation_id] = message, content

    def ask(self, question, seconds=5, **fields):
        """A control question's answer; TimeoutError if none came."""
        request = envelope("REQUEST", receiver="baton", delivery=pb.VOLATILE)
        self.answers[request.message_id] = None
        send(self.socket, request, {"question": question} | fields)
        deadline = time.monotonic() + seconds
        while self.answers[request.message_id] is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the orchestrator did not answer the question {question!r} within {seconds} s")
            if self.socket.poll(5):
                self.receive()
        return self.answers.pop(request.message_id)[1]

    def close(self):
        self.socket.close()
