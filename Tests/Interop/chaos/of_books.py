"""The books themselves: a comparison that misses a planted mistake proves nothing about the rest."""
from . import books
from .caller import Entry
from .catalog import scenario
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
