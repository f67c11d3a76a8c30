"""The tap as a program in Python sees it: the tracer, a listener that is too slow, keys, and what proto/tap.md says."""
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import struct
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from cluster import HERE, PRODUCTS, Cluster
from skip import Skip
from wire import envelope, pb, protect, send, subscriber

# What is said about a connection and not about a request.
OF_CONNECTIONS = {pb.HELLO, pb.WELCOME, pb.READY, pb.PING, pb.PONG, pb.DRAIN, pb.BYE, pb.TALLY}
Event = collections.namedtuple("Event", "topic number at length flags message content")
LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (\d+) ([A-Z_]+) (\S*) (-> \S*|\S* ->) (.*)")
Line = collections.namedtuple("Line", "number type request route text")


def read(socket):
    topic, mark, head, content = socket.recv_multipart()
    return Event(topic.decode(), *struct.unpack(">QQII", mark), pb.Envelope.FromString(head), content)


def events(socket, quiet=0.5):
    """What the tap brings until nothing comes for a while; signs of life come always and do not count."""
    heard, last = [], time.monotonic()
    while (left := last + quiet - time.monotonic()) > 0:
        if not socket.poll(left * 1000):
            break
        event = read(socket)
        heard.append(event)
        if event.message.type not in (pb.PING, pb.PONG, pb.TALLY):
            last = time.monotonic()
    return [event for event in heard if event.message.type != pb.TALLY]


@contextlib.contextmanager
def ear(cluster, *topics, key="operator"):
    """A SUB socket of ours at the tap, whose subscriptions have arrived."""
    unheard(cluster, *topics)
    socket = subscriber(cluster.context, cluster.tap, topics, os.environ | cluster.environment(key))
    try:
        published(cluster, *topics)
        yield socket
    finally:
        socket.close(linger=0)


def published(cluster, *topics, seconds=10):
    """Waits for a tally that knows all these topics; what it says was published under each."""
    return tallied(cluster, lambda counts: all(topic in counts for topic in topics), f"{topics} is there", seconds)


def unheard(cluster, *topics, seconds=10):
    """Waits until nobody listens to these topics: the listener of the check before may still be leaving."""
    tallied(cluster, lambda counts: not any(topic in counts for topic in topics), f"{topics} is gone", seconds)


def tallied(cluster, is_meant, what, seconds):
    settings = os.environ | cluster.environment("operator")
    with subscriber(cluster.context, cluster.tap, ["n/"], settings) as socket:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and socket.poll(left * 1000):
            tally = json.loads(read(socket).content)
            counts = {entry["topic"]: entry["published"] for entry in tally["subscriptions"]}
            if is_meant(counts):
                return counts
    raise AssertionError(f"no tally has said within {seconds} s that {what}")


@contextlib.contextmanager
def tracer(cluster, *topics, address=None):
    """tracer.py at work; lines() reads what it has printed so far."""
    unheard(cluster, *topics)
    label = f"tracer-{len(cluster.processes)}"
    environment = cluster.environment("operator") | ({"BATON_TAP": address} if address else {})
    process = cluster.spawn(label, sys.executable, HERE / "tracer.py", *topics, environment=environment)
    try:
        published(cluster, *topics)
        process.lines = lambda: cluster.log(label).splitlines()
        yield process
        assert process.poll() is None, f"the tracer ended: {cluster.log(label)[-500:]}"
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def printed(process, is_enough, seconds=10):
    """The lines of events once they are enough; each must be of the form the tracer promises."""
    deadline = time.monotonic() + seconds
    while True:
        lines = [LINE.fullmatch(line) for line in process.lines() if not line.startswith("lost ")]
        assert None not in lines[:-1], process.lines()
        lines = [Line(int(line[1]), *line.groups()[1:]) for line in lines if line]
        if is_enough(lines):
            return lines
        assert time.monotonic() < deadline, f"the tracer printed only {process.lines()[-20:]}"
        time.sleep(0.02)


def route(lines, request):
    """What the lines say of one request, without its answers' echoes, whose order nothing fixes."""
    echoes = ("ACCEPTED", "ACCEPT", "RESULT_ACK")
    return [(line.type, line.route, line.text) for line in lines if line.request == request and line.type not in echoes]


