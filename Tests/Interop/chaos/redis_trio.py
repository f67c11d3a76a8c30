"""A master with two replicas and three Sentinels that belong to one scenario, as the profile ha wants them."""
import signal
import socket
import time

from .redis_server import RedisServer
from .resp import Client, RespError

NAME, SIZE, SILENCE_MS = "trio", 3, 500


class Node(RedisServer):
    """One of the three; it may live in a network namespace."""

    def __init__(self, stage, number, host, port, prefix=()):
        self.host, self.port, self.prefix = host, port, prefix
        super().__init__(
            stage, "--port", port, "--bind", host, "--protected-mode", "no", "--min-replicas-to-write", 1,
            "--min-replicas-max-lag", 5, "--repl-diskless-sync-delay", 0, name=f"redis-{number}")

    def start(self, patience=20, prefix=()):
        super().start(patience, prefix or self.prefix)

    def follow(self, other):
        self.ask("REPLICAOF", other.host, other.port)

    @property
    def is_master(self):
        try:
            return self.process.poll() is None and self.ask("ROLE", seconds=2)[0] == b"master"
        except (OSError, RespError):
            return False


class Sentinel:
    """One that watches the first node at first; its file is its own from then on."""

    def __init__(self, stage, number, host, port, master, prefix=()):
        self.stage, self.host, self.port, self.prefix = stage, host, port, prefix
        self.folder = stage.folder / f"sentinel-{number}"
        self.folder.mkdir()
        self.socket, self.file = self.folder / "s.sock", self.folder / "sentinel.conf"
        self.file.write_text(
            f"port {port}\nbind {host}\nprotected-mode no\nunixsocket {self.socket}\ndir {self.folder}\n"
            f"sentinel monitor {NAME} {master.host} {master.port} 2\n"
            f"sentinel down-after-milliseconds {NAME} {SILENCE_MS}\nsentinel failover-timeout {NAME} 2000\n")
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as output:
            self.process = self.stage.start(
                [*map(str, self.prefix), "redis-server", str(self.file), "--sentinel"],
                {"stdout": output, "stderr": output})

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def facts(self):
        with Client(self.socket, 2) as client:
            words = [word.decode() for word in client.ask("SENTINEL", "MASTER", NAME)]
        return dict(zip(words[::2], words[1::2]))

    @property
    def is_whole(self):
        try:
            facts = self.facts()
        except (OSError, RespError):
            return False
        return (facts["flags"], facts["num-slaves"], facts["num-other-sentinels"]) == ("master", "2", "2")


class RedisTrio:
    """Stands for one Redis in a scene: its url are the Sentinels, its client is one of the master."""

    def __init__(self, stage, places=None):
        self.stage = stage
        places = places or [("127.0.0.1", ())] * SIZE
        ports = free_ports(2 * SIZE)
        self.nodes = [Node(stage, number, host, ports[number], prefix)
                      for number, (host, prefix) in enumerate(places)]
        for node in self.nodes[1:]:
            node.follow(self.nodes[0])
        self.sentinels = [Sentinel(stage, number, host, ports[SIZE + number], self.nodes[0], prefix)
                          for number, (host, prefix) in enumerate(places)]
        self.await_whole()

    @property
    def url(self):
        return f"sentinel://{','.join(f'{one.host}:{one.port}' for one in self.sentinels)}/{NAME}"

    @property
    def masters(self):
        return [node for node in self.nodes if node.is_master]

    def client(self, seconds=10):
        return self.masters[0].client(seconds)

    def await_whole(self, seconds=20):
        """Until one master has two replicas, and every Sentinel knows all of them."""
        deadline = time.monotonic() + seconds
        while not self.is_whole:
            if time.monotonic() > deadline:
                raise RuntimeError(f"a master with its replicas does not come up within {seconds} s")
            time.sleep(0.05)

    @property
    def is_whole(self):
        masters = self.masters
        return (len(masters) == 1 and masters[0].figure("replication", "min_slaves_good_slaves") == "2"
                and all(sentinel.is_whole for sentinel in self.sentinels))


def free_ports(count):
    """Ports that nobody has just now; in a namespace of their own all are."""
    with_ports = [socket.socket() for _ in range(count)]
    for one in with_ports:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in with_ports]
    for one in with_ports:
        one.close()
    return ports
