"""The books themselves: a comparison that misses a planted mistake proves nothing about the rest."""
from . import books, oracle, redis_book
from .caller import Entry
from .catalog import scenario
from .load import Asked
from .resp import Client
from .stage import check


@scenario(
    "F00-planted-mistakes", "the books show what was lost, answered twice, or repeated without a death", quick=True)
def planted_mistakes(stage):
    def request(*ends, accepted=1, durable=True):
        entry = Entry(durable)
        entry.accepted, entry.ends = accepted, [(*end, 0.0) for end in ends]
        return entry

    def run(attempt, pid):
        return books.Execution("r", 1, attempt, pid, attempt)

    result, again = ("RESPONSE", "", {"pid": 1, "attempt": 1}), ("RESPONSE", "", {"pid": 2, "attempt": 2})
    cases = {  # what the client was told, what was executed, who died, what must be found
        "all is well": (request(result), [run(1, 1)], [], 0),
        "a repeat after a death": (request(again), [run(1, 1), run(2, 2)], [1], 0),
        "lost": (request(), [run(1, 1)], [], 1),
        "answered twice": (request(result, result), [run(1, 1)], [], 1),
        "repeated without a death": (request(again), [run(1, 1), run(2, 2)], [], 1),
        "one attempt twice": (request(result), [run(1, 1), run(1, 3)], [3], 1),
        "an answer of nobody": (request(again), [run(1, 1)], [], 1),
        "an error": (request(("ERROR", "deadline", None)), [], [], 1),
        "a durable result without a promise": (request(result, accepted=0), [run(1, 1)], [], 1),
    }
    for name, (entry, executions, gone, count) in cases.items():
        found = books.compare({"r": entry}, {"r": executions}, gone)
        check(len(found) == count, f"{name}: the books show {found}")
    check(books.compare({}, {"r": [run(1, 1)]}), "an execution that nobody asked for is not shown")
    return {"cases": len(cases) + 1}


@scenario(
    "F00-planted-repeats", "the oracle tells a repeat after a death from one without, and how long takeovers took",
    quick=True)
def planted_repeats(stage):
    def run(time, pid, attempt=1, step=1):
        return books.Execution("r", step, attempt, pid, time)

    cases = {  # executions, deaths, agent → restarted, doubled
        "once": ([run(1, 1)], {}, "work", 0, 0),
        "two steps": ([run(1, 1), run(2, 2, step=2)], {}, "work", 0, 0),
        "after a death": ([run(1, 1), run(3, 2, attempt=2)], {1: 2}, "work", 0, 0),
        "before the death": ([run(1, 1), run(2, 2, attempt=2)], {1: 3}, "work", 1, 0),
        "without a death": ([run(1, 1), run(2, 2, attempt=2)], {}, "work", 1, 0),
        "on the same process": ([run(1, 1), run(2, 1, attempt=2)], {}, "work", 1, 0),
        "one of two lived": ([run(1, 1), run(3, 2, 2), run(5, 3, 3)], {1: 2}, "work", 1, 0),
        "one attempt twice": ([run(1, 1), run(3, 2)], {1: 2}, "work", 0, 1),
        "unsafe, after a death": ([run(1, 1), run(3, 2, attempt=2)], {1: 2}, "once", 0, 1),
    }
    for name, (executions, deaths, agent, restarted, doubled) in cases.items():
        verdict = oracle.Verdict()
        oracle.of_workers(verdict, "r", executions, deaths, agent)
        found = verdict.restarted, verdict.doubled
        check(found == (restarted, doubled), f"{name}: the oracle counts {found} restarted and doubled")

    class Book:
        streams = {"a": [(3, {"t": "adopted", "m": "1250"})], "b": [(3, {"t": "adopted", "m": "5600"})]}
    took = oracle.takeovers(Book, [1.0, 5.0])["takeover_ms"]
    check((took["p50"], took["worst"]) == (425, 600), f"takeovers of 250 and 600 ms are told as {took}")
    return {"cases": len(cases) + 1}


PLANTED = {  # what is done to a book that is right
    "an owner's set": [("SADD", "own:o1#1", "x")],
    "a request that waits": [("ZADD", "ready", 1, "x")],
    "a request that runs": [("HSET", "r:KEY", "st", "R")],
    "a quota that is not given back": [("HSET", "q", "default", 1)],
    "an instance too many": [("ZADD", "inst", 1, "o2#2")],
    "a result that is not kept": [("DEL", "o:KEY")],
    "a result of another attempt": [("HSET", "r:KEY", "att", "2")],
    "another end": [("HSET", "r:KEY", "st", "F")],
    "no record": [("DEL", "r:KEY", "i:KEY", "o:KEY", "e:KEY"), ("DEL", "fin"), ("DEL", "finb")],
    "a record twice": [("HSET", "r:other", "st", "S", "id", "r1", "tn", "default")],
    "a gap in the events": [("XDEL", "e:KEY", "4-0")],
    "two last events": [("XADD", "e:KEY", "7-0", "t", "succeeded"), ("HSET", "r:KEY", "rev", 7)],
    "a rev that is wrong": [("HSET", "r:KEY", "rev", 9)],
    "twice in the list of the finished": [("RPUSH", "fin", "KEY 1 100 -"), ("INCRBY", "finb", 100)],
    "a sum that is wrong": [("INCRBY", "finb", 1)],
    "an input without a record": [("SET", "i:x", "y")],
}


@scenario(
    "F00-planted-records", "the book of Redis shows records, lists, sums and events that cannot be right", quick=True)
def planted_records(stage):
    redis = stage.redis()
    found = planted(redis, [])
    check(not found, f"a book that is right shows {found}")
    for name, commands in PLANTED.items():
        check(planted(redis, commands), f"{name}: the book does not show it")
    return {"cases": len(PLANTED) + 1}


def planted(redis, commands):
    """Writes one finished request and whatever is to be wrong about it; what the comparison says."""
    key = redis_book.key_of("default", "r1")
    record = {"v": 1, "id": "r1", "tn": "default", "st": "S", "own": "o1#1", "att": 1, "in": "1", "rev": 6}
    events = ["started", "adopted", "done", "succeeded"]
    with Client(redis.socket) as client:
        client.ask("FLUSHALL")
        for name, *words in [
                ("HSET", f"r:{key}", *(word for pair in record.items() for word in pair)),
                ("SET", f"i:{key}", "in"), ("SET", f"o:{key}", "out"), ("ZADD", "inst", 1, "o1#1"),
                ("RPUSH", "fin", f"{key} 1 100 +"), ("SET", "finb", 100),
                *(("XADD", f"e:{key}", f"{number}-0", "t", kind) for number, kind in enumerate(events, 3)),
                *commands]:
            keys = words if name == "DEL" else words[:1]
            client.ask(name, *(f"baton:{str(word).replace('KEY', key)}" for word in keys),
                       *(str(word).replace("KEY", key) for word in words[len(keys):]))
        book = redis_book.RedisBook(client)
    entry = Asked({})
    entry.ends = [("RESPONSE", "", {"pid": 1, "attempt": 1, "instance": "1"}, 1.0)]

    class Load:
        book = {"r1": entry}
    return redis_book.compare(Load, {"r1": [books.Execution("r1", 1, 1, 1, 1)]}, book) + book.audit()
