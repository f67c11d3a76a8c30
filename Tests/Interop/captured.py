"""The tap against the wire: what tshark captures of the bus is decoded here as ZMTP 3 and compared with the tap."""
import collections
import json
import shutil
import socket as sockets
import struct
import time

import tapping
from cluster import PRODUCTS, Cluster
from skip import Skip
from wire import pb

FIELDS = ["tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.payload"]
ASKING = (pb.REQUEST, pb.NOTIFICATION, pb.PIPELINE, pb.BROADCAST)
LONG, MORE, COMMAND = 2, 1, 4


class Peculiar(AssertionError):
    """Bytes that are no ZMTP 3."""


# ---- the wire


def decode(data):
    """One direction of a connection: the properties of its READY, and its messages as lists of frames.

    A stream that is cut off in its greeting or within a frame yields what came before.
    """
    if len(data) < 64:
        return {}, []
    if data[0] != 0xff or data[9] != 0x7f or data[10] != 3 or data[12:32].rstrip(b"\0") != b"NULL":
        raise Peculiar(f"a greeting that is none: {data[:64].hex()}")
    properties, messages, frames, at = {}, [], [], 64
    while at < len(data):
        flags = data[at]
        head = 9 if flags & LONG else 2
        if flags & ~(LONG | MORE | COMMAND) or len(data) < at + head:
            break
        size = int.from_bytes(data[at + 1:at + head], "big")
        body = data[at + head:at + head + size]
        if len(body) < size:
            break
        at += head + size
        if flags & COMMAND:
            if body.startswith(b"\x05READY"):
                properties = metadata(body[6:])
            continue
        frames.append(body)
        if not flags & MORE:
            messages.append(frames)
            frames = []
    assert at == len(data), f"{len(data) - at} bytes at the end are no whole frame: {data[at:at + 20].hex()}"
    return properties, messages


def metadata(body):
    """The properties of a READY: name (1 byte of length), value (4 bytes of length)."""
    properties, at = {}, 0
    while at < len(body):
        name, at = body[at + 1:at + 1 + body[at]].decode(), at + 1 + body[at]
        size, = struct.unpack_from(">I", body, at)
        properties[name], at = body[at + 4:at + 4 + size], at + 4 + size
    return properties


def streams(rows):
    """The bytes of each direction of each connection, by the numbers TCP gave them."""
    pieces = collections.defaultdict(dict)
    for stream, source, _, number, payload in rows:
        if payload:
            pieces[stream, int(source)].setdefault(int(number), bytes.fromhex(payload))
    whole = {}
    for key, segments in pieces.items():
        data = b""
        for number, piece in sorted(segments.items()):  # a stream begins at 1; what came twice lies behind the end
            assert number <= len(data) + 1, f"tshark has missed {number - len(data) - 1} bytes of stream {key}"
            data += piece[len(data) + 1 - number:]
        whole[key] = data
    return whole


def on_the_wire(rows, port):
    """The messages of each routing id in both directions: {(peer, has left): [(envelope, content)]}."""
    whole, heard = streams(rows), collections.defaultdict(list)
    for stream in sorted({stream for stream, _ in whole}, key=int):
        both = {source == port: decode(data) for (other, source), data in whole.items() if other == stream}
        properties, arrived = both.get(False, ({}, []))
        if b"DEALER" != properties.get("Socket-Type"):
            continue  # a knock at the door, which says nothing
        peer = properties["Identity"].decode()
        for has_left, messages in [(False, arrived), (True, both.get(True, ({}, []))[1])]:
            heard[peer, has_left] += joined(messages)
    return heard


def joined(messages):
    """On the tap a content that travels in pieces is one event; so the PARTs of the wire are put together."""
    pieces = b""
    for envelope, content in messages:
        message = pb.Envelope.FromString(envelope)
        pieces += content
        if message.type != pb.PART:
            yield message, pieces
            pieces = b""


# ---- the tap


def on_the_tap(events):
    """The same of events; the routing id of a worker's instance agent#name is worker.name here."""
    heard = collections.defaultdict(list)
    for event in events:
        if tapping.is_farewell(event):
            continue  # said to one who has closed its connection: it never comes on the wire
        has_left = bool(event.flags & 1)
        peer = event.message.receiver if has_left else event.message.sender
        if "#" in peer:
            peer = "worker." + peer.split("#")[1]
        heard[peer, has_left].append(event)
    return heard


# ---- tshark


