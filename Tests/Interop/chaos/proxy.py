"""A TCP proxy that does to connections what networks do: resets them, swallows bytes, hands them out one by one."""
import asyncio
import socket
import struct
import threading


class Proxy:
    """Forwards to one address from a thread of its own, until it is told to misbehave."""

    def __init__(self, target):
        self.target, self.pairs, self.accepted = target, set(), 0
        self.loop = asyncio.new_event_loop()
        self.flowing, self.slice_seconds, self.delay = None, 0, None
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.address = self.call(self.open())

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def open(self):
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.server, address = await self.listen()
        return address

    async def listen(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return server, f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def connect(self):
        host, port = self.target.removeprefix("tcp://").rsplit(":", 1)
        return await asyncio.open_connection(host, int(port))

    async def serve(self, reader, writer):
        self.accepted += 1
        try:
            far_reader, far_writer = await self.connect()
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self.pairs.add(pair)
        try:
            await asyncio.wait(
                [asyncio.ensure_future(self.pump(reader, far_writer)),
                 asyncio.ensure_future(self.pump_back(far_reader, writer))], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.pairs.discard(pair)
            for end in pair:
                end.close()

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                await self.flowing.wait()
                if self.delay:
                    await asyncio.sleep(self.delay())
                if self.slice_seconds:
                    for byte in data:
                        writer.write(bytes([byte]))
                        await asyncio.sleep(self.slice_seconds)
                else:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            return

    async def pump_back(self, reader, writer):
        await self.pump(reader, writer)

    def reset(self):
        """Ends every connection with RST, at both sides at once; says how many there were."""
        return self.call(self.reset_all())

    async def reset_all(self):
        pairs = list(self.pairs)
        for pair in pairs:
            for writer in pair:
                end = writer.transport.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        return len(pairs)

    def hold(self):
        """From now on bytes go nowhere, and nobody is told."""
        self.loop.call_soon_threadsafe(self.flowing.clear)

    def release(self):
        self.loop.call_soon_threadsafe(self.flowing.set)

    def close(self):
        self.call(self.reset_all())
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
