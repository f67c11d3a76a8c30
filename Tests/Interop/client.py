#!/usr/bin/env python3
"""A client in Python: asks agents and prints what comes back, one JSON object a line.

    client.py [--volatile] [--timeout SECONDS] [--cancel-after SECONDS] AGENT [JSON]
    client.py --notify [--id ID] AGENT [JSON]         in the background; its result: client.py --volatile baton
                                                      '{"question": "result", "id": "ID", "wait": true}'
    client.py --pipeline A,B,C [JSON]                 each one's result is the next one's input
    client.py --broadcast AGENT|'*' [JSON]            every instance, at most once, and nobody answers
    client.py --acknowledged AGENT|'*' [JSON]         every instance, and what each answers
    client.py --fan-out A,B,C [JSON]                  one instance of each agent, and what each answers
    client.py --watch ID [NUMBER]                     the events of a request from this number on (1), until it ends

Set BATON_BUS, BATON_NAME and, over TCP, BATON_SERVER_KEY and BATON_KEY; wire.py says what they are. The exit code is
0 for a RESPONSE (of a notification: ACCEPTED), 1 for an ERROR and 124 when no answer came in time.
"""
import argparse
import json
import os
import sys
import time

import zmq

from wire import Receiver, dealer, envelope, pb, send


def main():
    options = arguments()
    if options.pattern == "watch":
        with zmq.Context() as context:
            return watch(context, options)
    content = json.loads(sys.stdin.read() if options.content == "-" else options.content)
    with zmq.Context() as context:
        return call(context, options, content)


def arguments():
    parser = argparse.ArgumentParser(description="Asks agents and prints what comes back.")
    pattern = parser.add_mutually_exclusive_group()
    for name in ("notify", "pipeline", "broadcast", "acknowledged", "fan-out", "watch"):
        pattern.add_argument(f"--{name}", dest="pattern", action="store_const", const=name)
    parser.add_argument("--id", help="the same id is the same request")
    parser.add_argument("--volatile", action="store_true", help="fast, and lost with a process")
    parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS")
    parser.add_argument("--cancel-after", type=float, metavar="SECONDS")
    parser.add_argument("agent", help="an agent, or agent#instance")
    parser.add_argument("content", nargs="?", default="null", help="JSON, or - for standard input")
    return parser.parse_args()


def call(context, options, content):
    """The request may be sent again and again under its id, to any orchestrator: it is one request all the same.

    It is, when nothing is heard for 4 s, when a durable one is not ACCEPTED within 5 s, and when an orchestrator that
    can keep nothing just now says when to come back.
    """
    request = asked(options)
    # Whoever gathers answers has them at the deadline, and we a moment later.
    grace = 2 if options.pattern in ("acknowledged", "fan-out") else 0
    deadline = time.monotonic() + options.timeout + grace
    cancel_at = time.monotonic() + options.cancel_after if options.cancel_after is not None else deadline
    addresses = os.environ["BATON_BUS"].split(",")
    while time.monotonic() < deadline:
        with dealer(context, addresses[0]) as socket:
            request.ClearField("parts")
            send(socket, request, content)
            code = listen(socket, request, deadline, cancel_at)
        if code is not None:
            return code
        addresses = addresses[1:] + addresses[:1]  # another one may answer
    print(json.dumps({"message_type": "ERROR", "error": {"code": "deadline", "message": "no answer in time"}}))
    return 124


def asked(options):
    """The message of a pattern: which type it has, whom it is for, and which headers say the rest."""
    kinds = {None: "REQUEST", "notify": "NOTIFICATION", "pipeline": "PIPELINE"}
    request = envelope(
        kinds.get(options.pattern, "BROADCAST"), receiver=options.agent, budget_ms=int(options.timeout * 1000),
        delivery=pb.VOLATILE if options.volatile or options.pattern == "broadcast" else pb.DURABLE)
    if options.id:
        request.request_id = options.id
    if options.pattern == "pipeline":
        request.headers["pipeline"], request.receiver = options.agent, ""
    elif options.pattern == "fan-out":
        request.headers["agents"], request.receiver = options.agent, ""
    elif options.pattern == "acknowledged":
        request.headers["broadcast"] = "acknowledged"
    return request