def tracing_all(cluster):
    """The tracer prints each message of a call and of a pipeline, from whom or to whom, and numbers without a gap"""
    with tracer(cluster, "e/") as process:
        for option, id in [("--volatile", "tr-1"), (None, "tr-2")]:
            code, lines = cluster.client(*filter(None, [option]), "--id", id, "py-echo", '"hi"')
            assert code == 0, lines
        code, lines = cluster.client(
            "--volatile", "--id", "tr-3", "--pipeline", "py-echo,py-count,py-note", '{"to": 1}')
        assert code == 0, lines
        lines = printed(process, lambda lines: any(
            line.request == "tr-3" and line.type == "RESPONSE" for line in lines))
        assert not [line for line in process.lines() if line.startswith("lost")], process.lines()
    numbers = [line.number for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(lines))), numbers
    worker = "py-echo#python"
    for id in ["tr-1", "tr-2"]:
        assert route(lines, id) == [
            ("REQUEST", "client.py ->", '"hi"'), ("TASK", f"-> {worker}", '"hi"'),
            ("RESULT", f"{worker} ->", '"hi"'), ("RESPONSE", "-> client.py", '"hi"')], route(lines, id)
    kinds = {line.type for line in lines if line.request == "tr-2"}
    assert kinds >= {"ACCEPTED", "ACCEPT", "RESULT_ACK"}, kinds
    steps = route(lines, "tr-3")
    kinds = [kind for kind, _, _ in steps if kind != "PARTIAL"]
    assert kinds == ["PIPELINE"] + ["TASK", "RESULT"] * 3 + ["RESPONSE"], steps
    tasks = [(way, text) for kind, way, text in steps if kind == "TASK"]
    assert tasks == [("-> py-echo#python", '{"to": 1}'), ("-> py-count#python", '{"to": 1}'),
                     ("-> py-note#python", '{"counted": 1}')], steps


def tracing_some(cluster):
    """The tracer of a request or of an agent prints what belongs to it and nothing else"""
    with tracer(cluster, "r/some-1") as one, tracer(cluster, "a/py-count") as agent:
        for id, name in [("other-1", "py-echo"), ("some-1", "py-echo"), ("some-2", "py-count"), ("other-2", "py-echo")]:
            code, lines = cluster.client("--volatile", "--id", id, name, '{"to": 1}')
            assert code == 0, lines
        chosen = printed(one, lambda lines: any(line.type == "RESPONSE" for line in lines))
        counted = printed(agent, lambda lines: any(line.type == "RESPONSE" for line in lines))
        code, lines = cluster.client("--volatile", "--pipeline", "py-echo,py-count", '{"to": 1}')
        assert code == 0, lines
        later = printed(agent, lambda lines: [line.type for line in lines].count("RESULT") == 2)
    assert [line.type for line in chosen] == ["REQUEST", "TASK", "RESULT", "RESPONSE"], chosen
    assert {line.request for line in chosen} == {"some-1"}, chosen
    assert [line.type for line in counted if line.type != "PARTIAL"] == [
        "REQUEST", "TASK", "RESULT", "RESPONSE"], counted
    assert {line.request for line in counted} == {"some-2"}, counted
    works = [line.route for line in later[len(counted):] if line.type in ("TASK", "RESULT")]
    assert works == ["-> py-count#python", "py-count#python ->"], later


def too_slow(cluster):
    """A listener that is stopped under load loses events and says how many; every call succeeds all the same"""
    if not (cluster.has("baton") and cluster.has("baton-toolbox")):
        raise Skip("there is no baton or no baton-toolbox")
    toolbox = cluster.spawn(
        "toolbox-load", cluster.binaries / "baton-toolbox", "--agents", "echo",
        environment=cluster.environment("worker.load"))
    try:
        cluster.wait_for("echo")
        with tracer(cluster, "e/", address=cluster.tap_socket) as process:
            process.send_signal(signal.SIGSTOP)
            # 4 events a call, of which 10,000 wait in the orchestrator and few on the way: 14,000 are too many.
            code, out, err = cluster.program(
                "baton", "bench", "--calls", "3500", "--bytes", "1024", "--json", limit=60)
            assert code == 0 and json.loads(out)["n"] == 3500, f"{code}: {out}{err}"
            assert json.loads(out)["errors"] == json.loads(out)["strays"] == 0, out
            process.send_signal(signal.SIGCONT)
            lost = losses(process)
            code, lines = cluster.client("--volatile", "--id", "after-1", "py-echo", "1")
            assert code == 0, lines
            lines = printed(process, lambda lines: any(
                line.request == "after-1" and line.type == "RESPONSE" for line in lines))
            missing = lines[-1].number - lines[0].number + 1 - len(lines)
            lost = losses(process)
    finally:
        cluster.stop(toolbox)
    assert lost == missing > 0, f"it says that {lost} were lost, and {missing} numbers are missing"


