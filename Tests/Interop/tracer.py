"""Watches a bus: prints a line for each message of the topics named, and says what it lost. See proto/tap.md.

    BATON_TAP=tcp://127.0.0.1:7402 BATON_NAME=operator … tracer.py [e/ | r/REQUEST | a/AGENT | s/SESSION]...
"""
import json
import os
import struct
import sys
import time

import zmq

from wire import pb, subscriber

topics = sys.argv[1:] or ["e/"]
tap = subscriber(zmq.Context.instance(), os.environ["BATON_TAP"], topics + ["n/"])
seen, base, told = 0, None, 0
while True:
    topic, mark, envelope, content = tap.recv_multipart()
    number, at, length, flags = struct.unpack(">QQII", mark)
    message = pb.Envelope.FromString(envelope)
    if topic == b"n/":
        counts = {entry["topic"]: entry["published"] for entry in json.loads(content)["subscriptions"]}
        published = sum(counts.get(name, 0) for name in topics)
        base = published - seen if base is None else base
        if published - seen - base > told:
            told = published - seen - base
            print(f"lost {told} so far: too slow", flush=True)
        continue
    seen += 1
    clock = time.strftime("%H:%M:%S", time.gmtime(at // 10**9)) + f".{at // 10**6 % 1000:03d}"
    route = f"-> {message.receiver}" if flags & 1 else f"{message.sender} ->"
    text = content[:60].decode(errors="replace") + ("…" if length > 60 else "")
    print(clock, number, pb.Type.Name(message.type), message.request_id, route, text, flush=True)
