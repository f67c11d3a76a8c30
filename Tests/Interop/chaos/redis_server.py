"""A Redis that belongs to one scenario: started, stopped, killed and asked by it alone."""
import pathlib
import shutil
import signal
import subprocess
import time

from .resp import Client, RespError


class RedisServer:
    """One redis-server on a unix socket, set as `baton up` sets its own; its data outlives its process."""

    def __init__(self, stage, *options, fsync="everysec", folder=None, name="redis"):
        self.stage, self.options, self.fsync = stage, options, fsync
        self.folder = pathlib.Path(folder or stage.folder / name)
        self.folder.mkdir(exist_ok=True)
        self.socket, self.log = stage.folder / f"{name}.sock", stage.folder / f"{name}.log"
        self.process = None
        self.start()

    @property
    def url(self):
        return f"unix:{self.socket}"

    def start(self, patience=20, prefix=()):
        """Starts it and waits until it answers; with no patience until it has its socket."""
        command = [
            *prefix, "redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.folder, "--appendonly", "yes", "--appendfsync", self.fsync, "--save", "",
            "--maxmemory-policy", "noeviction", "--enable-debug-command", "local", *self.options]
        with open(self.log, "ab") as output:
            self.process = self.stage.start(list(map(str, command)), {"stdout": output, "stderr": output})
        deadline = time.monotonic() + (patience or 5)
        while not self.answers(loading=not patience):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"redis-server did not start: {self.log.read_text('utf-8', 'replace')[-400:]}")
            time.sleep(0.005)

    def answers(self, loading=False):
        try:
            return self.ask("PING") == b"PONG"
        except RespError as error:
            return loading and str(error).startswith("LOADING")
        except OSError:
            return False

    def client(self, seconds=10):
        return Client(self.socket, seconds)

    def ask(self, *words, seconds=10):
        with self.client(seconds) as client:
            return client.ask(*words)

    def figure(self, section, field):
        """A value of INFO, as text."""
        lines = self.ask("INFO", section).decode().splitlines()
        return next(line.split(":", 1)[1] for line in lines if line.startswith(f"{field}:"))

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def leave(self):
        """SHUTDOWN NOSAVE, and nothing is left of its data."""
        subprocess.run(["redis-cli", "-s", self.socket, "SHUTDOWN", "NOSAVE"], capture_output=True, check=False)
        self.process.wait(10)
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
