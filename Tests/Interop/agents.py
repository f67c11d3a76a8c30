"""The agents that worker.py offers: each takes a JSON value and returns one, and may hand out pieces on the way."""
import asyncio


async def echo(content, partial):
    """Returns what it is given"""
    return content


async def count(content, partial):
    """Counts aloud up to a number"""
    for number in range(1, content["to"] + 1):
        partial(number)
    return {"counted": content["to"]}


async def sleep(content, partial):
    """Waits for some seconds, unless it is cancelled"""
    await asyncio.sleep(content["seconds"])
    return {"slept": content["seconds"]}


HEARD = []


async def note(content, partial):
    """Remembers what it is told; asked with null it returns all of it"""
    if content is None:
        return HEARD
    HEARD.append(content)
    return len(HEARD)


AGENTS = {"py-echo": echo, "py-count": count, "py-sleep": sleep, "py-note": note}
REGISTRATION = [{"name": name, "description": agent.__doc__, "effect": "pure", "keywords": ["python"]}
                for name, agent in AGENTS.items()]