class Capture:
    """tshark at work at one port."""

    def __init__(self, cluster):
        self.cluster, self.port = cluster, int(cluster.bus.rsplit(":", 1)[1])
        fields = [part for field in FIELDS for part in ("-e", field)]
        self.process = cluster.spawn(
            "tshark", "tshark", "-i", "lo", "-f", f"tcp port {self.port}", "-l", "-n", "-B", "64",
            "-d", f"tcp.port=={self.port},data", "-T", "fields", "-E", "separator=/t", *fields)
        self.knock(20)

    def rows(self):
        rows = [line.split("\t") for line in self.cluster.log("tshark").split("\n")[:-1]]
        return [row for row in rows if len(row) == len(FIELDS) and row[0].isdigit()]

    def knock(self, seconds):
        """Connects and closes until tshark has shown it: then it is at work, and has shown all that was before."""
        deadline, known = time.monotonic() + seconds, set()
        while not known & {int(row[1]) for row in self.rows()}:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Skip(f"tshark may not capture here: {self.complaint()}")
            with sockets.create_connection(("127.0.0.1", self.port)) as knocking:
                known.add(knocking.getsockname()[1])
            time.sleep(0.1)

    def complaint(self):
        lines = [line for line in self.cluster.log("tshark").splitlines() if line and "\t" not in line]
        return " ".join(lines[:3])[:200] or "it shows nothing"

    def end(self):
        self.knock(20)
        self.cluster.stop(self.process)
        return self.rows()


# ---- the check


def wire_and_tap():
    """What tshark sees on the wire of a cluster without keys is what the tap tells, message by message"""
    if not shutil.which("tshark"):
        raise Skip("there is no tshark (apt-get install tshark)")
    if not (PRODUCTS / "batond").exists():
        raise Skip(f"there is no batond in {PRODUCTS}")
    cluster = Cluster(PRODUCTS, encrypted=False)
    try:
        cluster.start()
        capture = Capture(cluster)
        with tapping.ear(cluster, "e/") as socket:
            traffic(cluster)
            events = tapping.events(socket, 1)
        compare(on_the_wire(capture.end(), capture.port), on_the_tap(events))
    except AssertionError:
        print(f"# logs: {cluster.folder}")
        raise
    except Skip:
        shutil.rmtree(cluster.folder)
        raise
    finally:
        cluster.close()
    shutil.rmtree(cluster.folder)


def traffic(cluster):
    """Each pattern and each ending once, and a worker that comes and leaves."""
    worker = cluster.worker("worker.python")
    for call in [["--volatile", "py-echo", '"small"'], ["py-echo", '"durable"'], ["py-count", '{"to": 5}'],
                 ["py-count", '{"from": 1}'], ["--notify", "py-echo", "1"], ["py-ecco", "1"],
                 ["--pipeline", "py-echo,py-count,py-echo", '{"to": 2}'], ["--acknowledged", "py-echo", "7"],
                 ["--fan-out", "py-echo,py-note", "1"], ["--broadcast", "py-note", "2"],
                 ["--cancel-after", "0.2", "py-sleep", '{"seconds": 20}'],
                 ["py-sleep", '{"seconds": 2.2}'],  # long enough for signs of life
                 ["--volatile", "baton", '{"question": "ping"}'],
                 ["--volatile", "py-echo", json.dumps("y" * 60_000)]]:
        cluster.client(*call)
    assert cluster.ask("py-echo", "z" * 150_000).type == pb.RESPONSE
    for number in range(20):
        assert cluster.ask("py-echo", number).type == pb.RESPONSE
    assert cluster.stop(worker) == 0, cluster.log("worker.python")


def compare(wire, tap):
    """The same messages in the same order, for each peer and direction."""
    wire, tap = ({place: seen for place, seen in side.items() if seen} for side in (wire, tap))
    assert set(wire) == set(tap), f"other peers: {set(wire) ^ set(tap)}"
    for place, seen in wire.items():
        told = tap[place]
        ours = [described(message, message.request_id or asked(message)) for message, _ in seen]
        theirs = [described(event.message, event.message.request_id) for event in told]
        if ours != theirs:
            missing = collections.Counter(ours) - collections.Counter(theirs)
            more = collections.Counter(theirs) - collections.Counter(ours)
            raise AssertionError(f"{place}: not on the tap {missing}, not on the wire {more}"[:3000])
        for (message, content), event in zip(seen, told):
            same(message, content, event)
    kinds = {pb.Type.Name(message.type) for seen in wire.values() for message, _ in seen}
    print(f"# {sum(map(len, wire.values()))} messages of {len(wire)} directions, types {sorted(kinds)}")


def described(message, request):
    return pb.Type.Name(message.type), request, message.step, message.attempt


def asked(message):
    """The request id of a message that asks is its message_id, if it has none of its own."""
    return message.message_id if message.type in ASKING else ""


def same(message, content, event):
    """The tap's envelope is that of the wire, with the fields filled in that tap.md names; the content is cut."""
    filled = pb.Envelope.FromString(event.message.SerializeToString())
    for field in ["sender", "receiver", "request_id", "traceparent"]:
        if not getattr(message, field):
            filled.ClearField(field)
    if message.parts and event.flags & 1:  # cut behind the tap: the pieces need their number, and a name in common
        message.parts = 0
        message.message_id = filled.message_id
    assert filled == message, f"{message} became {filled}"
    assert event.length == len(content) and event.content == content[:4096], f"another content of {message}"


CHECKS = [wire_and_tap]
