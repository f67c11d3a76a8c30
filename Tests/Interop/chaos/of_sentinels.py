"""The profile ha: a master that dies or is cut off, replicas and Sentinels that go. What was acknowledged stays."""
import os
import shutil
import subprocess
import time

from . import books, redis_book
from .catalog import scenario
from .redis_trio import RedisTrio
from .scene import DRAIN, WARM, Scene
from .stage import Failed, Skipped, check

BACK = 5  # seconds without an end at most, of which Sentinels take one to agree


def scene_of(stage, **options):
    return Scene(stage, redis=RedisTrio(stage), profile="ha", **options)


def whole(scene):
    """Loads on until all nodes are one group again."""
    check(scene.run(30, until=lambda: scene.redis.is_whole), "the master and its replicas are not whole after 30 s")


def one_master(trio, *, other_than=None):
    check(len(trio.masters) == 1, f"{len(trio.masters)} of the nodes call themselves a master")
    check(trio.masters[0] is not other_than, "the master of before is the master still")


@scenario("F29-master-killed", "SIGKILL of the master: a replica takes its place, nothing acknowledged is lost")
def master_killed(stage):
    return failover(stage, instances=1)


@scenario("F29-master-killed-3", "the same with three orchestrators on the store, of which one has the load")
def master_killed_three(stage):
    return failover(stage, instances=3)


def failover(stage, instances):
    scene = scene_of(stage)
    for number in range(2, instances + 1):
        stage.orchestrator(*scene.arguments, "--name", f"o{number}", store=scene.url)
    scene.warm()
    first = scene.redis.nodes[0]
    first.kill()
    back = scene.back(time.monotonic(), None)
    one_master(scene.redis, other_than=first)
    pause = scene.load.longest_pause()
    check(pause <= BACK, f"nothing ended for {pause:.2f} s")
    first.start()
    whole(scene)
    one_master(scene.redis, other_than=first)
    scene.run(WARM)
    return scene.finish(instances=instances, rate_before=round(scene.before), back_s=back)


@scenario("F31-replicas-killed", "both replicas gone for 6 s: new work is refused, reads go on, then all is back")
def replicas_killed(stage):
    scene = scene_of(stage)
    scene.warm()
    master, *replicas = scene.redis.nodes
    for replica in replicas:
        replica.kill()
    scene.run(1)
    ended = len(scene.load.ended)
    scene.run(5)
    check(len(scene.load.ended) == ended, f"{len(scene.load.ended) - ended} requests ended without any replica")
    check(scene.load.refusals(), "nothing was refused although nothing could be kept")
    scene.load.ask("stats")
    for replica in replicas:
        replica.start()
        replica.follow(master)
    back = scene.back(time.monotonic(), None)
    whole(scene)
    one_master(scene.redis)
    return scene.finish(back_s=back)


@scenario("F32-sentinels-gone", "no Sentinel is left, then the master dies: refused, and nobody takes its place")
def sentinels_gone(stage):
    scene = scene_of(stage)
    scene.warm()
    for sentinel in scene.redis.sentinels:
        sentinel.kill()
    scene.run(2)
    check(not scene.load.refusals(), "requests were refused although the master was well")
    first = scene.redis.nodes[0]
    first.kill()
    scene.run(5)
    check(scene.load.refusals(), "nothing was refused although there was no master")
    check(not scene.redis.masters, "a replica was made the master by nobody")
    for sentinel in scene.redis.sentinels:
        sentinel.start()
    # Started together they see the same at the same moment, and each may vote for itself: every such round takes them
    # twice their failover-timeout.
    back = scene.back(time.monotonic(), None, seconds=60)
    one_master(scene.redis, other_than=first)
    return scene.finish(back_s=back)


# ---- a cut through the middle

class Cable:
    """Two network namespaces with one cable between them."""

    def __init__(self):
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise Skipped("network namespaces need root and iproute2")
        self.names = [f"baton-{os.getpid()}-{side}" for side in "ab"]
        self.hosts = ["10.203.0.1", "10.203.0.2"]
        try:
            for name in self.names:
                self.ip("netns", "add", name)
            self.ip("-n", self.names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns",
                    self.names[1])
            for name, host in zip(self.names, self.hosts):
                self.ip("-n", name, "addr", "add", f"{host}/24", "dev", "cable")
                self.ip("-n", name, "link", "set", "lo", "up")
                self.ip("-n", name, "link", "set", "cable", "up")
        except subprocess.CalledProcessError as error:
            self.close()
            raise Skipped(f"no network namespaces here: {error.stderr.decode().strip()}") from error

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def place(self, side):
        return self.hosts[side], ("ip", "netns", "exec", self.names[side])

    def set(self, state):
        self.ip("-n", self.names[0], "link", "set", "cable", state)

    def close(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@scenario("F30-partition", "the master and one orchestrator are cut off for 15 s: two sides, one truth afterwards")
def partition(stage):
    cable = Cable()
    stage.proxies.append(cable)
    near, far = cable.place(0), cable.place(1)
    trio = RedisTrio(stage, [near, far, far])
    loads = []
    for number, (_, prefix) in enumerate((near, far), 1):
        orchestrator = stage.orchestrator(
            "--profile", "ha", "--name", f"o{number}", store=trio.url, prefix=prefix)
        stage.worker(orchestrator, f"work.{number}", capacity=64, address=orchestrator.socket)
        loads.append(stage.load(orchestrator, window=32))
        stage.listed(loads[-1], 1)
    run_all(loads, 3)
    cable.set("down")
    cut = time.monotonic()
    run_all(loads, 15)
    near_load, far_load = loads
    check(near_load.refusals(), "the side that was cut off refused nothing")
    late = near_load.rate(cut + 2, cut + 14)
    check(late == 0, f"the side that was cut off ended {late:.1f} requests a second")
    back = far_load.rate(cut + 8, cut + 14)
    check(back > 0, "the side with the replicas did not go on")
    cable.set("up")
    run_all(loads, 3)
    for load in loads:
        check(load.finish(DRAIN), f"{load.open} requests have not ended {DRAIN} s after the cable was mended")
    trio.await_whole(30)
    one_master(trio, other_than=trio.nodes[0])
    near_load.book |= far_load.book
    with trio.client() as client:
        book = redis_book.RedisBook(client)
    effects = books.effects(stage.effects_path)
    wrong = redis_book.compare(near_load, effects, book) + book.audit(2)
    if wrong:
        raise Failed(f"{len(wrong)} entries of the books are wrong: " + "; ".join(wrong[:6]))
    return {"requests": len(near_load.book), "lost": 0, "refused": len(near_load.refusals()),
            "repeated": books.repeated(effects), "far_rate": round(back),
            "longest_pause_s": round(far_load.longest_pause(), 2)}


def run_all(loads, seconds):
    """All of them at once, a little at a time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for load in loads:
            load.run(0.02)
