"""Networks between workers and orchestrators that lose, delay, cut, double and mix up what passes."""
from .catalog import scenario
from .fleet import Fleet
from .namespaces import Namespace
from .stage import check
from .zmtp_proxy import ZmtpProxy


def in_namespace(stage, **options):
    """A fleet whose workers reach it by the loopback of a network of its own."""
    network = Namespace(stage)
    fleet = Fleet(stage, prefix=network.prefix, bus="tcp", **options)
    fleet.warm()
    return network, fleet


@scenario("F40-loss-20", "20 % of the packets between workers and orchestrators are lost: slower, and complete")
def loss_20(stage):
    network, fleet = in_namespace(stage)
    network.drop(share=0.2)
    fleet.injected += 1
    fleet.run(15)
    deaths = deaths_seen(fleet)
    network.heal()
    return fleet.finish(restarts=None, deaths=deaths)


@scenario("F43-one-way", "for 10 s nothing of one orchestrator reaches the workers: their results go another way")
def one_way(stage):
    network, fleet = in_namespace(stage)
    port = fleet.members[0].running.bus.rsplit(":", 1)[1]
    network.drop(sport=port)
    fleet.injected += 1
    fleet.run(10)
    network.heal()
    fleet.run(3)
    return fleet.finish(restarts=None)


@scenario("F44-latency", "200 ms ± 150 ms between workers and orchestrators for 15 s: complete, nobody taken for dead")
def latency(stage):
    fleet = Fleet(stage, start=False)
    for member in fleet.members:
        fleet.start_member(member)
    proxies = [stage.proxy(member.running) for member in fleet.members]
    fleet.bus = [proxy.address for proxy in proxies]
    fleet.start_others()
    fleet.warm(7)
    before = deaths_seen(fleet)
    for proxy in proxies:
        proxy.delay = lambda: stage.chance.uniform(0.05, 0.35)
    fleet.injected += 1
    fleet.run(15)
    for proxy in proxies:
        proxy.delay = None
    deaths = [now - earlier for now, earlier in zip(deaths_seen(fleet), before)]
    figures = fleet.finish(deaths=deaths)
    check(not any(deaths), f"workers were taken for dead: {deaths}", figures)
    return figures


def deaths_seen(fleet):
    """How many peers each orchestrator has taken for dead so far."""
    return [fleet.crowd.ask("stats", link=link)["peers"]["deaths"] for link in fleet.crowd.links]


@scenario("F44-256kbit", "256 kbit/s between workers and orchestrators for 15 s, contents of 2 KB: complete")
def narrow(stage):
    network, fleet = in_namespace(
        stage, window=30, content=lambda number: {"ms": stage.chance.randint(50, 500), "text": "x" * 2000})
    network.inside("tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "256kbit", "burst", "16k", "latency", "2s")
    fleet.injected += 1
    fleet.run(15)
    network.inside("tc", "qdisc", "del", "dev", "lo", "root")
    return fleet.finish(restarts=None)


@scenario("F46-mtu-576", "packets of at most 576 bytes, contents of 100 KB: complete")
def mtu_576(stage):
    network, fleet = in_namespace(
        stage, window=20, content=lambda number: {"ms": 50, "text": "x" * (100_000 if number % 5 == 0 else 100)})
    network.inside("ip", "link", "set", "lo", "mtu", "576")
    fleet.injected += 1
    fleet.run(6)
    return fleet.finish()


@scenario("F66-twice-and-mixed-up", "5 % of the messages come twice, 5 % after the next one: as if they had not")
def twice_and_mixed_up(stage):
    fleet = Fleet(stage, start=False)
    for member in fleet.members:
        fleet.start_member(member)
    proxies = [stage.proxy(member.running, ZmtpProxy, stage.chance) for member in fleet.members]
    fleet.bus = [proxy.address for proxy in proxies]
    fleet.start_others()
    fleet.warm(1)
    for proxy in proxies:
        proxy.doubling = proxy.swapping = 0.05
    fleet.run(10)
    for proxy in proxies:
        proxy.doubling = proxy.swapping = 0.0
    fleet.injected = sum(proxy.doubled + proxy.swapped for proxy in proxies)
    check(fleet.injected > 20, f"only {fleet.injected} messages were touched")
    return fleet.finish(twice=sum(proxy.doubled for proxy in proxies))
