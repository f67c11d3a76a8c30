"""What every program on the bus needs: the messages of proto/, compiled, and a DEALER that may speak to it.

    BATON_BUS         addresses of the orchestrators, comma-separated: tcp://127.0.0.1:7400,ipc:///path/socket
    BATON_NAME        routing id: the name of the key, or that, a dot and a suffix
    BATON_SERVER_KEY  the orchestrators' public key (Z85), BATON_KEY the path of our own key file; not needed over ipc
"""
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


def dealer(context, address, settings=os.environ, connect=True):
    """One DEALER for one orchestrator, with the same routing id at each. Over TCP it is encrypted with CURVE."""
    socket = context.socket(zmq.DEALER)
    socket.routing_id = settings["BATON_NAME"].encode()
    socket.linger = 2000
    socket.reconnect_ivl, socket.reconnect_ivl_max = 20, 2000
    socket.maxmsgsize = 512 << 10
    protect(socket, address, settings)
    if connect:
        socket.connect(address)
    return socket


def subscriber(context, address, topics, settings=os.environ):
    """A SUB socket for broadcasts: b/AGENT, b/* and m/, which says who joined and left the orchestrators."""
    socket = context.socket(zmq.SUB)
    socket.linger, socket.rcvhwm = 0, 1000
    protect(socket, address, settings)
    socket.connect(address)
    for topic in topics:
        socket.subscribe(topic)
    return socket


def protect(socket, address, settings):
    """Over TCP a socket is encrypted with CURVE, and the server knows us by our key."""
    if settings.get("BATON_SERVER_KEY") and not address.startswith("ipc:"):
        key = json.loads(pathlib.Path(settings["BATON_KEY"]).read_text("ascii"))
        socket.curve_serverkey = settings["BATON_SERVER_KEY"].encode()
        socket.curve_publickey = key["public"].encode()
        socket.curve_secretkey = key["secret"].encode()


def envelope(kind, **fields):
    """An envelope of this version with a name of its own; `kind` is a word of the enum Type."""
    fields.setdefault("message_id", os.urandom(12).hex())
    return pb.Envelope(version=1, type=pb.Type.Value(kind), timestamp=int(time.time() * 1000), **fields)


def send(socket, message, content=None):
    """Sends two frames; the content is JSON, or bytes as they are. Above 64 KiB the pieces go first."""
    data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
    pieces = [data[start:start + 65536] for start in range(0, len(data), 65536)] or [b""]
    if len(pieces) > 1:
        message.parts = len(pieces)
    for number, piece in enumerate(pieces[:-1], 1):
        part = envelope("PART", message_id=message.message_id, sequence=number, parts=len(pieces))
        socket.send_multipart([part.SerializeToString(), piece])
    socket.send_multipart([message.SerializeToString(), pieces[-1]])


class Receiver:
    """Puts the pieces of one socket's large contents together again; orchestrators send them in order."""

    def __init__(self):
        self.pieces = b""

    def read(self, frames):
        """The envelope with its content (bytes if it is no JSON), or the envelope of a PART and nothing yet."""
        message = pb.Envelope.FromString(frames[0])
        self.pieces += frames[1]
        if message.type == pb.PART:
            return message, None
        data, self.pieces = self.pieces, b""
        try:
            return message, json.loads(data) if data else None
        except ValueError:
            return message, data


class Task:
    """A TASK in hand: the fields that every answer about it echoes, and the answer once there is one.

    `home` is the connection to the orchestrator that it is done for; None: that orchestrator is gone for good.
    """

    def __init__(self, message, home):
        self.home, self.tenant, self.agent = home, message.tenant, message.receiver.split("#")[0]
        self.echo = {name: getattr(message, name) for name in ("request_id", "step", "attempt", "fence", "dispatch")}
        self.durable, self.job, self.answer = message.delivery == pb.DURABLE, None, None

    def is_at(self, home, dispatch):
        return self.home is home and self.echo["dispatch"] == dispatch

    def is_named(self, message):
        """Whether a message is about this attempt of the step, whoever sent it."""
        names = ("request_id", "step", "attempt")
        return self.tenant == message.tenant and all(self.echo[name] == getattr(message, name) for name in names)

    def move(self, home, message):
        """Another orchestrator has it from now on, and calls it what the message says."""
        self.home = home
        self.echo |= {"dispatch": message.dispatch, "fence": message.fence}

    def relayed(self):
        """What names it to an orchestrator that did not give it."""
        return self.echo | {"dispatch": 0, "tenant": self.tenant, "sender": self.agent}

    def inflight(self):
        fields = {"request" if name == "request_id" else name: value for name, value in self.echo.items()}
        return fields | {"state": "done" if self.answer else "running"}

    def orphan(self):
        fields = self.inflight() | {"tenant": self.tenant, "agent": self.agent}
        return {name: value for name, value in fields.items() if name != "dispatch"}


def fence_of(text):
    """A fence as a number; none is the lowest."""
    return int(text or 0)
