"""A cluster that `baton up` runs in a folder of its own, for as long as somebody looks at it."""
import json
import pathlib
import shutil
import subprocess
import tempfile

from .resp import Client

ORCHESTRATORS, WORKERS, CAPACITY = 3, 4, 16
SYSTEM = """workers:
  - name: work
    command: [baton-toolbox]
    count: {count}
    agents: [work]
    capacity: {capacity}
    environment: {{BATON_BOOK: {book}}}
"""


class Cluster:
    """Whatever `baton up` started in a private folder, found again in its own file each time."""

    def __init__(self, products):
        self.products = products
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-demo-"))
        self.book = self.folder / "executions"

    def baton(self, *words, check=True):
        return subprocess.run(
            [str(self.products / "baton"), *words, "-C", str(self.folder)], check=check, capture_output=True,
            text=True, start_new_session=True)

    def start(self):
        text = SYSTEM.format(count=WORKERS, capacity=CAPACITY, book=self.book)
        (self.folder / "baton.yaml").write_text(text)
        try:
            self.baton("up", "-n", str(ORCHESTRATORS), "--detach")
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"ops/demo: the cluster did not start\n{error.stderr.strip()}") from error

    def stop(self):
        self.baton("down", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def state(self):
        return json.loads((self.folder / ".baton" / "cluster.json").read_text("utf-8"))

    def processes(self, kind):
        """Name → process id of those that run."""
        return {one["name"]: one["pid"] for one in self.state()[kind] if is_running(one["pid"])}

    def redis(self):
        return Client(self.state()["store"]["url"].removeprefix("unix:"))


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
