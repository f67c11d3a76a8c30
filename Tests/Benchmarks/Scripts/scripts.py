#!/usr/bin/env python3
"""How many items a second Redis accepts and finishes with the scripts of the store, over one connection that always has
calls in flight: what the direct path of a durable call costs without anything around it.

    scripts.py SOCKET FOLDER    prints lines: accept, finish, and of requests that go on advance (a step's
                                result is kept) and journal (an entry of as many bytes is), each -1 and
                                -64, and the items a second
"""
import base64
import hashlib
import pathlib
import socket
import sys
import time

ITEMS, LASTING, WINDOW = 64_000, 16_000, 64
OWNER, NOW, DEADLINE = "bench#1", 1_700_000_000_000, 1_700_000_900_000
# An envelope of about 90 bytes and a content of 256, as the store keeps them.
MESSAGE = (90).to_bytes(2, "little") + b"e" * 90 + b"{" + b" " * 254 + b"}"


class Connection:
    """One connection that is asked in windows: so many commands are sent, then so many answers read."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.input = self.socket.makefile("rb")

    def ask(self, *words):
        self.socket.sendall(command(words))
        return self.answer()

    def answer(self):
        line = self.input.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise SystemExit(f"Redis refuses: {rest.decode()}")
        if kind == b"$":
            return self.input.read(int(rest) + 2)[:-2]
        return rest


def command(words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def key(number):
    return base64.urlsafe_b64encode(hashlib.sha256(str(number).encode()).digest()[:16]).rstrip(b"=")


def acceptance(number):
    return key(number), f"{number:024x}", "default", "echo", key(-number), DEADLINE, 0, 0, MESSAGE


def ending(number):
    return key(number), "S", 1, 1, "echo", "echo#1", "", 1, 0, 1200, MESSAGE, 0


def step(number):
    return key(number), 1, 1, "echo", "echo#1", 1, "echo", len(MESSAGE), MESSAGE


def entry(number):
    return key(number), 0, 1, 0, MESSAGE, "done", 1, 1, "echo", "echo#1", 1, ""


def measure(connection, script, head, item, letter, first, size, count=ITEMS):
    """Items a second, so many a call; each of them must be answered with this letter."""
    calls = [
        command(["EVALSHA", script, 1, "baton:", OWNER, NOW, *head,
                 *(word for number in range(start, start + size) for word in item(number))])
        for start in range(first, first + count, size)]
    window = max(2, WINDOW // size)
    began = time.monotonic()
    for start in range(0, len(calls), window):
        some = calls[start:start + window]
        connection.socket.sendall(b"".join(some))
        for _ in some:
            letters = connection.answer()
            if letters != letter * size:
                raise SystemExit(f"the script says {letters!r}")
    return count / (time.monotonic() - began)


def source(folder, name):
    """A script, after the prelude if it uses it."""
    body = (folder / f"{name}.lua").read_text("utf-8")
    return (folder / "prelude.lua").read_text("utf-8") + body if body.startswith("-- uses prelude") else body


def main(path, folder):
    connection = Connection(path)
    scripts = {name: connection.ask("SCRIPT", "LOAD", source(pathlib.Path(folder), name)).decode()
               for name in ("accept", "finish", "advance", "journal")}
    connection.ask("ZADD", "baton:inst", 2 * NOW, OWNER)  # who has no lease may keep nothing
    limits = {"accept": (1_000_000, 1_000_000), "finish": (3_600_000, 1_000_000, 1 << 30, 1000)}
    items = {"accept": (acceptance, b"A"), "finish": (ending, b"K")}
    for first, size in ((0, 1), (ITEMS, 64)):
        for name in ("accept", "finish"):
            rate = measure(connection, scripts[name], limits[name], *items[name], first, size)
            print(f"{name}-{size} {rate:.0f}", flush=True)
    items = {"accept": (acceptance, b"A"), "advance": (step, b"K"), "journal": (entry, b"K")}
    for first, size in ((2 * ITEMS, 1), (2 * ITEMS + LASTING, 64)):
        for name in items:
            rate = measure(
                connection, scripts[name], limits.get(name, ()), *items[name], first, size, LASTING)
            if name != "accept":
                print(f"{name}-{size} {rate:.0f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
