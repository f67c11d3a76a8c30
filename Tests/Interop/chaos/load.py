"""A client that keeps so many requests open and lets none go: it asks again, under the same name, until it is told how
each ended. What its user would do, and what shows whether anything is lost or done twice."""
import bisect
import heapq
import time

from wire import envelope, pb, send

from .caller import ENDS, Caller, Entry

AGAIN = ("unavailable", "busy", "unknown", "stale")  # nothing is known to be wrong with the request itself
PATIENCE = 5  # seconds without a word after which a request is sent again
NEWCOMER = 0.1  # seconds after which one more is asked for although the window is full: what is told to newcomers


class Asked(Entry):
    """A request of the load: how often it was sent, and what it was refused with before it ended."""

    def __init__(self, content):
        super().__init__(durable=True)
        self.told, self.refusals, self.due, self.times = content, [], 0.0, 0


class Load(Caller):
    """While it is going, pump() keeps so many requests open, and in an outage a few more."""

    def __init__(self, context, address, name="load", window=64, content=None, agent="work",
                 headers=None):
        super().__init__(context, address, name)
        self.headers = headers or {}  # the stages, where there is more than one
        self.agent, self.window, self.content_of = agent, window, content or (lambda number: {"ms": 1, "n": number})
        self.going, self.asked = False, 0.0
        self.looks, self.ended = [], []  # (when, request) to look at; when each end came

    def run(self, seconds, until=None):
        """Loads for so long, or until a condition holds."""
        self.going = True
        return self.pump(seconds, until)

    def finish(self, seconds):
        """Asks for nothing new; whether all that was asked for has ended."""
        self.going = False
        return self.drain(seconds)

    def pump(self, seconds, until=None):
        """Receives, asks again and asks anew for so long, or until a condition holds; says whether it did."""
        deadline = time.monotonic() + seconds
        while True:
            self.receive()
            self.look()
            while self.going and (self.open < self.window or self.wants_newcomer()):
                self.ask_for(self.content_of(len(self.book)))
            if until and until():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.rest(max(1, min(10, 1000 * left)))

    def rest(self, milliseconds):
        """Waits for a word."""
        self.socket.poll(milliseconds)

    def wants_newcomer(self):
        return self.open < 4 * self.window and time.monotonic() - self.asked > NEWCOMER

    def ask_for(self, content):
        request, self.asked = envelope("REQUEST").message_id, time.monotonic()
        self.book[request] = Asked(content)
        self.open += 1
        self.say(request)
        return request

    def say(self, request):
        entry = self.book[request]
        entry.times += 1
        self.look_at(request, PATIENCE)
        self.hand_over(entry, envelope(
            "PIPELINE" if self.headers else "REQUEST", message_id=request, budget_ms=600_000,
            receiver="" if self.headers else self.agent, delivery=pb.DURABLE, headers=self.headers))

    def hand_over(self, entry, message):
        send(self.socket, message, entry.told)

    def look_at(self, request, seconds):
        self.book[request].due = time.monotonic() + seconds
        heapq.heappush(self.looks, (self.book[request].due, request))

    def look(self):
        """Sends again what was refused long enough ago, or has had no answer for too long."""
        now = time.monotonic()
        while self.looks and self.looks[0][0] <= now:
            due, request = heapq.heappop(self.looks)
            entry = self.book[request]
            if not entry.ends and entry.due == due:
                self.say(request)

    def note(self, message, content):
        entry = self.book.get(message.correlation_id)
        if entry and message.type in ENDS and message.error.code in AGAIN:
            if not entry.ends:
                entry.refusals.append((message.error.code, message.error.retry_after_ms, time.monotonic()))
                self.look_at(message.correlation_id, max(0.02, message.error.retry_after_ms / 1000))
            return
        was_open = entry and not entry.ends
        super().note(message, content)
        if was_open and entry.ends:
            self.ended.append(time.monotonic())

    # ---- what it saw

    def refusals(self):
        return [refusal for entry in self.book.values() for refusal in entry.refusals]

    def rate(self, start, end):
        """Ends a second in a stretch of time."""
        return (bisect.bisect_left(self.ended, end) - bisect.bisect_left(self.ended, start)) / (end - start)

    def back_after(self, start, rate, stretch=0.5):
        """Seconds from a moment until ends come at that rate again; None if they never do."""
        for step in range(600):
            begin = start + step * 0.05
            if begin + stretch > time.monotonic():
                return None
            if self.rate(begin, begin + stretch) >= rate:
                return begin - start
        return None

    def longest_pause(self):
        """The longest time between two ends."""
        return max((later - earlier for earlier, later in zip(self.ended, self.ended[1:])), default=0.0)
