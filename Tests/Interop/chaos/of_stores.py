"""Redis that dies, hangs, is full, has no disk, lost its data, or is only a replica: nothing accepted is lost."""
import shutil
import signal
import subprocess
import time

from .catalog import scenario
from .redis_book import RedisBook
from .scene import Scene
from .stage import Skipped, check

BACK = 5  # seconds until the rate must be back, on a busy machine too; `ops/bench store` holds it to 2


@scenario("F19-kill", "SIGKILL of Redis, started again 5 s later: refusals in between, nothing lost")
def kill(stage):
    return killed(Scene(stage))


@scenario("F19-kill-unsafe", "the same with tasks that must not run twice: none does, and none is left uncertain")
def kill_unsafe(stage):
    return killed(Scene(stage, effect="unsafe", content=lambda number: {"ms": 200, "n": number}), most_repeats=0)


def killed(scene, **bounds):
    scene.warm()
    scene.redis.kill()
    scene.run(5)
    scene.redis.start()
    back = scene.back(time.monotonic(), None)
    scene.run(2)
    return scene.finish(rate_before=round(scene.before), back_s=back, **bounds)


@scenario("F20-data-gone", "Redis comes back without its data: the orchestrator says so and leaves, once")
def data_gone(stage):
    scene = Scene(stage)
    scene.warm()
    scene.redis.leave()
    scene.run(1)
    scene.redis.start()
    return wiped(scene)


@scenario("F39-flushall", "FLUSHALL under load: the orchestrator says that its data is gone and leaves, once")
def flushall(stage):
    scene = Scene(stage)
    scene.warm()
    scene.redis.ask("FLUSHALL")
    return wiped(scene)


def wiped(scene):
    """It leaves and says why; the next one begins anew, takes no old result for one of its own, and stays."""
    scene.lost_since = time.monotonic()
    code = scene.left(10)
    check(code not in (0, None) and code > 0, f"it left with {code}")
    line = scene.said("data")
    scene.again()
    scene.lost_since = time.monotonic()
    scene.run(3)
    scene.lives()
    return scene.finish(instances=None, exit_code=code, said=line[:160])


@scenario("F21-stop-2s", "SIGSTOP of Redis for 2 s: nobody is taken for dead, nothing is done again")
def stop_2s(stage):
    scene, back = stopped(stage, 2)
    figures = scene.finish(most_repeats=0, back_s=back)
    check(figures["adopted"] == 0, f"{figures['adopted']} requests were adopted after 2 s")
    return figures


@scenario("F21-stop-10s", "SIGSTOP of Redis for 10 s under load: refused with a hint, and soon back")
def stop_10s(stage):
    scene, back = stopped(stage, 10)
    return scene.finish(rate_before=round(scene.before), back_s=back)


@scenario("F21-stop-20s", "SIGSTOP of Redis for 20 s: it stops by itself, and at most one pass of adoption follows")
def stop_20s(stage):
    scene, back = stopped(stage, 20)
    scene.run(10)  # a late adoption would come now
    figures = scene.finish(back_s=back)
    with scene.redis.client() as client:
        passes = max(RedisBook(client).adoptions(), default=0)
    check(passes <= 1, f"a request was adopted {passes} times")
    return figures | {"passes": passes}


def stopped(stage, seconds):
    scene = Scene(stage)
    scene.warm(3)
    scene.redis.send(signal.SIGSTOP)
    scene.run(seconds)
    scene.redis.send(signal.SIGCONT)
    back = scene.back(time.monotonic(), BACK if seconds >= 10 else None)
    scene.run(2)
    return scene, back


@scenario("F22-debug-sleep", "DEBUG SLEEP 10 in Redis: as if it were stopped")
def debug_sleep(stage):
    scene = Scene(stage)
    scene.warm()
    with scene.redis.client(20) as client:
        client.socket.sendall(b"DEBUG SLEEP 10\r\n")
        scene.run(10)
        check(client.read() == b"OK", "Redis did not sleep")
    back = scene.back(time.monotonic(), None)
    scene.run(1)
    return scene.finish(back_s=back)


@scenario("F22-client-pause", "CLIENT PAUSE 10000 WRITE: reads go on, writes hang")
def client_pause(stage):
    scene = Scene(stage)
    scene.warm()
    scene.redis.ask("CLIENT", "PAUSE", 10_000, "WRITE")
    scene.run(10)
    back = scene.back(time.monotonic(), None)
    scene.run(1)
    return scene.finish(back_s=back)


@scenario("F23-out-of-memory", "maxmemory reached under load, raised after 6 s: refused, then completed")
def out_of_memory(stage):
    scene = Scene(stage, content=lambda number: {"ms": 1, "n": number, "text": "x" * 2000})
    scene.warm()
    scene.redis.ask("CONFIG", "SET", "maxmemory", int(scene.redis.figure("memory", "used_memory")) + (1 << 18))
    scene.run(6)
    scene.lives()
    check(scene.load.refusals(), "nothing was refused although Redis is full")
    full = int(scene.redis.figure("memory", "used_memory"))
    resident = scene.orchestrator.resident_mib()
    scene.redis.ask("CONFIG", "SET", "maxmemory", 0)
    back = scene.back(time.monotonic(), None)
    return scene.finish(full_bytes=full, resident_mib=round(resident), back_s=back)


