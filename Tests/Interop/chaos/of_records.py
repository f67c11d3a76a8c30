"""Records and lists in Redis that somebody damaged by hand: such a request ends with a word for it, or is mended and
counted; the others notice nothing, and the orchestrator lives."""
import time

from . import books
from .catalog import scenario
from .of_daemons import processor_seconds
from .redis_book import RedisBook
from .scene import Scene
from .stage import check, tail

GHOST = "AAAAAAAAAAAAAAAAAAAAAA"  # a key of no record
LONG_MS = 4000


def as_hash(**changes):
    """The record as a hash, as it would be once it has events, with some fields changed or (None) without them."""
    def commands(record, fields):
        kept = {name: value for name, value in (fields | {"rev": "2"} | changes).items() if value is not None}
        return [("DEL", record), ("HSET", record, *(word for pair in kept.items() for word in pair))]
    return commands


# What is done to a record that is in hand, by name: commands, given its key and its fields. In them INPUT, OUTPUT, OWN
# and PLACE stand for its input, its output, the set of its owner and how it is called there.
DAMAGES = {
    "an unknown state": lambda record, _: [("SETRANGE", record, 1, "Z")],
    "an unknown version": lambda record, _: [("SETRANGE", record, 0, "7")],
    "an empty record": lambda record, _: [("SET", record, "")],
    "a record cut off": lambda record, _: [("SET", record, "1R" + "x" * 30)],
    "bytes too many": lambda record, _: [("APPEND", record, "xyz")],
    "a list as record": lambda record, _: [("DEL", record), ("RPUSH", record, "a")],
    "no record": lambda record, _: [("DEL", record)],
    "no state": as_hash(st=None),
    "no owner": as_hash(own=None),
    "an owner nobody knows": as_hash(own="nobody#99"),
    "no tenant": as_hash(tn=None),
    "a negative rev": as_hash(rev="-5"),
    "a huge rev": as_hash(rev="9" * 40),
    "a deadline of letters": as_hash(dl="soon"),
    "no input": lambda *_: [("DEL", "INPUT")],
    "a list as input": lambda *_: [("DEL", "INPUT"), ("RPUSH", "INPUT", "a", "b")],
    "a hash as output": lambda *_: [("HSET", "OUTPUT", "a", "b")],
    "not in the owner's set": lambda *_: [("SREM", "OWN", "PLACE")],
}


class Damage:
    """Some requests in hand, one for each damage, and a few that are left alone."""

    def __init__(self, stage):
        self.scene = Scene(stage)
        self.load = self.scene.load
        self.victims = {self.load.ask_for({"ms": LONG_MS, "n": number}): name for number, name in enumerate(DAMAGES)}
        self.others = [self.load.ask_for({"ms": LONG_MS, "n": -number}) for number in range(8)]
        check(self.load.pump(5, until=lambda: all(entry.accepted for entry in self.load.book.values())),
              "not all of them were accepted")

    def inflict(self):
        with self.scene.redis.client() as client:
            book = RedisBook(client)
            named, owner = book.named(), next(iter(book.keys["own"]))
            for request, name in self.victims.items():
                place, fields = named[request][0]
                meant = {"OWN": f"baton:own:{owner}", "PLACE": place, "INPUT": f"baton:i:{place}",
                         "OUTPUT": f"baton:o:{place}"}
                for words in DAMAGES[name](f"baton:r:{place}", fields):
                    client.ask(*[meant.get(word, word) for word in words])

    def outcome(self, stage, seconds):
        """Waits for all of them; how the damaged ones ended."""
        self.load.finish(seconds)
        self.scene.lives()
        ends = {name: self.load.book[request].code for request, name in self.victims.items()}
        stuck = [f"{name} ({self.load.book[request].refusals[-1:]}, accepted {self.load.book[request].accepted})"
                 for request, name in self.victims.items() if not self.load.book[request].ends]
        check(not stuck, f"{seconds} s later these have not ended: {'; '.join(stuck)}")
        wrong = {name: code for name, code in ends.items() if code not in ("", "corrupt", "gone")}
        check(not wrong, f"these ended in another way: {wrong}")
        others = {self.load.book[request].code for request in self.others}
        check(others == {""}, f"requests that nobody touched ended as {others}")
        twice = [request for request, entry in self.load.book.items()
                 if len({(kind, code, repr(content)) for kind, code, content, _ in entry.ends}) > 1]
        check(not twice, f"{len(twice)} requests were told different ends")
        self.load.run(2)
        check(self.load.finish(10), "a new load does not end beside what was damaged")
        self.scene.lives()
        effect_book = books.effects(stage.effects_path)
        words = {"": "answered"}
        return {"damages": len(ends), "repeated": books.repeated(effect_book)} | {
            name.replace(" ", "_"): words.get(code, code) for name, code in ends.items()}


