"""Orchestrators that are killed, stopped, frozen, told to leave and started again while others go on."""
import signal
import time

from .catalog import scenario
from .fleet import Fleet
from .stage import check

TAKEOVER_MS = 1000  # G6: a killed instance's requests are taken over within 1 s


@scenario("F11-owner", "SIGKILL of the owner, three instances: others take over, nothing is started again", quick=True)
def owner(stage):
    fleet = Fleet(stage)
    fleet.warm()
    for _ in range(3):
        fall(fleet)
    return fleet.finish()


@scenario("F11-owner-unsafe", "the same with tasks that must not run twice: none does, and none is left uncertain")
def owner_unsafe(stage):
    fleet = Fleet(stage, agent="once")
    fleet.warm()
    for _ in range(3):
        fall(fleet)
    return fleet.finish()


@scenario("F11-owner-long-steps", "the same with steps longer than any takeover, and places that are free")
def owner_long_steps(stage):
    fleet = Fleet(stage, window=32, steps_ms=(1500, 3000))
    fleet.warm(4)
    for _ in range(2):
        fall(fleet)
    return fleet.finish()


@scenario("F11-owner-50", "the same 50 times with 2,000 requests in flight: how long each takeover took")
def owner_50(stage):
    fleet = Fleet(stage, capacity=32, window=2000, steps_ms=(200, 500))
    fleet.warm(4)
    for _ in range(stage.samples or 50):
        fall(fleet)
    figures = fleet.finish()
    worst = figures["takeover_ms"]["worst"]
    check(worst < TAKEOVER_MS, f"a takeover took {worst} ms", figures)
    return figures


def fall(fleet):
    """One dies, what it had is taken over, and it comes back."""
    member = fleet.owner()
    fleet.kill(member)
    fleet.taken_over(member)
    fleet.run(fleet.stage.chance.uniform(0.1, 0.6))
    fleet.start_member(member)
    fleet.run(fleet.stage.chance.uniform(0.5, 1.5))


@scenario("F11-nobody-asks-again", "SIGKILL of the owner, and no client repeats what was accepted: the store keeps it")
def nobody_asks_again(stage):
    fleet = Fleet(stage, asks_again=False)
    fleet.warm()
    member = fleet.owner()
    fleet.kill(member)
    fleet.taken_over(member)
    fleet.run(1)
    fleet.start_member(member)
    return fleet.finish(seconds=10)  # who is not told in that time is looked for in the store


@scenario("F11-cut-off-at-accept", "the owner is cut off from Redis, then killed; no client repeats what it accepted")
def cut_off_at_accept(stage):
    fleet = Fleet(stage, start=False, asks_again=False)
    victim, proxy = fleet.members[0], stage.resp_proxy(fleet.redis)
    victim.environment = {"BATOND_STORE": proxy.url}
    fleet.start()
    fleet.warm()
    # What it is asked from now on Redis never hears of: whatever it says of it, it says on its own.
    proxy.hold()
    fleet.run(1)
    asked = fleet.crowd.asked_of(victim.socket)
    fleet.kill(victim)
    proxy.reset()
    proxy.release()
    fleet.taken_over(victim)
    victim.environment = {}
    fleet.start_member(victim)
    fleet.run(1)
    figures = fleet.finish(seconds=10, asked_when_cut_off=asked)
    check(asked > 20, f"it was asked only {asked} times while it was cut off: that shows nothing", figures)
    return figures


@scenario("F12-random", "SIGKILL of a random orchestrator every 5 s: all finish")
def random_kills(stage):
    fleet = Fleet(stage)
    fleet.warm()
    until = time.monotonic() + stage.seconds(40)
    while time.monotonic() < until:
        member = stage.chance.choice(fleet.live)
        fleet.kill(member)
        fleet.run(stage.chance.uniform(1, 3))
        fleet.start_member(member)
        fleet.run(max(0, 5 - 2))
    return fleet.finish()


@scenario("F13-zombie", "SIGSTOP of the owner for 20 s: another takes over, and the one that wakes up is refused")
def zombie(stage):
    fleet = Fleet(stage)
    fleet.warm()
    member = fleet.owner()
    fleet.signal(member, signal.SIGSTOP)
    fleet.run(20)
    fleet.signal(member, signal.SIGCONT)
    fleet.run(5)
    check(member.lives, "the one that woke up has left")
    fenced = any(word in member.log.read_text("utf-8").lower() for word in ("lease", "fence"))
    return fleet.finish(says_so=fenced)


