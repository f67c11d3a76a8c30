"""Limits of the kernel on a few processes: memory, time on the processor, number of processes, standing still."""
import os
import pathlib
import time

from .verdicts import Skipped

ROOT = pathlib.Path("/sys/fs/cgroup")


class Group:
    """One control group of version 1, named after this process; close() lets everybody out and removes it."""

    numbers = iter(range(1_000_000))

    def __init__(self, stage, controller, **settings):
        self.path = ROOT / controller / f"baton-chaos-{os.getpid()}-{next(self.numbers)}"
        try:
            self.path.mkdir()
            for name, value in settings.items():
                self.set(f"{controller}.{name}", value)
        except OSError as error:
            raise Skipped(f"no {controller} cgroup can be made here: {error}") from error
        stage.callers.append(self)

    def set(self, name, value):
        (self.path / name).write_text(str(value))

    def read(self, name):
        return (self.path / name).read_text("ascii")

    def add(self, *pids):
        for pid in pids:
            (self.path / "cgroup.procs").write_text(str(pid))

    def prefix(self):
        """Starts a command inside."""
        return "sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"

    def close(self):
        for _ in range(50):
            try:
                for pid in self.read("cgroup.procs").split():
                    (ROOT / self.path.parent.name / "cgroup.procs").write_text(pid)
                self.path.rmdir()
                return
            except OSError:
                time.sleep(0.02)