def losses(process, seconds=15):
    """What the tracer says it has lost, once it has said so."""
    deadline = time.monotonic() + seconds
    while True:
        told = [line for line in process.lines() if line.startswith("lost ")]
        if told:
            return int(re.fullmatch(r"lost (\d+) so far: too slow", told[-1])[1])
        assert time.monotonic() < deadline, f"nothing lost among {len(process.lines())} lines"
        time.sleep(0.05)


def filled_in(cluster):
    """Google's protobuf reads each event; sender, receiver and request are filled in, and a request has one trace"""
    calls = [["--volatile", "py-echo", "1"], ["py-echo", "1"], ["py-count", '{"to": 3}'], ["py-count", '{"from": 1}'],
             ["--notify", "py-echo", "1"], ["--pipeline", "py-echo,py-count", '{"to": 1}'],
             ["--acknowledged", "py-echo", "1"], ["--fan-out", "py-echo,py-note", "1"], ["py-ecco", "1"]]
    with ear(cluster, "e/") as socket:
        for number, call in enumerate(calls):
            cluster.client("--id", f"fill-{number}", *call)
        text = json.dumps("y" * 9_000)
        cluster.client("--id", "fill-cut", "--volatile", "py-echo", text)
        with cluster.peer("client.traced") as traced:
            send(traced, envelope("REQUEST", request_id="fill-traced", receiver="py-echo", traceparent=TRACED), 1)
            assert traced.poll(10_000), "no answer"
        heard = events(socket)
    traces = collections.defaultdict(set)
    for event in heard:
        name = pb.Type.Name(event.message.type)
        assert event.topic == f"e/{name}", event
        assert event.message.version == 1 and event.message.sender, event
        assert event.message.receiver or is_farewell(event), event
        assert abs(event.at / 1e9 - time.time()) < 60, event
        assert len(event.content) == min(event.length, 4096) and bool(event.flags & 2) == (event.length > 4096), event
        assert event.message.receiver == "o1" or event.flags & 1 or name in ASKING, event
        if event.message.type in OF_CONNECTIONS or is_farewell(event):
            continue
        assert event.message.request_id, event
        # What is refused, or asked of the orchestrator itself, is no request with a trace.
        if event.message.request_id == "fill-8" or "baton" in (event.message.receiver, event.message.sender):
            continue
        parts = event.message.traceparent.split("-")
        assert [len(part) for part in parts] == [2, 32, 16, 2], f"{name} has traceparent {event.message.traceparent!r}"
        traces[event.message.request_id].add(parts[1])
    asked = {f"fill-{number}" for number in range(len(calls) - 1)} | {"fill-cut"}
    assert asked <= set(traces), asked - set(traces)
    assert all(len(trace) == 1 for trace in traces.values()), traces
    assert traces["fill-traced"] == {TRACED.split("-")[1]}, traces["fill-traced"]
    assert [event.message.traceparent for event in heard if event.message.request_id == "fill-traced"][0] == TRACED
    cut = [event for event in heard if event.flags & 2]
    assert {event.message.request_id for event in cut} == {"fill-cut"} and len(cut) == 4, cut
    assert all(event.length == len(text) and text.encode().startswith(event.content) for event in cut), cut
    works = {event.message.receiver for event in heard if event.message.type == pb.TASK}
    assert works == {"py-echo#python", "py-count#python", "py-note#python"}, works


TRACED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def is_farewell(event):
    """Whether it is said to one who was given up, and is on the tap without a name any more."""
    return event.flags & 1 and event.message.error.code == "hello" and not event.message.receiver


ASKING = ("REQUEST", "NOTIFICATION", "PIPELINE", "BROADCAST", "CANCEL")


