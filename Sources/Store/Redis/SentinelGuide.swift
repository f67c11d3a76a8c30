import Reactor
import Telemetry

/// Leads the connections of one store to the master that Sentinels name, all of them to the same
/// one. What to do is decided by `SentinelWatch`; here it is done, on the loop's thread.
package final class SentinelGuide {
    private let endpoint: RedisEndpoint
    private let name: String
    private let loop: EventLoop
    private let log: Log
    private var watch: SentinelWatch
    /// Who is asked just now, and who has answered last and is listened to.
    private var asking: SentinelLine?
    private var ear: SentinelLine?
    private var pause: Timer?
    private var followers: [Follower] = []

    private struct Follower {
        weak var link: RedisLink?
    }

    /// Nothing where the address is that of a Redis itself.
    init?(_ endpoint: RedisEndpoint, loop: EventLoop, log: Log) {
        guard case .sentinels(let hosts, let master) = endpoint.place else { return nil }
        (self.endpoint, name, self.loop, self.log) = (endpoint, master, loop, log)
        watch = SentinelWatch(hosts, master: master)
    }

    /// From now on it is told where the master is, and when that changes.
    func follow(_ link: RedisLink) {
        followers.removeAll { $0.link == nil || $0.link === link }
        followers.append(Follower(link: link))
    }

    /// A connection that has ended for good; the last one ends the listening, too.
    func leave(_ link: RedisLink) {
        followers.removeAll { $0.link == nil || $0.link === link }
        guard followers.isEmpty else { return }
        asking?.close()
        ear?.close()
        (asking, ear) = (nil, nil)
        pause?.cancel()
    }

    /// All who follow are told where it is, or that nobody knows.
    func find() { handle(.wanted) }

    /// Something speaks against the master.
    func doubt() { handle(.hinted) }

    private func handle(_ event: SentinelWatch.Event) {
        guard !followers.isEmpty else { return }
        let before = watch.master
        for action in watch.event(event, chance: Double.random(in: 0...1)) {
            perform(action, before)
        }
    }

    private func perform(_ action: SentinelWatch.Action, _ before: SentinelWatch.Master?) {
        switch action {
        case .ask(let host): ask(host)
        case .found(let master):
            if before != master { tell(master) }
            for follower in followers { follower.link?.guided(to: master) }
        case .failed(let reason): for follower in followers { follower.link?.unguided(reason) }
        case .refused(let fault): for follower in followers { follower.link?.misguided(fault) }
        case .rest(let duration): rest(duration)
        }
    }

    private func tell(_ master: SentinelWatch.Master) {
        log.info(
            "the master of Redis is known",
            [
                "name": .text(name), "master": .text("\(master.host)"),
                "failover": .integer(Int(clamping: master.epoch)),
            ])
    }

    private func ask(_ host: RedisEndpoint.Host) {
        asking?.close()
        let line = SentinelLine(host, SentinelAnswer(endpoint, master: name), on: loop) {
            [weak self] in self?.heard($0, $1)
        }
        asking = line
        line.open()
    }

    private func heard(_ line: SentinelLine, _ event: SentinelWatch.Event) {
        switch event {
        case .hinted, .deaf:
            guard line === ear else { return }
            if event == .deaf { ear = nil }
        default:
            guard line === asking else { return }
            asking = nil
            if case .answered = event {
                ear?.close()
                ear = line
            }
        }
        handle(event)
    }

    private func rest(_ duration: Duration) {
        if let pause { return pause.reset(after: duration) }
        pause = loop.timer(after: duration) { [weak self] in self?.handle(.rested) }
    }
}
