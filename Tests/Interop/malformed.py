"""Peers that no honest program would be. After each of them an honest client still gets its answer."""
import os
import socket as sockets
import struct
import time

import zmq

from cluster import messages
from wire import envelope, pb, send

TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(194)


def raw(cluster):
    host, port = cluster.bus.removeprefix("tcp://").rsplit(":", 1)
    return sockets.create_connection((host, int(port)), timeout=10)


def closed(connection, seconds):
    """Whether the other side closes within so many seconds; what it sends before is read and dropped."""
    deadline = time.monotonic() + seconds
    try:
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(4096):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        pass
    return False


def other_protocols(cluster):
    """B1 HTTP, TLS, SSH and random bytes at the port are dropped within the handshake's time"""
    openings = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", TLS_HELLO, b"SSH-2.0-OpenSSH_9.2\r\n", os.urandom(512),
                b"\xff" + bytes(8) + b"\x7f\x03", b"\0", bytes(4096)]
    connections = [raw(cluster) for _ in openings]
    for connection, opening in zip(connections, openings):
        connection.sendall(opening)
    for connection, opening in zip(connections, openings):
        assert closed(connection, 6), f"still open after {opening[:16]!r}"
        connection.close()


def idle_connects(cluster):
    """B2 a thousand connections that say nothing are closed after the handshake's time"""
    connections = [raw(cluster) for _ in range(1000)]
    honest(cluster)
    deadline = time.monotonic() + 8
    still = [connection for connection in connections if not closed(connection, max(0.01, deadline - time.monotonic()))]
    for connection in connections:
        connection.close()
    assert not still, f"{len(still)} connections were left open"


def without_curve(cluster):
    """B3 a peer without CURVE gets nothing at the encrypted port"""
    silent(cluster, "client.plain", BATON_SERVER_KEY="")


def unknown_key(cluster):
    """B4 a peer with a key that is not on the list gets nothing"""
    silent(cluster, "stranger")


def foreign_routing_id(cluster):
    """B5 a known key under the routing id of another gets nothing, and the other one keeps its place"""
    for name in ["worker", "worker.1", "clientele", "client"]:
        with cluster.peer("alice", BATON_NAME=name) as socket:
            send(socket, envelope("HELLO"), {"role": "client", "session": "s1"})
            send(socket, envelope("PING"))
            assert not list(messages(socket, 0.5)), f"alice was taken for {name}"


def odd_routing_ids(cluster):
    """B6 routing ids that are no names are refused, without a crash"""
    odd = [b"client." + b"x" * 248, b"client.\0", b"client.A", b"client. ", b"client.\xff", b"x" * 255, b"a\0b", b""]
    for name in [b"client.good"] + odd:
        socket = cluster.context.socket(zmq.DEALER)
        socket.linger = 0
        if name:  # without one the ROUTER makes an id that begins with NUL
            socket.routing_id = name
        socket.connect(cluster.socket)
        send(socket, envelope("PING"))
        answered = bool(socket.poll(300 if name in odd else 5000))
        assert answered == (name not in odd), f"{name!r} was {'' if answered else 'not '}answered"
        socket.close()


def frames(cluster):
    """B7 no frame, one, three and fifty frames are answered with ERROR(frames)"""
    ping = envelope("PING").SerializeToString()
    for parts in [[b""], [ping], [ping, b"", b""], [ping] + [b"x"] * 49, [b""] * 50]:
        refused(cluster, parts, "frames")


def versions_and_types(cluster):
    """B8 another version is answered with ERROR(version), an unknown type with NACK(unsupported)"""
    for version in [0, 2, 255, (1 << 32) - 1]:
        refused(cluster, [pb.Envelope(version=version, type=pb.PING).SerializeToString(), b""], "version")
    for kind in [b"\x10\x00", b"\x10\x07", b"\x10\xff\x01", b"\x10\xff\xff\x03"]:
        refused(cluster, [b"\x08\x01" + kind, b""], "unsupported", pb.NACK)


def headers(cluster):
    """B9 an envelope that is too long, cut off or no protobuf is answered with ERROR(header)"""
    whole = envelope("PING", tracestate="x" * 300).SerializeToString()
    for data in [whole[:-1], whole + b"\x80", bytes([0xFF] * 64), envelope("PING", tracestate="x" * 4097)
                 .SerializeToString(), b"{\"type\": \"PING\"}", b"GET / HTTP/1.1\r\n\r\n"]:
        refused(cluster, [data, b""], "header")