def idle():
    """An orchestrator with nothing to do tells whoever listens once a second what it has published"""
    if not (PRODUCTS / "batond").exists():
        raise Skip(f"there is no batond in {PRODUCTS}")
    cluster = Cluster(PRODUCTS, encrypted=False)
    try:
        cluster.start()
        with subscriber(cluster.context, cluster.tap, ["n/"], {}) as socket:
            for number in range(3):
                assert socket.poll(10_000), f"only {number} tallies came"
                assert json.loads(read(socket).content)["orchestrator"] == "o1"
    finally:
        cluster.close()
    shutil.rmtree(cluster.folder)


def foreign_keys(cluster):
    """Over CURVE only an operator's key is let in to the tap: a worker's, a client's and a stranger's are refused"""
    sockets = {key: knock(cluster, key) for key in ["worker", "client", "stranger", "operator"]}
    try:
        told = {}
        for key, (_, monitor) in sockets.items():
            assert monitor.poll(10_000), f"no handshake of {key} within 10 s"
            told[key] = zmq.Event(recv_monitor_message(monitor)["event"])
        assert told.pop("operator") == zmq.EVENT_HANDSHAKE_SUCCEEDED, told
        assert set(told.values()) == {zmq.EVENT_HANDSHAKE_FAILED_AUTH}, told
        published(cluster, "")
        code, lines = cluster.client("--volatile", "--id", "keys-1", "py-echo", "1")
        assert code == 0, lines
        heard = events(sockets["operator"][0])
        assert [event.message.type for event in heard if event.message.request_id == "keys-1"
                and event.topic.startswith("e/")] == [
            pb.REQUEST, pb.TASK, pb.RESULT, pb.RESPONSE], heard
        for key in told:
            assert not sockets[key][0].poll(0), f"something arrived with the key of {key}"
    finally:
        for socket, _ in sockets.values():
            socket.disable_monitor()
            socket.close(linger=0)


def knock(cluster, key):
    """A SUB socket for everything with this key, and the socket that tells what becomes of its handshake."""
    socket = cluster.context.socket(zmq.SUB)
    ends = [zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL]
    monitor = socket.get_monitor_socket(sum(ends))
    protect(socket, cluster.tap, os.environ | cluster.environment(key))
    socket.subscribe("")
    socket.connect(cluster.tap)
    return socket, monitor


def recorded(cluster):
    """A pipeline's recording replays as it was; another answer shows the first step that differs; damage is told"""
    if not cluster.has("baton"):
        raise Skip("there is no baton")
    file = cluster.folder / "pipeline.tap"
    with recording(cluster, file):
        code, lines = cluster.client("--id", "rec-1", "--pipeline", "py-echo,py-count,py-echo", '{"to": 2}')
        assert code == 0, lines
    code, out, err = cluster.program("baton", "replay", str(file))
    assert code == 0 and "The same as recorded in 3 steps" in out, f"{code}: {out}{err}"
    code, out, err = cluster.program("baton", "replay", str(file), "--set", '1={"to": 3}')
    assert code == 1 and "of step 2" in out and not err, f"{code}: {out}{err}"
    told = {}
    sound = file.read_bytes()
    assert sound.startswith(b"baton-recording 1\n") and file.stat().st_mode & 0o077 == 0, oct(file.stat().st_mode)
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 0xff
    for name, data in [("flipped", flipped), ("cut", sound[:len(sound) * 2 // 3]), ("other", b"not a recording\n")]:
        damaged = cluster.folder / f"{name}.tap"
        damaged.write_bytes(data)
        code, out, err = cluster.program("baton", "replay", str(damaged))
        assert code in (0, 1, 66) and str(damaged) in err, f"{name}: {code} {out}{err}"
        told[name] = (code, err)
    assert "It is damaged" in told["flipped"][1], told
    assert told["cut"][0] == 66 and "It was not closed" in told["cut"][1] and "cut off" in told["cut"][1], told
    assert told["other"][0] == 66 and "is no recording" in told["other"][1], told


@contextlib.contextmanager
def recording(cluster, file):
    """`baton tap --record FILE` at work, and closed behind it."""
    unheard(cluster, "e/")
    process = cluster.spawn(
        f"record-{file.stem}", cluster.binaries / "baton", "tap", "--record", file,
        environment=cluster.environment("operator.record"))
    try:
        published(cluster, "e/")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
    assert code == 0, f"the recording ended with {code}: {cluster.log(f'record-{file.stem}')[-500:]}"


ALONE = [idle]
CHECKS = [filled_in, tracing_all, tracing_some, too_slow, foreign_keys, recorded]
