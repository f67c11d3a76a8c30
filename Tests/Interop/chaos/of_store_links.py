"""What happens between the orchestrator and Redis: scripts that are gone, connections that are cut, replies that are
lost or spoiled, passwords that change."""
import time

from .catalog import scenario
from .resp import RespError
from .scene import Scene
from .stage import check


@scenario("F33-script-flush", "SCRIPT FLUSH each 50 ms under load: loaded again, no request fails", quick=True)
def script_flush(stage):
    scene = Scene(stage)
    scene.warm(1)
    with scene.redis.client() as client:
        for number in range(60):
            client.ask("SCRIPT", "FLUSH")
            if number % 10 == 0:
                client.ask("FUNCTION", "FLUSH")
            scene.run(0.05)
    scene.lives()
    refused = len(scene.load.refusals())
    check(refused == 0, f"{refused} requests were refused: {scene.load.refusals()[:3]}")
    return scene.finish(most_repeats=0, flushes=60)


@scenario("F34-busy-script", "a script of another client keeps Redis BUSY for 6 s: stops by itself, and goes on")
def busy_script(stage):
    scene = Scene(stage)
    scene.redis.ask("CONFIG", "SET", "busy-reply-threshold", 100)
    scene.warm()
    with scene.redis.client(30) as client:
        client.socket.sendall(b"EVAL 'while true do end' 0\r\n")
        scene.run(6)
        scene.redis.ask("SCRIPT", "KILL")
        answer = client.read()
    check(isinstance(answer, RespError) and "SCRIPT KILL" in str(answer), f"the script ended with {answer}")
    back = scene.back(time.monotonic(), None)
    scene.run(1)
    return scene.finish(back_s=back)


@scenario("F35-client-kill", "every connection to Redis is killed each second for 8 s: unknown answers are asked again")
def client_kill(stage):
    scene = Scene(stage)
    scene.warm(1)
    killed = 0
    with scene.redis.client() as client:
        for _ in range(8):
            killed += client.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            scene.run(1)
    scene.lives()
    check(killed >= 8, f"only {killed} connections were there to be killed")
    return scene.finish(killed=killed)


def losing_replies(stage, share, seconds):
    redis = stage.redis()
    proxy = stage.resp_proxy(redis)
    scene = Scene(stage, redis=redis, url=proxy.url)
    scene.warm(1)
    proxy.losing = share
    scene.run(seconds)
    proxy.losing = 0.0
    scene.lives()
    scene.run(5, until=lambda: scene.load.rate(time.monotonic() - 1, time.monotonic()) > 0.5 * scene.before)
    lost = proxy.fates["cut"] + proxy.fates["muted"]
    check(lost >= 3, f"only {lost} replies were lost")
    return scene.finish(replies_cut=proxy.fates["cut"], replies_muted=proxy.fates["muted"], links=proxy.accepted)


@scenario("F36-replies-lost-1", "1 % of Redis's replies are lost after the command was executed")
def replies_lost_1(stage):
    return losing_replies(stage, 0.01, 15)


@scenario("F36-replies-lost-5", "5 % of Redis's replies are lost after the command was executed")
def replies_lost_5(stage):
    return losing_replies(stage, 0.05, 8)


@scenario("F36-replies-lost-20", "20 % of Redis's replies are lost after the command was executed")
def replies_lost_20(stage):
    return losing_replies(stage, 0.20, 20)


@scenario("F37-replies-spoiled", "one byte is changed in 2 % of Redis's replies: the connection ends, nothing is wrong")
def replies_spoiled(stage):
    redis = stage.redis()
    proxy = stage.resp_proxy(redis)
    scene = Scene(stage, redis=redis, url=proxy.url)
    scene.warm(1)
    proxy.spoiling = 0.02
    scene.run(15)
    proxy.spoiling = 0.0
    scene.lives()
    scene.run(3)
    check(proxy.fates["spoiled"] >= 3, f"only {proxy.fates['spoiled']} replies were spoiled")
    return scene.finish(spoiled=proxy.fates["spoiled"], links=proxy.accepted)


@scenario("F37-replies-late", "each reply of Redis comes 30 ms late: slower, and nothing else")
def replies_late(stage):
    redis = stage.redis()
    proxy = stage.resp_proxy(redis)
    scene = Scene(stage, redis=redis, url=proxy.url)
    scene.warm(1)
    proxy.delay_seconds = 0.03
    scene.run(5)
    proxy.delay_seconds = 0.0
    scene.run(1)
    return scene.finish(most_repeats=0)


@scenario("F38-password", "requirepass is set at run time: the orchestrator leaves and says so, without hammering")
def password(stage):
    scene = Scene(stage)
    scene.warm()
    with scene.redis.client() as client:
        client.ask("CONFIG", "SET", "requirepass", "secret")
        client.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        before = connections(client)
        began = time.monotonic()
        code = scene.left(10)
        took = time.monotonic() - began
        tries = connections(client) - before
        check(code > 0, f"it left with {code}")
        line = scene.said("password")
        check("secret" not in line, "its log holds the password")
        check(tries <= 2 + 2 * took / 0.02 and tries <= 12, f"it tried {tries} times in {took:.1f} s")
        client.ask("CONFIG", "SET", "requirepass", "")
    scene.again()
    scene.run(2)
    return scene.finish(exit_code=code, tries=tries, left_after_s=round(took, 2), said=line[:160])


def connections(client):
    lines = client.ask("INFO", "stats").decode().splitlines()
    return int(next(line.split(":")[1] for line in lines if line.startswith("total_connections_received:")))