def large_contents(cluster):
    """B10 a content above the limit of a message is refused, one far above it costs the connection"""
    ping = envelope("PING").SerializeToString()
    refused(cluster, [ping, bytes(65537)], "too_large")
    for size in [200 << 10, 4 << 20]:
        with cluster.peer("client.large") as socket:
            socket.send_multipart([ping, bytes(size)])
            assert not [it for it, _ in messages(socket, 0.5) if it.type == pb.PONG]
    with raw(cluster) as connection:  # a ZMTP greeting, then a frame of 2^63-1 bytes announced
        connection.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32))
        connection.sendall(b"\x06" + struct.pack(">Q", (1 << 63) - 1))
        assert closed(connection, 6)


def wrong_direction(cluster):
    """B11 words that an orchestrator says are not taken from others"""
    for kind in ["TASK", "WELCOME", "RESPONSE", "ACCEPTED", "GO", "EVENT", "RESULT_ACK"]:
        data = envelope(kind, receiver="py-echo", dispatch=1).SerializeToString()
        refused(cluster, [data, b""], "unsupported", pb.NACK)


def odd_hellos(cluster):
    """B15 a HELLO with impossible figures or lists is refused, and its sender is not listed"""
    agent = {"name": "evil"}
    task = {"request": "r", "step": 1, "attempt": 1, "fence": "1", "dispatch": 1, "state": "running"}
    figures = [{"capacity": -1}, {"capacity": 0}, {"capacity": 10 ** 9}, {"capacity": 2 ** 64}, {"capacity": "1"},
               {"agents": []}, {"agents": [{"name": "*"}]}, {"agents": [agent] * 2000}, {"session": ""},
               {"session": "../x"}, {"role": "king"}, {"instance": "a#b"}]
    hello = {"role": "worker", "session": "s1", "capacity": 1, "agents": [agent]}
    for figure in figures:
        with cluster.peer("worker.odd") as socket:
            send(socket, envelope("HELLO"), hello | figure)
            answers = [message.type for message, _ in answered(socket)]
            assert pb.ERROR in answers and pb.WELCOME not in answers, f"{str(figure)[:60]}: {answers}"
    assert cluster.ask("evil", None).type == pb.ERROR
    with cluster.peer("worker.odd") as socket:  # as long a list as fits: all of it is aborted, and nobody waits for it
        send(socket, envelope("HELLO"), hello | {"inflight": [task | {"dispatch": it} for it in range(8000)]})
        welcome = next(content for message, content in answered(socket) if message.type == pb.WELCOME)
        assert {item["verdict"] for item in welcome["inflight"]} == {"abort"}
        send(socket, envelope("BYE"))


def answered(socket):
    """All that is said to what was sent so far: the answer to a PING behind it is the end of it."""
    send(socket, envelope("PING"))
    for message, content in messages(socket, 60):
        if message.type == pb.PONG:
            return
        yield message, content
    raise RuntimeError("a PING was not answered within a minute")


def silent(cluster, name, **options):
    with cluster.peer(name, **options) as socket:
        send(socket, envelope("PING"))
        assert not list(messages(socket, 1)), f"{name} was answered"


def refused(cluster, parts, code, kind=pb.ERROR):
    with cluster.peer("client.odd") as socket:
        socket.send_multipart(parts)
        for message, _ in messages(socket, 5):
            assert message.type == kind, f"{pb.Type.Name(message.type)} came for {code}"
            assert message.error.code == code, f"{message.error.code} came for {code}: {parts[0][:40]!r}"
            return
    raise AssertionError(f"no answer to {parts[0][:40]!r}, {len(parts)} frames")


def honest(cluster):
    """What must hold after every check."""
    assert cluster.batond.poll() is None, f"batond ended with {cluster.batond.returncode}"
    answer = cluster.ask("py-echo", {"still": "there"})
    assert answer.type == pb.RESPONSE, f"an honest client got {answer.error.code}: {answer.error.message}"


CHECKS = [other_protocols, idle_connects, without_curve, unknown_key, foreign_routing_id, odd_routing_ids, frames,
          versions_and_types, headers, large_contents, wrong_direction, odd_hellos]
