"""A network of its own for some processes, with nothing but a loopback that drops, delays or cuts packets."""
import itertools
import os
import shutil
import subprocess

from .verdicts import Skipped


class Namespace:
    """Unix sockets lead into it and out of it as if it were not there."""

    numbers = itertools.count()

    def __init__(self, stage):
        for program in ("ip", "iptables", "tc"):
            if not shutil.which(program):
                raise Skipped(f"there is no {program}")
        self.name = f"baton-{os.getpid()}-{next(self.numbers)}"
        self.tell("ip", "netns", "add", self.name)
        stage.callers.append(self)
        self.inside("ip", "link", "set", "lo", "up")

    @property
    def prefix(self):
        return "ip", "netns", "exec", self.name

    def inside(self, *command):
        self.tell(*self.prefix, *command)

    @staticmethod
    def tell(*command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skipped(f"{' '.join(map(str, command))}: {done.stderr.strip()[:160]}")

    def drop(self, share=None, **match):
        """Packets are lost: a share of all, or those that match, `sport=7400` for instance."""
        rule = ["-A", "INPUT", "-p", "tcp"]
        for name, value in match.items():
            rule += [f"--{name}", value]
        if share:
            rule += ["-m", "statistic", "--mode", "random", "--probability", share]
        self.inside("iptables", *rule, "-j", "DROP")

    def heal(self):
        self.inside("iptables", "-F")

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)
