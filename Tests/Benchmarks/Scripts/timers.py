#!/usr/bin/env python3
"""What a waiting timer costs batond, and how late it fires: so many runs that wait, next to as many that listen.

    timers.py FOLDER_OF_BATOND [COUNT] [--json]

Both kinds of run have the same input and one open task; one that waits has a timer besides. Due times lie
20 s wide. Needs the Python of ops/test (pyzmq, protobuf) and PYTHONPATH=Tests/Interop.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import zmq

from chaos.caller import Caller

CLIENTS, SPREAD, HEAD = 10, 20, 10
FLOWS = {
    "waits": "do:\n  - rest: {wait: '${ .for }'}\n  - end: {set: {late: 0}}\n",
    "hears": "do:\n  - hear: {listen: {to: {one: {with: {type: never}}}}}\n",
}


class Batond:
    def __init__(self, folder, products):
        self.folder = pathlib.Path(folder)
        (self.folder / "flows").mkdir()
        for name, text in FLOWS.items():
            head = f"document: {{dsl: 1.0.3, namespace: default, name: {name}, version: 1.0.0}}\n"
            (self.folder / "flows" / f"{name}.yaml").write_text(head + text)
        (self.folder / "baton.yaml").write_text("limits: {in_flight: 1000000, waiting: 1000000}\n")
        self.socket = self.folder / "o.sock"
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [pathlib.Path(products) / "batond", "--name", "o1", "--listen", "tcp://127.0.0.1:0",
                 "--socket", self.socket, "--config", self.folder / "baton.yaml",
                 "--workflows", self.folder / "flows", "--store", "memory"],
                stdout=log, stderr=log)
        until = time.monotonic() + 10
        while not self.socket.exists() and time.monotonic() < until:
            time.sleep(0.05)

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def close(self):
        self.process.kill()
        self.process.wait()


def played(products, name, count):
    """So many runs of one kind: bytes a run, and of those that end how late each did."""
    with tempfile.TemporaryDirectory(prefix="baton-timers-") as folder, zmq.Context() as context:
        batond = Batond(folder, products)
        callers = [Caller(context, f"ipc://{batond.socket}", name=f"c{number}") for number in range(CLIENTS)]
        time.sleep(1)
        for caller in callers:
            caller.submit("workflow/hears", {}, durable=False, budget_ms=3_600_000)
        before = batond.resident()
        # All are asked for before the first is due.
        first = time.monotonic() + HEAD + count / 2500
        due = {}
        for number in range(count):
            caller, moment = callers[number % CLIENTS], first + SPREAD * number / count
            left = max(1, round(1000 * (moment - time.monotonic())))
            content = {"for": f"PT{left / 1000:.3f}S"}
            due[caller.submit(f"workflow/{name}", content, durable=False, budget_ms=3_600_000)] = (
                time.monotonic() + left / 1000)
            if number % 200 == 0:
                for one in callers:
                    one.pump(0)
        for one in callers:
            one.pump(0.2)
        asked = time.monotonic()
        bytes_each = round((batond.resident() - before) / count)
        result = {"runs": count, "bytes": bytes_each, "spare_s": round(first - asked, 1)}
        if name == "waits":
            used = batond.seconds()
            while time.monotonic() < first + SPREAD + 5 and any(one.open > 1 for one in callers):
                for one in callers:
                    one.pump(0.001)
            ends = [(entry.ends[0][3] - due[request], entry.code) for one in callers
                    for request, entry in one.book.items() if request in due and entry.ends]
            late = sorted(1000 * seconds for seconds, _ in ends)
            result |= {
                "ended": len(ends), "failed": sum(code != "" for _, code in ends),
                "late_ms": {name: round(late[int((len(late) - 1) * part)], 1)
                            for name, part in (("median", 0.5), ("p99", 0.99), ("worst", 1))},
                "cpu_us_each": round(1e6 * (batond.seconds() - used) / max(1, len(ends)), 1)}
        batond.close()
        return result


def main():
    products, count = sys.argv[1], int(next((word for word in sys.argv[2:] if word.isdigit()), "100000"))
    rows = {name: played(products, name, count) for name in ("hears", "waits")}
    rows["bytes_a_timer"] = rows["waits"]["bytes"] - rows["hears"]["bytes"]
    print(json.dumps(rows) if "--json" in sys.argv else json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
