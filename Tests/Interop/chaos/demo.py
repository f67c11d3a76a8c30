"""Failover to look at: a cluster under load whose processes are killed one after another; ops/demo starts it."""
import argparse
import collections
import os
import pathlib
import random
import signal
import sys
import time

import zmq

from . import books, oracle
from .crowd import Crowd
from .picture import Picture
from .private_cluster import ORCHESTRATORS, WORKERS, Cluster
from .redis_book import RedisBook
from .resp import RespError

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
WINDOW = 120  # requests in flight
PAUSE = 5  # seconds between two deaths


class Owners:
    """Who has which request in hand, as Redis knows it."""

    def __init__(self, client):
        self.client = client

    def sets(self):
        """Instance, with its epoch → the keys of its requests."""
        names = [key.decode() for key in self.client.ask("KEYS", "baton:own:*")]
        return {name.split(":", 2)[2]: set(self.client.ask("SMEMBERS", name)) for name in names}

    def counts(self):
        counts = collections.Counter()
        for name, keys in self.sets().items():
            counts[name.split("#")[0]] += len(keys)
        return counts


class Death:
    """One orchestrator that was killed, until all that it had is somewhere else."""

    def __init__(self, name, owners):
        self.name, self.at = name, time.monotonic()
        self.mine = {owner: keys for owner, keys in owners.sets().items() if owner.split("#")[0] == name}
        self.had, self.moved, self.took = sum(map(len, self.mine.values())), collections.Counter(), None

    def look(self, owners):
        """Where what it had is now; whether this is the end of it."""
        if self.took is not None:
            return False
        now, had = owners.sets(), set().union(*self.mine.values())
        for owner, keys in now.items():
            if owner not in self.mine:
                name = owner.split("#")[0]
                self.moved[name] = max(self.moved[name], len(keys & had))
        if not any(now.get(owner) for owner in self.mine):
            self.took = time.monotonic() - self.at
            return True
        return False

    def sentence(self):
        places = {self.name: "back to its next life"}
        where = ", ".join(f"{count} {places.get(name, f'to {name}')}" for name, count in sorted(self.moved.items())
                          if count)
        how = f"; it took {self.took:.2f} s" if self.took is not None else " …"
        return f"{self.name} was killed with {self.had} in hand: {where or 'nothing moved yet'}{how}"


class Failover:
    """A minute in which nothing is safe and nothing is lost."""

    def __init__(self, cluster, crowd, client, options):
        self.cluster, self.crowd, self.client, self.options = cluster, crowd, client, options
        self.chance, self.owners = random.Random(options.seed), Owners(client)
        self.picture, self.deaths, self.when = Picture(options.seconds, WINDOW), [], {}
        self.began, self.drawn = time.monotonic(), 0.0
        self.killed = collections.Counter()

    def play(self):
        due, turn = self.began + 3, 0
        while (now := time.monotonic()) - self.began < self.options.seconds:
            if now >= due and self.options.seconds - (now - self.began) > 3:
                (self.kill_worker if turn % 3 == 1 else self.kill_orchestrator)()
                due, turn = now + PAUSE, turn + 1
            self.crowd.run(0.1)
            self.look()
        self.picture.say("no more deaths: what is open is answered")
        self.crowd.going = False
        for _ in range(300):
            if self.crowd.drain(0.1):
                break
            self.look()
        self.look(draw=True)

    def look(self, draw=False):
        for death in self.deaths:
            if death.look(self.owners):
                self.picture.say(death.sentence())
        if draw or time.monotonic() - self.drawn > 0.2:
            self.drawn = time.monotonic()
            counts, alive = self.owners.counts(), self.cluster.processes("orchestrators")
            rows = [(f"o{number}", counts[f"o{number}"], f"o{number}" in alive)
                    for number in range(1, ORCHESTRATORS + 1)]
            there = self.cluster.processes("workers")
            workers = [(f"work.{number}", f"work.{number}" in there) for number in range(1, WORKERS + 1)]
            self.picture.show(time.monotonic() - self.began, rows, workers, self.totals())

    def totals(self):
        accepted = sum(bool(entry.accepted or entry.ends) for entry in self.crowd.book.values())
        return (f"accepted {accepted}, answered {len(self.crowd.ended)}, open {self.crowd.open}, "
                f"longest pause {self.crowd.longest_pause():.2f} s")

    def kill_orchestrator(self):
        alive = self.cluster.processes("orchestrators")
        if len(alive) > 1:
            name = self.chance.choice(sorted(alive))
            self.deaths.append(Death(name, self.owners))
            os.kill(alive[name], signal.SIGKILL)
            self.killed["orchestrators"] += 1
            self.picture.say(f"kill -9 {alive[name]}  ({name}, with {self.deaths[-1].had} requests in hand)")

    def kill_worker(self):
        alive = self.cluster.processes("workers")
        if len(alive) > 1:
            name = self.chance.choice(sorted(alive))
            self.when[alive[name]] = time.monotonic_ns()
            os.kill(alive[name], signal.SIGKILL)
            self.killed["workers"] += 1
            self.picture.say(f"kill -9 {alive[name]}  ({name}; what it had goes to another worker)")

    def verdict(self):
        self.crowd.pump(0.5)
        found = oracle.judge(self.crowd, self.cluster.book, RedisBook(self.client), self.when)
        accepted = sum(bool(entry.accepted or entry.ends) for entry in self.crowd.book.values())
        runs = sum(len(some) for some in books.effects(self.cluster.book).values())
        print(f"\n{self.killed['orchestrators']} orchestrators and {self.killed['workers']} workers were killed "
              f"(seed {self.options.seed}).")
        for name, number in (("accepted", accepted), ("lost", found.lost), ("doubled", found.doubled)):
            print(f"  {name:9} {number:>8}")
        print(f"The longest time without an answer was {self.crowd.longest_pause():.2f} s. The agents ran {runs} "
              f"times, {found.restarted} of them again although the worker that had the task lived.")
        for sentence in found.wrong[:5]:
            print(f"wrong: {sentence}")
        return EXIT_FAILED if found.wrong or found.restarted else 0


def main():
    parser = argparse.ArgumentParser(prog="ops/demo failover")
    parser.add_argument("--products", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2), "big"))
    options = parser.parse_args()
    cluster, context = Cluster(options.products), zmq.Context()
    crowd = None
    try:
        print(f"Starting {ORCHESTRATORS} orchestrators, {WORKERS} workers and a Redis in {cluster.folder}", flush=True)
        cluster.start()
        chance = random.Random(options.seed)
        crowd = Crowd(
            context, [one["socket"] for one in cluster.state()["orchestrators"]], window=WINDOW,
            content=lambda _: {"ms": chance.randint(50, 500)})
        with cluster.redis() as client:
            show = Failover(cluster, crowd, client, options)
            show.play()
            return show.verdict()
    except BrokenPipeError:
        raise  # nobody reads what is shown
    except (RespError, ConnectionError) as error:
        print(f"ops/demo: Redis is gone: {error}", file=sys.stderr)
        return EXIT_FAILED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave processes behind
        if crowd:
            crowd.close()
        context.destroy(linger=0)
        cluster.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)