@scenario("B89-damaged-in-hand", "records are damaged while their requests run: they end with a word, the rest lives")
def damaged_in_hand(stage):
    damage = Damage(stage)
    damage.inflict()
    return damage.outcome(stage, 30)


@scenario("B89-damaged-before-start", "records are damaged while no orchestrator runs: the next one gets over it")
def damaged_before_start(stage):
    damage = Damage(stage)
    stage.kill(damage.scene.orchestrator.process)
    damage.inflict()
    damage.scene.again()
    return damage.outcome(stage, 40)


@scenario("B90-strays", "lists that name what is not there: dropped and counted, without a loop")
def strays(stage):
    scene = Scene(stage)
    scene.warm(1)
    stage.kill(scene.orchestrator.process)
    with scene.redis.client() as client:
        owner = next(iter(RedisBook(client).keys["own"]), "o1#1")
        for number in range(300):
            client.ask("SADD", f"baton:own:{owner}", ghost(number))
        for name in ("ready", "unc", "dlq"):
            for number in range(50):
                client.ask("ZADD", f"baton:{name}", 1, ghost(number))
        client.ask("SADD", "baton:own:nobody#99", GHOST)
        client.ask("ZADD", "baton:dead", 0, "nobody#99")
        client.ask("RPUSH", "baton:fin", f"{GHOST} 1 100 -")
        client.ask("INCRBY", "baton:finb", 100)
    scene.again()
    scene.run(2)
    check(scene.load.finish(60), f"{scene.load.open} requests have not ended")

    def left():
        with scene.redis.client() as client:
            book = RedisBook(client)
            return {name: len(book.sets[name]) for name in ("ready", "unc", "dlq", "dead") if book.sets[name]} | {
                f"own:{name}": True for name in book.keys["own"]}

    deadline = time.monotonic() + 30
    while left() and time.monotonic() < deadline:
        scene.load.pump(0.5)
    check(not left(), f"30 s later these still name what is not there: {left()}: {tail(scene.orchestrator.log)}")
    before = processor_seconds(scene.orchestrator)
    scene.load.pump(3)
    busy = (processor_seconds(scene.orchestrator) - before) / 3
    check(busy < 0.2, f"it keeps {busy:.0%} of a core busy with nothing to do")
    scene.lives()
    return {"requests": len(scene.load.book), "idle_processor": round(busy, 3)}


def ghost(number):
    return f"{number:021d}A"


@scenario("B90-gap-in-events", "an event is missing from a request's stream: it ends all the same, and is found")
def gap_in_events(stage):
    scene = Scene(stage)
    requests = [scene.load.ask_for({"ms": LONG_MS, "n": number}) for number in range(4)]
    check(scene.load.pump(5, until=lambda: all(scene.load.book[one].accepted for one in requests)), "not accepted")
    stage.kill(scene.orchestrator.process)
    scene.again()  # adopts them, which is written into their streams
    adopted = scene.load.pump(20, until=lambda: len(streams(scene)) == len(requests))
    check(adopted, f"only {len(streams(scene))} of {len(requests)} requests were adopted")
    with scene.redis.client() as client:
        for place, events in streams(scene).items():
            client.ask("XDEL", f"baton:e:{place}", f"{events[0][0]}-0")
    check(scene.load.finish(30), f"{scene.load.open} requests have not ended")
    codes = {scene.load.book[request].code for request in requests}
    check(codes <= {"", "corrupt"}, f"they ended as {codes}")
    for request in requests:
        scene.load.ask("request", id=request)
    scene.lives()
    return {"requests": len(requests), "ended": sorted(codes)}


def streams(scene):
    with scene.redis.client() as client:
        return RedisBook(client).streams
