"""Does harm at random to everything in a fleet, from a seed, and then heals it."""
import signal
import time


class Nemesis:
    """One harm after the other; what is broken is mended after a while, in the meantime others may break too."""

    def __init__(self, fleet, chance, pause=(0.5, 2.5)):
        self.fleet, self.chance, self.pause = fleet, chance, pause
        self.mends, self.done = [], []  # (when, what mends it); what was done, in order
        self.harms = {
            self.kill_orchestrator: 5, self.stop_orchestrator: 2, self.leave_orchestrator: 2, self.kill_worker: 4,
            self.stop_worker: 2, self.kill_redis: 1, self.stop_redis: 1}

    def rage(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            harm = self.chance.choices(list(self.harms), list(self.harms.values()))[0]
            if harm():
                self.done.append(harm.__name__)
            self.wait(self.chance.uniform(*self.pause))
        self.heal()

    def wait(self, seconds):
        """Loads for so long, and mends on the way what is due."""
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            for due in [mend for mend in self.mends if mend[0] <= now]:
                self.mends.remove(due)
                due[1]()
            self.fleet.run(min(0.1, max(0.01, until - now)))

    def heal(self):
        for _, mend in self.mends:
            mend()
        self.mends = []
        self.fleet.revive()

    def later(self, mend, low, high):
        self.mends.append((time.monotonic() + self.chance.uniform(low, high), mend))
        return True

    @property
    def is_redis_broken(self):
        return any(mend in (self.start_redis, self.go_on_redis) for _, mend in self.mends)

    # ---- orchestrators

    def victim(self):
        """One that runs; none while Redis is broken, for it could not be started again."""
        busy = {mend.member for _, mend in self.mends if hasattr(mend, "member")}
        there = [member for member in self.fleet.live if member.name not in busy]
        return self.chance.choice(there) if there and not self.is_redis_broken else None

    def back(self, member, is_stopped=False):
        def mend():
            if is_stopped and member.lives:
                member.process.send_signal(signal.SIGCONT)
            elif not member.lives:
                self.fleet.start_member(member)
            else:  # it drains, and is started again once it has left
                self.later(mend, 0.2, 0.5)
        mend.member = member.name
        return mend

    def kill_orchestrator(self):
        if member := self.victim():
            self.fleet.kill(member)
            return self.later(self.back(member), 0.3, 3)
        return False

    def stop_orchestrator(self):
        if member := self.victim():
            self.fleet.signal(member, signal.SIGSTOP)
            return self.later(self.back(member, is_stopped=True), 0.5, 12)
        return False

    def leave_orchestrator(self):
        if member := self.victim():
            self.fleet.signal(member, signal.SIGTERM)
            return self.later(self.back(member), 1, 3)
        return False

    # ---- workers

    def kill_worker(self):
        number = self.chance.randint(1, self.fleet.worker_count)
        if self.fleet.worker(number).poll() is not None:
            return False
        self.fleet.kill_worker(number)
        return self.later(lambda: self.fleet.start_worker(number), 0.2, 2)

    def stop_worker(self):
        """For 1 s it is only slow; for 6 s it is taken for dead."""
        process = self.fleet.worker(self.chance.randint(1, self.fleet.worker_count))
        if process.poll() is not None:
            return False
        seconds = self.chance.choice((1, 6))
        process.send_signal(signal.SIGSTOP)
        self.fleet.injected += 1
        if seconds > 3:
            self.fleet.stage.dies(process)
        return self.later(lambda: process.poll() is None and process.send_signal(signal.SIGCONT), seconds, seconds)

    # ---- Redis

    def kill_redis(self):
        if self.mends:
            return False  # who starts meanwhile would find none
        self.fleet.redis.kill()
        self.fleet.injected += 1
        return self.later(self.start_redis, 0.1, 1)

    def start_redis(self):
        self.fleet.redis.start()

    def stop_redis(self):
        if self.mends:
            return False
        self.fleet.redis.send(signal.SIGSTOP)
        self.fleet.injected += 1
        return self.later(self.go_on_redis, 0.5, 2)

    def go_on_redis(self):
        self.fleet.redis.send(signal.SIGCONT)
