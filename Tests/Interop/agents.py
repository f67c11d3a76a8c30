"""The agents that worker.py offers: each takes a JSON value and returns one.

What an agent may say on the way it says to `work`: work.partial(piece) hands out a piece of the answer, and
work.effect(name, body) has a side effect that the attempts of one task have once.
"""
import asyncio


class Failure(Exception):
    """What a caller is told: a code to decide by, a sentence, and whether the same may be tried again."""

    def __init__(self, code, message, retryable=False):
        super().__init__(message)
        self.code, self.retryable = code, retryable


async def echo(content, work):
    """Returns what it is given"""
    return content


async def count(content, work):
    """Counts aloud up to a number"""
    for number in range(1, content["to"] + 1):
        work.partial(number)
    return {"counted": content["to"]}


async def sleep(content, work):
    """Waits for some seconds, unless it is cancelled"""
    await asyncio.sleep(content["seconds"])
    return {"slept": content["seconds"]}


HEARD = []


async def note(content, work):
    """Remembers what it is told; asked with null it returns all of it"""
    if content is None:
        return HEARD
    HEARD.append(content)
    return len(HEARD)


async def charge(content, work):
    """Has the side effect of taking money; told to stumble, its first attempt fails afterwards"""
    async def pay(key):
        CHARGED.append(key)
        return {"receipt": key, "sum": content["sum"]}

    receipt = await work.effect("charge", pay)
    if content.get("stumble") and work.attempt == 1:
        raise Failure("stumbled", "the money is taken, the task is not done", retryable=True)
    return receipt | {"attempt": work.attempt, "charged": CHARGED.count(receipt["receipt"])}


CHARGED = []
AGENTS = {"py-echo": echo, "py-count": count, "py-sleep": sleep, "py-note": note, "py-charge": charge}
EFFECTS = {"py-charge": "idempotent"}
REGISTRATION = [{"name": name, "description": agent.__doc__, "effect": EFFECTS.get(name, "pure"),
                 "keywords": ["python"]} for name, agent in AGENTS.items()]