@scenario("F14-freeze-two", "two of three are frozen for 15 s: the third adopts what they had")
def freeze_two(stage):
    fleet = Fleet(stage)
    fleet.warm()
    frozen = fleet.members[:2]
    for member in frozen:
        fleet.signal(member, signal.SIGSTOP)
    fleet.run(15)
    left = fleet.owned_by([name for member in frozen for name in fleet.incarnations(member)])
    for member in frozen:
        fleet.signal(member, signal.SIGCONT)
    fleet.run(4)
    figures = fleet.finish()
    check(not left, f"{left} requests were still with the frozen ones after 15 s", figures)
    return figures


@scenario("F15-all-killed", "SIGKILL of all orchestrators, started again 5 s later: everything goes on")
def all_killed(stage):
    fleet = Fleet(stage)
    fleet.warm()
    for member in fleet.members:
        fleet.kill(member)
    fleet.run(5)
    for member in fleet.members:
        fleet.start_member(member)
    back = time.monotonic()
    fleet.run(6)
    return fleet.finish(back_after_s=first_end_after(fleet, back))


def first_end_after(fleet, moment):
    return round(min((end - moment for end in fleet.crowd.ended if end > moment), default=-1), 2)


@scenario("F16-hand-over", "SIGTERM of one of three under load: exit 0, no loss, others have it at once", quick=True)
def hand_over(stage):
    fleet = Fleet(stage, workers=2, capacity=8, steps_ms=(500, 1500))
    fleet.warm()
    member, running = fleet.owner(), 16
    fleet.run(5, until=lambda: fleet.in_hand()[member.name] > 2 * running)
    began, waited = time.monotonic(), fleet.in_hand()[member.name]
    fleet.signal(member, signal.SIGTERM)
    fleet.run(3, until=lambda: fleet.in_hand()[member.name] <= running)
    handed_over = time.monotonic() - began
    drained = leaves(fleet, member, began)
    fleet.run(1)
    figures = fleet.finish(in_hand=waited, handed_over_s=round(handed_over, 2), drained_s=drained)
    check(handed_over < 1, f"what waited was handed over after {handed_over:.2f} s", figures)
    return figures


def leaves(fleet, member, began=None):
    """SIGTERM, unless it was told so before; seconds until it has left, with exit code 0."""
    if began is None:
        began = time.monotonic()
        fleet.signal(member, signal.SIGTERM)
    fleet.run(15, until=lambda: not member.lives)
    took = time.monotonic() - began
    check(not member.lives, f"{member.name} still runs 15 s after SIGTERM")
    code = member.process.returncode
    check(code == 0, f"{member.name} left with {code}")
    check(took < 12, f"{member.name} left after {took:.1f} s")
    return round(took, 2)


@scenario("F18-rolling-restart", "one after the other leaves and comes back, the same version: nobody notices")
def rolling_restart(stage):
    fleet = Fleet(stage)
    fleet.warm()
    took = []
    for member in fleet.members:
        took.append(leaves(fleet, member))
        fleet.start_member(member)
        fleet.run(2)
    return fleet.finish(drained_s=took, note="another version needs an older build")


@scenario("F65-same-name", "two orchestrators with one name: both work under epochs of their own, or one refuses")
def same_name(stage):
    fleet = Fleet(stage, count=2, start=False)
    first, second = fleet.members
    second.name = first.name
    fleet.start_quietly()
    fleet.run(3)
    with fleet.redis.client() as client:
        names = [name.decode() for name in client.ask("ZRANGE", "baton:inst", 0, -1)]
    check(len(set(names)) == len(names) == len(fleet.live), f"the leases are {names}")
    fleet.kill(second)
    fleet.run(3)
    check(first.lives, "the other one of that name left too")
    return fleet.finish(leases=names)


@scenario("F11-figures", "what the agents have done is told alike by all, and rightly, after one of three was killed")
def figures_stay(stage):
    fleet = Fleet(stage)
    fleet.warm()
    fleet.kill(fleet.owner())
    fleet.run(4)
    fleet.revive()
    fleet.run(1)
    figures = fleet.finish()
    told = {member.name: processed(fleet, link) for link, member in zip(fleet.crowd.links, fleet.members)}
    done = figures["requests"]
    check(set(told.values()) == {done}, f"{done} requests have ended, and the figures say {told}", figures)
    return figures | {"told": done}


def processed(fleet, link):
    """How many requests the agent has ended within the last two hours, as one instance tells it."""
    rows = fleet.crowd.ask("figures", link=link, hours=2)
    return sum(row["count"] for row in rows if row["agent"] == fleet.agent)
