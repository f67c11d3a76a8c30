"""Compares the client book with the effect book: nothing lost, nothing answered twice, no repeat without a death."""
import collections

Execution = collections.namedtuple("Execution", "request step attempt pid time")


def effects(path):
    """The executions by request, in the order in which they began."""
    book = collections.defaultdict(list)
    if path.exists():
        for line in path.read_text("ascii").splitlines():
            request, *numbers = line.split()
            if numbers[-1] != "end":
                book[request].append(Execution(request, *map(int, numbers)))
    for executions in book.values():
        executions.sort(key=lambda execution: execution.time)
    return book


def compare(client_book, effect_book, gone=(), expected_codes=("",)):
    """What is wrong, a sentence each; `gone` are the processes that died or were silent for too long."""
    wrong = []
    for request, entry in client_book.items():
        wrong += terminals(request, entry, expected_codes)
        wrong += repeats(request, entry, effect_book.get(request, []), set(gone))
    strangers = effect_book.keys() - client_book.keys()
    wrong += [f"{request}: was executed, but nobody asked for it" for request in strangers]
    return wrong


def terminals(request, entry, expected_codes):
    if not entry.ends:
        yield f"{request}: is lost: {'accepted and ' if entry.accepted else ''}never answered"
    if len(entry.ends) > 1:
        yield f"{request}: has {len(entry.ends)} answers: {[(kind, code) for kind, code, _, _ in entry.ends]}"
    if entry.durable and entry.code == "" and entry.accepted != 1:
        yield f"{request}: is durable and was accepted {entry.accepted} times"
    if entry.ends and entry.code not in expected_codes:
        yield f"{request}: ended with the error {entry.code}"


def repeats(request, entry, executions, gone):
    if sum(execution.pid not in gone for execution in executions) > 1:
        yield f"{request}: was executed again although its worker had not died: {executions}"
    if len({execution.attempt for execution in executions}) < len(executions):
        yield f"{request}: one attempt was executed twice: {executions}"
    if entry.code == "":
        told = entry.content or {}
        if not any((told.get("pid"), told.get("attempt")) == (one.pid, one.attempt) for one in executions):
            yield f"{request}: the answer {told} is of no execution: {executions}"


def repeated(effect_book):
    """How many requests were executed more than once."""
    return sum(len(executions) > 1 for executions in effect_book.values())
