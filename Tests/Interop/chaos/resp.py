"""The protocol of Redis: a client that only asks, and where a reply ends in a stream of bytes."""
import socket


class RespError(Exception):
    """Redis refused; its own words."""


class Client:
    """One connection; words are text, numbers or bytes, answers are bytes, numbers, lists or None."""

    def __init__(self, path, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(str(path))
        self.input = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()

    def ask(self, *words):
        self.socket.sendall(command(words))
        return raised(self.read())

    def ask_all(self, commands, batch=500):
        """Many at once; an error is an answer among the others."""
        answers = []
        for start in range(0, len(commands), batch):
            some = commands[start:start + batch]
            self.socket.sendall(b"".join(map(command, some)))
            answers += [self.read() for _ in some]
        return answers

    def read(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return RespError(rest.decode("utf-8", "replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.input.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return rest


def raised(answer):
    if isinstance(answer, RespError):
        raise answer
    return answer


def command(words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def reply_end(data, start=0):
    """Where the reply that begins there ends, or None while some of it is missing."""
    line = data.find(b"\r\n", start)
    if line < 0:
        return None
    kind, rest, end = data[start:start + 1], data[start + 1:line], line + 2
    if kind == b"$" and rest != b"-1":
        end += int(rest) + 2
        return end if end <= len(data) else None
    if kind == b"*" and rest != b"-1":
        for _ in range(int(rest)):
            end = reply_end(data, end)
            if end is None:
                return None
    return end
