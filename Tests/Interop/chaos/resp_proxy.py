"""A proxy before Redis that loses, spoils and delays its replies: the commands were executed all the same."""
import asyncio
import socket
import struct

from .proxy import Proxy
from .resp import reply_end

FATES = ("passed", "cut", "muted", "spoiled")


class RespProxy(Proxy):
    """Forwards every command; what becomes of each reply is drawn from a seed.

    A lost reply looks as it would in life: the connection ends, or it says nothing any more until its other side has
    had enough. A single reply that is left out would shift all later ones, which no network does.
    """

    def __init__(self, socket_path, listen_path, chance):
        self.listen_path, self.chance = listen_path, chance
        self.losing = self.spoiling = self.delay_seconds = 0.0
        self.fates = dict.fromkeys(FATES, 0)
        super().__init__(str(socket_path))

    @property
    def url(self):
        return f"unix:{self.listen_path}"

    async def listen(self):
        return await asyncio.start_unix_server(self.serve, self.listen_path), str(self.listen_path)

    async def connect(self):
        return await asyncio.open_unix_connection(self.target)

    async def pump_back(self, reader, writer):
        data, is_mute = bytearray(), False
        try:
            while some := await reader.read(65536):
                if is_mute:
                    continue
                await self.flowing.wait()
                data += some
                passed, is_mute = self.judge(data)
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(passed)
                await writer.drain()
                if is_mute is None:
                    return
        except OSError:
            return

    def judge(self, data):
        """Takes whole replies out; what is passed on, and whether the connection is mute now (None: cut)."""
        passed = bytearray()
        while (end := reply_end(data)) is not None:
            reply, fate = bytes(data[:end]), self.fate()
            del data[:end]
            self.fates[fate] += 1
            if fate == "cut":
                return passed, None
            if fate == "muted":
                return passed, True
            passed += self.spoil(reply) if fate == "spoiled" else reply
        return passed, False

    def fate(self):
        drawn = self.chance.random()
        if drawn < self.losing:
            return "cut" if self.chance.random() < 0.5 else "muted"
        return "spoiled" if self.losing <= drawn < self.losing + self.spoiling else "passed"

    def spoil(self, reply):
        """Changes one byte: in half of the cases of what says how long the reply is, otherwise any."""
        spoiled = bytearray(reply)
        if self.chance.random() < 0.5:
            spoiled[self.chance.randrange(reply.index(b"\r\n"))] ^= 1
        else:
            spoiled[self.chance.randrange(len(reply))] ^= 0x80
        return bytes(spoiled)

    async def reset_all(self):
        """A unix socket has no RST: it is closed, which its other side hears at once."""
        pairs = list(self.pairs)
        for pair in pairs:
            for writer in pair:
                end = writer.transport.get_extra_info("socket")
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        return len(pairs)