def listen(socket, request, deadline, cancel_at):
    """Prints answers until the last one. None: the request is to be sent again."""
    receiver, heard, accepted = Receiver(), time.monotonic(), request.delivery != pb.DURABLE
    unkept = heard + 5
    while (now := time.monotonic()) < deadline and now - heard < 4 and (accepted or now < unkept):
        if now >= cancel_at:
            name = request.request_id or request.message_id
            send(socket, envelope("CANCEL", request_id=name, delivery=request.delivery))
            cancel_at = deadline
        if not socket.poll(min(1000, max(1, 1000 * (min(deadline, cancel_at) - now)))):
            if cancel_at == deadline or now < cancel_at - 1:
                send(socket, envelope("PING"))
            continue
        message, content = receiver.read(socket.recv_multipart())
        heard = time.monotonic()
        if message.type == pb.PING:
            send(socket, envelope("PONG", correlation_id=message.message_id))
        if request.message_id not in (message.correlation_id, message.request_id):
            continue
        if comes_back(request, message, accepted, deadline):
            time.sleep(max(100, message.error.retry_after_ms) / 1000)
            return None
        show(message, content)
        accepted = True
        if message.type == (pb.ACCEPTED if request.type == pb.NOTIFICATION else pb.RESPONSE):
            return 0
        if message.type in (pb.ERROR, pb.NACK):
            return 1
    return None


def comes_back(request, message, accepted, deadline):
    """Whether there is time to come back to one that can keep nothing now, or that gives up what it had accepted."""
    pause, error = message.error.retry_after_ms / 1000, message.error
    return (request.delivery == pb.DURABLE and message.type == pb.ERROR and error.code == "unavailable"
            and error.retryable and (pause > 0 or accepted) and pause < deadline - time.monotonic())


def watch(context, options):
    """Events are numbered without a gap: what is missing is asked for again, of any orchestrator, under the same id."""
    request = envelope("WATCH", request_id=options.agent, sequence=int(json.loads(options.content) or 1))
    deadline = time.monotonic() + options.timeout
    addresses = os.environ["BATON_BUS"].split(",")
    while time.monotonic() < deadline:
        with dealer(context, addresses[0]) as socket:
            send(socket, request)
            code = follow(socket, request, deadline)
        if code is not None:
            return code
        addresses = addresses[1:] + addresses[:1]
    return 124


def follow(socket, request, deadline):
    """Prints the events that come, each once. None: they are to be asked for again, from request.sequence on."""
    receiver, heard = Receiver(), time.monotonic()
    while (now := time.monotonic()) < deadline and now - heard < 4:
        if not socket.poll(min(1000, max(1, 1000 * (deadline - now)))):
            send(socket, envelope("PING"))
            continue
        message, content = receiver.read(socket.recv_multipart())
        heard = time.monotonic()
        if message.type == pb.PING:
            send(socket, envelope("PONG", correlation_id=message.message_id))
        if message.correlation_id != request.message_id:
            continue
        if message.type in (pb.ERROR, pb.NACK):
            if message.error.retryable:
                time.sleep(max(100, message.error.retry_after_ms) / 1000)
                return None
            show(message, content)
            return 1
        if message.type != pb.EVENT or message.sequence < request.sequence:
            continue
        if message.sequence > request.sequence:
            return None
        show(message, content)
        request.sequence += 1
        if content["kind"] in ("succeeded", "failed", "cancelled", "expired"):
            return 0
    return None


def show(message, content):
    """The JSON form of a message, as agent_message.proto describes it, without the fields nobody looks for here."""
    form = {"message_type": pb.Type.Name(message.type), "sender": message.sender, "content": content}
    if message.type == pb.ACCEPTED:
        form["request_id"] = message.request_id
    if message.sequence:
        form["sequence"] = message.sequence
    if message.HasField("error"):
        form["error"] = {"code": message.error.code, "message": message.error.message}
    if message.delivery == pb.VOLATILE:
        form["delivery"] = "volatile"
    print(json.dumps(form, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
