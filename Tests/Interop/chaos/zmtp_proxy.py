"""A proxy that understands where a ZMQ message ends, and sends some twice, or two of them in the wrong order."""
from .proxy import Proxy

GREETING = 64
MORE, LONG, COMMAND = 1, 2, 4


class ZmtpProxy(Proxy):
    """Only for connections without encryption: it must see the frames. What becomes of each message is drawn."""

    def __init__(self, target, chance):
        self.chance, self.doubling, self.swapping = chance, 0.0, 0.0
        self.doubled = self.swapped = 0
        super().__init__(target)

    async def pump(self, reader, writer):
        try:
            await self.greet(reader, writer)
            held = None
            while True:
                message, is_command = await self.message(reader)
                if is_command:
                    writer.write(message)
                    continue
                out, held = self.judge(message, held)
                await self.flowing.wait()
                writer.write(out)
                await writer.drain()
        except (OSError, EOFError):
            return

    @staticmethod
    async def greet(reader, writer):
        """Both sides say a part of it and wait for the other's."""
        left = GREETING
        while left:
            some = await reader.read(left)
            if not some:
                raise EOFError
            left -= len(some)
            writer.write(some)

    def judge(self, message, held):
        """What goes on now, and what is kept until after the next."""
        if held is not None:
            self.swapped += 1
            return message + held, None
        drawn = self.chance.random()
        if drawn < self.doubling:
            self.doubled += 1
            return message + message, None
        if drawn < self.doubling + self.swapping:
            return b"", message
        return message, None

    @staticmethod
    async def message(reader):
        """All frames of one message, and whether it is one of the protocol's own."""
        data = b""
        while True:
            flags = await reader.readexactly(1)
            size = await reader.readexactly(8 if flags[0] & LONG else 1)
            body = await reader.readexactly(int.from_bytes(size, "big"))
            data += flags + size + body
            if not flags[0] & MORE:
                return data, bool(flags[0] & COMMAND)
