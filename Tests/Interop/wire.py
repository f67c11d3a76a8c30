"""What every program on the bus needs: the messages of proto/, compiled, and a DEALER that may speak to it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import zmq

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def compile_messages():
    """Compiles proto/agent_message.proto with protoc; a project of your own would do this once, at build time."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["protoc", f"--python_out={folder}", f"-I{PROTO}", "agent_message.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            import agent_message_pb2
        finally:
            sys.path.remove(folder)
    return agent_message_pb2


pb = compile_messages()


def dealer(context, address, name, server_key=None, key_file=None):
    """One DEALER for one orchestrator, with the same routing id at each. Over TCP it is encrypted with CURVE."""
    socket = context.socket(zmq.DEALER)
    socket.routing_id = name.encode()
    socket.linger = 0
    socket.immediate = True  # a message waits for a connection instead of piling up for a dead one
    socket.reconnect_ivl, socket.reconnect_ivl_max = 20, 2000
    socket.maxmsgsize = 512 << 10
    if server_key and not address.startswith("ipc:"):
        with open(key_file, encoding="ascii") as file:
            key = json.load(file)
        socket.curve_serverkey = server_key.encode()
        socket.curve_publickey = key["public"].encode()
        socket.curve_secretkey = key["secret"].encode()
    socket.connect(address)
    return socket


def envelope(kind, **fields):
    """An envelope of this version with a name of its own; `kind` is a word of the enum Type."""
    fields.setdefault("message_id", os.urandom(12).hex())
    return pb.Envelope(version=1, type=pb.Type.Value(kind), timestamp=int(time.time() * 1000), **fields)


def send(socket, message, content=None):
    """Sends two frames. Above 64 KiB the pieces go first, and the message itself carries the last one."""
    data = b"" if content is None else json.dumps(content).encode()
    pieces = [data[start:start + 65536] for start in range(0, len(data), 65536)] or [b""]
    if len(pieces) > 1:
        message.parts = len(pieces)
    for number, piece in enumerate(pieces[:-1], 1):
        part = envelope("PART", message_id=message.message_id, sequence=number, parts=len(pieces))
        socket.send_multipart([part.SerializeToString(), piece])
    socket.send_multipart([message.SerializeToString(), pieces[-1]])


class Receiver:
    """Puts the pieces of one socket's large contents together again."""

    def __init__(self):
        self.pieces = b""

    def read(self, frames):
        """The envelope and the content, or the envelope of a PART and nothing yet."""
        message = pb.Envelope.FromString(frames[0])
        self.pieces += frames[1]
        if message.type == pb.PART:
            return message, None
        data, self.pieces = self.pieces, b""
        plain = message.content_type in ("", "application/json")
        return message, (json.loads(data) if data else None) if plain else data
