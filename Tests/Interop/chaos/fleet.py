"""Several orchestrators on one Redis, workers and a crowd that know them all: where scenarios of failover play."""
import collections
import os
import signal
import time

from . import oracle
from .redis_book import RedisBook
from .stage import Failed, Skipped, Stage, check, tail

SPARE_DESCRIPTORS = 12  # that may come and go with connections that are being made
DRAIN = 60  # seconds until all that was asked for must have ended, once all is well again


class Member:
    """One orchestrator by its name, whichever process is it now."""

    def __init__(self, name, socket, peers):
        self.name, self.socket, self.arguments = name, socket, [word for peer in peers for word in ("--peer", peer)]
        self.running, self.deaths, self.environment = None, 0, {}

    @property
    def process(self):
        return self.running.process

    @property
    def lives(self):
        return self.running is not None and self.process.poll() is None

    @property
    def log(self):
        return self.running.log


class Fleet:
    """What such a scenario works with; `injected` counts what was done to it."""

    def __init__(self, stage: Stage, count=3, workers=4, capacity=16, agent="work", window=100, content=None,
                 steps_ms=(50, 500), outbox=False, start=True, prefix=(), bus="ipc", **crowd):
        if not (stage.products / "baton-toolbox").exists():
            raise Skipped("there is no baton-toolbox beside batond")
        self.stage, self.redis, self.agent, self.capacity = stage, stage.redis(), agent, capacity
        self.outbox, self.injected, self.kills = outbox, 0, []
        self.prefix, self.bus = prefix, bus  # before every command; what the workers connect to: ipc, tcp or addresses
        sockets = [stage.folder / f"o{number}.sock" for number in range(1, count + 1)]
        self.addresses = [f"ipc://{socket}" for socket in sockets]
        self.members = [
            Member(f"o{number}", socket, [address for address in self.addresses if address != f"ipc://{socket}"])
            for number, socket in enumerate(sockets, 1)]
        self.worker_count, self.before, self.baseline = workers, 0.0, {}
        steps = content or (lambda number: {"ms": stage.chance.randint(*steps_ms)})
        self.crowd_options = {"window": window, "agent": agent, "content": steps} | crowd
        stage.witnesses.append(self.dump)
        if start:
            self.start()

    def start(self, patient=True):
        for member in self.members:
            self.start_member(member)
        self.start_others(patient)

    def start_others(self, patient=True):
        """Workers and the crowd, once it is known where the orchestrators are."""
        self.crowd = self.stage.crowd(self.addresses, **self.crowd_options)
        for number in range(1, self.worker_count + 1):
            self.start_worker(number)
        if patient:
            self.all_here()

    def start_quietly(self):
        """Without waiting until all are here: some may be dead by then."""
        self.start(patient=False)

    # ---- orchestrators

    def start_member(self, member, *prefix, **environment):
        member.running = self.stage.orchestrator(
            "--cluster", "chaos", *member.arguments, name=member.name, socket=member.socket, store=self.redis.url,
            prefix=[*self.prefix, *prefix],
            env=os.environ | {"BATOND_STORE": self.redis.url} | member.environment | environment)

    def kill(self, member):
        """SIGKILL; the moment, as Redis counts it."""
        self.injected += 1
        self.kills.append(time.time())
        member.process.kill()
        member.process.wait()
        member.deaths += 1
        return self.kills[-1]

    def signal(self, member, number):
        self.injected += number != signal.SIGCONT
        member.process.send_signal(number)

    def revive(self):
        """Starts again whoever is not there, and lets go on whoever is stopped."""
        for member in self.members:
            if member.lives:
                member.process.send_signal(signal.SIGCONT)
            else:
                self.start_member(member)

    @property
    def live(self):
        return [member for member in self.members if member.lives]

    def owner(self):
        """The one with most in hand."""
        counts = self.in_hand()
        return max(self.live, key=lambda member: counts[member.name])

    def in_hand(self):
        """How many requests each name owns in Redis, its earlier selves included."""
        counts = collections.Counter()
        with self.redis.client() as client:
            for key in client.ask("KEYS", "baton:own:*"):
                counts[key.decode().split(":")[-1].split("#")[0]] += client.ask("SCARD", key)
        return counts

    def owned_by(self, epoch_names):
        with self.redis.client() as client:
            return sum(client.ask("SCARD", f"baton:own:{name}") for name in epoch_names)

    def incarnations(self, member):
        """The names under which it has a lease, or is being taken over: o1#7."""
        with self.redis.client() as client:
            names = client.ask("ZRANGE", "baton:inst", 0, -1) + client.ask("ZRANGE", "baton:dead", 0, -1)
        return [name.decode() for name in names if name.decode().split("#")[0] == member.name]

    # ---- workers

    def for_workers(self):
        """The addresses that the workers are told."""
        if self.bus == "tcp":
            return [member.running.bus for member in self.members]
        return self.addresses if self.bus == "ipc" else self.bus

    def start_worker(self, number, *prefix):
        name = f"{self.agent}.{number}"
        environment = os.environ | {
            "BATON_BUS": ",".join(self.for_workers()), "BATON_NAME": self.agent, "BATON_INSTANCE": str(number),
            "BATON_AGENTS": self.agent, "BATON_CAPACITY": str(self.capacity),
            "BATON_BOOK": str(self.stage.effects_path)}
        if self.outbox:
            environment["BATON_OUTBOX"] = str(self.stage.folder / f"outbox-{number}")
        with open(self.stage.folder / f"{name}.log", "ab") as output:
            self.stage.workers[name] = self.stage.start(
                [*self.prefix, *prefix, str(self.stage.products / "baton-toolbox")],
                {"stdout": output, "stderr": output, "env": environment})
        return self.stage.workers[name]

    def worker(self, number):
        return self.stage.workers[f"{self.agent}.{number}"]

    def kill_worker(self, number):
        self.injected += 1
        self.stage.kill(self.worker(number))

    def all_here(self, seconds=20):
        """Waits until every orchestrator sees every worker."""
        deadline = time.monotonic() + seconds
        wanted = sum(self.worker(number).poll() is None for number in range(1, self.worker_count + 1))
        for link, member in zip(self.crowd.links, self.members):
            while member.lives and (here := self.workers_seen(link)) != wanted:
                check(time.monotonic() < deadline, f"{member.name} sees {here} of {wanted} workers after {seconds} s")
                self.crowd.pump(0.05)

    def workers_seen(self, link):
        rows = self.crowd.ask("instances", link=link, agent=self.agent)
        return sum(row["state"] != "absent" for row in rows)

    # ---- what goes on

    def run(self, seconds, until=None):
        """Loads for so long, or until a condition holds; says whether it did."""
        return self.crowd.run(seconds, until)

    def warm(self, seconds=2):
        began = time.monotonic()
        self.run(seconds)
        self.before = self.crowd.rate(began + seconds / 2, began + seconds)
        check(self.before > 0, f"nothing ended within {seconds} s although nothing was wrong")
        self.baseline = {member.process.pid: member.running.descriptors() for member in self.live}

    def leaks(self):
        """Sentences about descriptors that an orchestrator has now and had not when all was well."""
        for member in self.live:
            before = self.baseline.get(member.process.pid)
            now = member.running.descriptors()
            if before and now > before + SPARE_DESCRIPTORS:
                yield f"{member.name} has {now} descriptors, and had {before}"

    def taken_over(self, member, seconds=15):
        """Loads until nothing is owned any more by the selves that this one had; seconds."""
        began, names = time.monotonic(), self.incarnations(member)
        self.run(seconds, until=lambda: not self.owned_by(names))
        left = self.owned_by(names)
        check(not left, f"{left} requests of {member.name} are still its own {seconds} s later")
        return time.monotonic() - began

    # ---- the end

    def finish(self, codes=("",), restarts=0, instances=None, seconds=DRAIN, **figures):
        """Drains, compares the books, and hands back the figures; fails with them if something is wrong."""
        ended, stuck = self.drains(seconds)
        pause = self.crowd.longest_pause(time.monotonic() if self.crowd.open and not ended else None)
        with self.redis.client(60) as client:
            book = RedisBook(client)
        verdict = oracle.judge(self.crowd, self.stage.effects_path, book, self.stage.deaths, codes)
        verdict.wrong = stuck + verdict.wrong
        if ended:
            verdict.wrong += book.audit(len(self.live) if instances is None else instances)
            verdict.wrong += self.leaks()
        if restarts is not None and verdict.restarted > restarts:
            verdict.wrong.append(f"{verdict.restarted} running steps were started again although their worker lived: "
                                 f"{verdict.examples[:3]}")
        figures = {"injected": self.injected} | verdict.figures() | {"longest_pause_s": round(pause, 2)} | figures
        if self.kills:
            figures |= oracle.takeovers(book, self.kills)
        check(not verdict.wrong,
              f"{len(verdict.wrong)} entries of the books are wrong: " + "; ".join(verdict.wrong[:5]), figures)
        return figures

    def drains(self, seconds):
        """Whether everything has ended, and a sentence if nothing goes on any more."""
        try:
            ended = self.crowd.finish(seconds) or not self.crowd.asks_again
            self.crowd.pump(0.7)  # what is told twice would come by now
            return ended, []
        except Failed as reason:
            return False, [str(reason)]

    def dump(self):
        """What everybody says of itself, for whoever looks at a failure."""
        lines = []
        try:
            lines.append(f"in hand in Redis: {dict(self.in_hand())}")
            lines += [f"open: {one}" for one in self.crowd.open_ones()]
            for link, member in zip(self.crowd.links, self.members):
                lines.append(f"{member.name}, {member.process.pid}: {tail(member.log)}")
                if member.lives and link.is_up:
                    lines.append(str(self.crowd.ask("stats", 2, link=link)))
        except (TimeoutError, OSError, AttributeError) as error:  # it is as far as one gets
            lines.append(f"{type(error).__name__}: {error}")
        (self.stage.folder / "state.txt").write_text("\n".join(lines))
