"""Schedules while orchestrators die: each due time leads to one request, whoever is there."""
import collections
import json
import time

from . import books
from .catalog import scenario
from .fleet import Fleet
from .stage import check

PERIOD_MS = 100
DUE, WAIT, LATE_MS = 1000, 20, 1000
CLOCK = """document: {dsl: 1.0.3, namespace: default, name: clock, version: 1.0.0}
schedule: {every: {milliseconds: %d}}
do:
  - work: {call: work, with: {ms: 1}}
""" % PERIOD_MS


@scenario("schedules", "a schedule every 100 ms, kills of random instances: each due time comes once", quick=True)
def schedules(stage):
    wanted = 150 if stage.quick else DUE
    fleet = Fleet(stage, start=False)
    folder = stage.folder / "workflows"
    folder.mkdir()
    (folder / "clock.yaml").write_text(CLOCK)
    for member in fleet.members:
        member.arguments += ["--workflows", str(folder)]
    fleet.start()
    began, next_kill = time.monotonic(), time.monotonic() + 1
    dead, kills = None, 0
    with fleet.redis.client() as client:
        while fired(client) < wanted:
            check(time.monotonic() - began < wanted * PERIOD_MS / 1000 * 3 + 30, f"only {fired(client)} were fired")
            time.sleep(0.05)
            if time.monotonic() < next_kill:
                continue
            # Two at least are always there: what nobody sees fall due is another matter.
            if dead:
                fleet.start_member(dead)
                dead, next_kill = None, time.monotonic() + stage.chance.uniform(0.5, 2)
            else:
                dead = stage.chance.choice(fleet.live)
                fleet.kill(dead)
                kills, next_kill = kills + 1, time.monotonic() + stage.chance.uniform(0.3, 2)
        if dead:
            fleet.start_member(dead)
        state = settle(client)
        return figures(client, state, books.effects(stage.effects_path), kills)


def schedule(client):
    keys = client.ask("KEYS", "baton:sc:*")
    if not keys:
        return {}
    flat = client.ask("HGETALL", keys[0])
    return {flat[place].decode(): flat[place + 1].decode() for place in range(0, len(flat), 2)}


def fired(client):
    return int(schedule(client).get("n", 0))


def settle(client):
    """Until all that had begun has ended; nothing more is asked of whoever it is."""
    key = client.ask("KEYS", "baton:sc:*")[0]
    client.ask("HSET", key, "p", "the end")
    until = time.monotonic() + WAIT
    time.sleep(3)
    while time.monotonic() < until and any(
            client.ask("SCARD", key) for key in client.ask("KEYS", "baton:own:*")):
        time.sleep(0.1)
    return schedule(client)


def rows(client):
    """Due time → [state, when it was accepted], of all that is kept."""
    found = collections.defaultdict(list)
    for key in client.ask("KEYS", "baton:r:*"):
        if client.ask("TYPE", key) in (b"string", "string"):
            record = client.ask("GET", key)
            at = int.from_bytes(record[24:30], "big")
            texts, lengths = record[55:], record[49:55]
            start = lengths[0] + lengths[1]
            name, state = texts[start:start + lengths[2]].decode(), record[1:2].decode()
        else:
            flat = client.ask("HGETALL", key)
            fields = {flat[place]: flat[place + 1] for place in range(0, len(flat), 2)}
            name, state, at = fields[b"id"].decode(), fields[b"st"].decode(), int(fields[b"at"])
        if name.startswith("sched.clock."):
            found[int(name.rsplit(".", 1)[1])].append((state, at, name))
    return found


def figures(client, state, effects, kills):
    found = rows(client)
    due = sorted(found)
    expected = range(due[0], due[-1] + 1, PERIOD_MS)
    missing = [moment for moment in expected if moment not in found]
    odd = [moment for moment in due if moment % PERIOD_MS]
    open_ones = [(moment, one) for moment, ones in found.items() for one in ones if one[0] != "S"]
    late = sorted(max(0, ones[0][1] - moment) for moment, ones in found.items())
    unseen = [moment for moment, ones in found.items() if ones[0][2] not in effects]
    result = {
        "fired": len(due), "counted": int(state["n"]), "missing": len(missing), "kills": kills,
        "late_ms": {"median": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "worst": late[-1]},
        "executed_again": books.repeated(effects)}
    check(not odd, f"{odd[:5]} are no due times", result)
    check(not missing, f"{len(missing)} due times were missed: {missing[:5]}", result)
    check(not open_ones, f"{len(open_ones)} have not succeeded: {open_ones[:5]}", result)
    check(not unseen, f"{len(unseen)} were never executed: {unseen[:5]}", result)
    check(all(len(ones) == 1 for ones in found.values()), "a due time has two requests", result)
    check(late[-1] <= LATE_MS, f"one was {late[-1]} ms late: {json.dumps(result)}", result)
    return result
