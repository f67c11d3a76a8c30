"""Nothing lost, nothing doubled: what the books of the clients, of the workers and of Redis say together."""
import bisect
import dataclasses
import statistics

from . import books, redis_book


@dataclasses.dataclass
class Verdict:
    """Counts, and a sentence for each thing that is wrong."""
    requests: int = 0
    lost: int = 0  # accepted, or asked for until the end, and never answered
    doubled: int = 0  # answered in two ways, kept twice, or done twice under one attempt
    repeated: int = 0  # executed again, for whatever reason
    restarted: int = 0  # executed again although the worker that had it lived
    unexpected: int = 0  # done or kept, and asked for by nobody
    wrong: list = dataclasses.field(default_factory=list)
    examples: list = dataclasses.field(default_factory=list)

    def figures(self):
        return {name: getattr(self, name)
                for name in ("requests", "lost", "doubled", "restarted", "repeated", "unexpected")}


def judge(crowd, effects_path, book, deaths, codes=("",)):
    """Compares the three books after everything has ended, or has not."""
    effect_book, verdict = books.effects(effects_path), Verdict(requests=len(crowd.book))
    named = book.named()
    for request, entry in crowd.book.items():
        records = [fields for _, fields in named.get(request, [])]
        of_clients(verdict, request, entry, records, crowd.asks_again)
        of_workers(verdict, request, effect_book.get(request, []), deaths, crowd.agent)
    verdict.wrong += redis_book.compare(crowd, effect_book, book, expected_codes=codes, asked=crowd.asks_again)
    verdict.unexpected = len((effect_book.keys() | named.keys()) - crowd.book.keys())
    verdict.doubled += sum(len(records) > 1 for records in named.values())
    for place, fields in book.records.items():
        kinds = [event.get("t") for _, event in book.streams.get(place, [])]
        ends = [kind for kind in kinds if kind in redis_book.TERMINAL.values()]
        verdict.doubled += len(ends) > 1 and "revived" not in kinds
    return verdict


def of_clients(verdict, request, entry, records, asks_again):
    ended = bool(entry.ends) or not asks_again and any(fields.get("st") in redis_book.TERMINAL for fields in records)
    if not ended and (entry.accepted or asks_again):
        verdict.lost += 1
        if not asks_again:
            verdict.wrong.append(f"{request}: was accepted, and Redis says {records or 'nothing'} of it")
    if len({(kind, code, repr(content)) for kind, code, content, _ in entry.ends}) > 1:
        verdict.doubled += 1


def of_workers(verdict, request, executions, deaths, agent):
    """A repeat is justified only by the death, before it, of every process that had the step."""
    if len({one.step for one in executions}) == len(executions):
        return
    verdict.repeated += 1
    if len({(one.step, one.attempt) for one in executions}) < len(executions):
        verdict.doubled += 1
        verdict.wrong.append(f"{request}: one attempt was executed twice: {executions}")
    elif agent == "once":
        verdict.doubled += 1
        verdict.wrong.append(f"{request}: must never be done again, and was: {executions}")
    by_step = {}
    for later in executions:
        earlier = by_step.setdefault(later.step, [])
        if any(deaths.get(one.pid, later.time) >= later.time for one in earlier):
            verdict.restarted += 1
            verdict.examples.append([tuple(one) for one in executions])
        earlier.append(later)


def takeovers(book, kills):
    """Milliseconds from each death to the moment in which each of its requests had a new owner."""
    moments = sorted(int(event["m"]) / 1000 for events in book.streams.values() for _, event in events
                     if event.get("t") == "adopted" and "m" in event)
    took, last = [], {}
    for moment in moments:
        number = bisect.bisect_right(kills, moment + 0.001) - 1
        if number >= 0:
            took.append(1000 * (moment - kills[number]))
            last[number] = took[-1]
    if not took:
        return {"adopted": len(moments)}
    took.sort()
    return {
        "adopted": len(took), "takeover_ms": {
            "p50": round(statistics.median(took)), "p99": round(took[int(0.99 * (len(took) - 1))]),
            "worst": round(took[-1]), "deaths_with_any": len(last)}}