@scenario("F24-disk-full-everysec", "the disk of the append-only file is full (everysec): refused until there is room")
def disk_full_everysec(stage):
    scene = Scene(stage, redis=on_small_disk(stage, "everysec"), content=large)
    fill(scene)
    check(scene.load.refusals(), "nothing was refused although the disk is full")
    more_room(stage)
    back = scene.back(time.monotonic(), None)
    return scene.finish(back_s=back)


@scenario("F25-disk-full-always", "the same with appendfsync always: Redis ends, and nothing is lost")
def disk_full_always(stage):
    redis = on_small_disk(stage, "always")
    scene = Scene(stage, redis=redis, content=large, profile="single")
    fill(scene)
    check(redis.process.poll() is not None, "Redis still runs on a full disk")
    more_room(stage)
    redis.start()
    back = scene.back(time.monotonic(), None)
    return scene.finish(back_s=back)


def large(number):
    return {"ms": 1, "n": number, "text": "x" * 4000}


def on_small_disk(stage, fsync):
    """A Redis whose files lie on 3 MB of memory."""
    folder = stage.folder / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    stage.mounts.append(folder)
    return stage.redis(fsync=fsync, folder=folder)


def fill(scene):
    """Loads until nothing fits on the disk any more, and for a while after that."""
    folder = scene.redis.folder
    scene.before = 10.0  # there is no time to warm up: 3 MB are soon full
    full = scene.run(60, until=lambda: scene.load.refusals() or scene.redis.process.poll() is not None)
    check(full, f"the disk is not full after 60 s: {shutil.disk_usage(folder).free} bytes are free")
    scene.run(5)
    scene.lives()


def more_room(stage):
    subprocess.run(["mount", "-o", "remount,size=200m", stage.folder / "small"], check=True)


@scenario("F26-sync-fails", "every fdatasync of Redis fails with EIO: nothing is accepted on a disk that keeps nothing")
def sync_fails(stage):
    if not shutil.which("strace"):
        raise Skipped("there is no strace")
    scene = Scene(stage)
    scene.warm()
    tracer = stage.start(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO",
         "-p", str(scene.redis.process.pid)], {"stderr": subprocess.PIPE})
    scene.run(2)
    if tracer.poll() is not None:
        raise Skipped(f"strace may not attach: {tracer.stderr.read().decode()[:120]}")
    refused = scene.run(10, until=lambda: bool(scene.load.refusals()))
    accepted = len(scene.load.ended)
    scene.run(3)
    late = len(scene.load.ended) - accepted
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    check(refused, f"requests are accepted although nothing reaches the disk ({late} in 3 s)")
    # Redis does not try again what it could not sync: somebody must start it anew.
    scene.redis.kill()
    scene.redis.start()
    back = scene.back(time.monotonic(), None)
    return scene.finish(ended_meanwhile=late, back_s=back)


@scenario("F27-loading", "Redis is killed and must read a large append-only file: waits, and goes on")
def loading(stage):
    scene = Scene(stage)
    ballast(scene.redis)
    scene.warm()
    scene.redis.kill()
    scene.run(1)
    scene.redis.start(patience=0)
    began = time.monotonic()
    scene.run(30, until=scene.redis.answers)
    loaded = time.monotonic()
    check(loaded - began > 0.3, f"it was read in {loaded - began:.2f} s: there was no LOADING to see")
    back = scene.back(loaded, None)
    return scene.finish(loading_s=round(loaded - began, 2), back_s=back)


@scenario("F27-start-while-loading", "an orchestrator that is started while Redis reads its file waits for it")
def start_while_loading(stage):
    redis = stage.redis()
    ballast(redis)
    redis.kill()
    redis.start(patience=0)
    began = time.monotonic()
    scene = Scene(stage, redis=redis)
    check(scene.run(60, until=lambda: scene.load.ended), "nothing ended within 60 s of the start")
    took = scene.load.ended[0] - began
    scene.run(1)
    return scene.finish(first_answer_s=round(took, 2))


def ballast(redis):
    """What takes a while to be read again."""
    with redis.client() as client:
        client.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)
        for start in range(0, 600_000, 50_000):
            client.ask_all([("SET", f"ballast:{number}", "x" * 100) for number in range(start, start + 50_000)], 5000)


@scenario("F28-replica", "REPLICAOF makes Redis read-only for 6 s: refused, then back")
def replica(stage):
    scene = Scene(stage)
    scene.warm()
    scene.redis.ask("REPLICAOF", "127.0.0.1", 1)
    scene.run(6)
    scene.lives()
    check(scene.load.refusals(), "nothing was refused although Redis takes no writes")
    scene.redis.ask("REPLICAOF", "NO", "ONE")
    back = scene.back(time.monotonic(), None)
    scene.run(1)
    return scene.finish(back_s=back)
