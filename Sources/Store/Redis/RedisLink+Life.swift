import Reactor
import Telemetry

/// Doing what the life of the connection asks for.
extension RedisLink {
    func handle(_ event: RedisLife.Event) {
        let chance = Double.random(in: 0...1)
        for action in life.event(event, at: loop.now, chance: chance) { perform(action) }
    }

    private func perform(_ action: RedisLife.Action) {
        switch action {
        case .connect: connect()
        case .greet:
            greet(
                RedisGreeting(
                    endpoint, name: name, scripts: scripts, wantsMaster: guide != nil,
                    asksReplicas: settings.profile == .ha))
        case .tell(let condition): tell(condition)
        case .cut: cut()
        case .abandon(let reason): abandon(reason)
        case .rest(let duration): rest(duration)
        }
    }

    private func connect() {
        progress = loop.now
        watch()
        if let guide { seek(guide) } else { dial(endpoint.place) }
    }

    /// Goes to a place. hiredis would look up a name itself and hold up the loop until it is
    /// answered, which takes seconds when the host is gone.
    func dial(_ place: RedisEndpoint.Place) {
        guard case .tcp(let host, let port) = place, !HostNames.isNumeric(host) else {
            return connect(to: place)
        }
        names.find(host) { [weak self] addresses in
            guard let self, life.state == .connecting, connection == nil else { return }
            guard let address = addresses.first else {
                return handle(.lost("no address is known for \(host)"))
            }
            connect(to: .tcp(host: address, port: port))
        }
    }

    private func connect(to place: RedisEndpoint.Place) {
        let handlers = RedisConnection.Handlers(
            connected: { [weak self] in self?.handle(.connected) },
            received: { [weak self] in self?.received($0) ?? false },
            ended: { [weak self] in self?.handle(.lost($0)) })
        let connection = RedisConnection(on: loop, handlers)
        self.connection = connection
        do {
            try connection.open(place)
        } catch {
            RedisLink.inTurn(of: loop) { [weak self] in self?.handle(.lost(error.message)) }
        }
    }

    private func cut() {
        connection?.end()
        connection = nil
        greeting = nil
        isSubscribed = false
        lastMaster = master ?? lastMaster
        (isSeeking, master) = (false, nil)
    }

    /// Nobody can know any more what came of the calls that wait.
    func abandon(_ reason: String) {
        let all = pending.takeAll().compactMap(\.done)
        guard !all.isEmpty else { return }
        RedisLink.inTurn(of: loop) {
            for done in all { done(.unknown(reason: reason)) }
        }
    }

    private func rest(_ duration: Duration) {
        if let pause { return pause.reset(after: duration) }
        pause = loop.timer(after: duration) { [weak self] in self?.handle(.rested) }
    }

    private func tell(_ condition: Condition) {
        switch condition {
        case .ready(let facts):
            beginnings = greeting?.digests.mapValues { RedisLink.beginning("EVALSHA", $0) } ?? [:]
            greeting = nil
            log.info(
                "connected to Redis",
                ["version": .text(facts.version), "master": .text(facts.place ?? "")])
            if !channels.isEmpty { subscribe(channels.map(\.name)) }
        case .away(let reason): log.warning("no connection to Redis", ["reason": .text(reason)])
        case .refused(let fault):
            log.error("Redis cannot be used", ["reason": .text(fault.description)])
        }
        changed(condition)
    }

    /// How a call of a script with one key begins, without the number of its arguments.
    static func beginning(_ command: String, _ script: String) -> [UInt8] {
        var words = RedisArguments()
        words.text(command)
        words.text(script)
        words.number(1)
        return words.buffer
    }

    // MARK: - The deadline

    /// Sees to it that somebody looks after whether answers come. One timer runs for as long as
    /// something waits, and is not touched for each call.
    func watch() {
        guard !isWatched else { return }
        isWatched = true
        if let watchdog { return watchdog.reset(at: progress + settings.deadline) }
        watchdog = loop.timer(at: progress + settings.deadline) { [weak self] in self?.look() }
    }

    private func look() {
        isWatched = false
        guard !pending.isEmpty || life.isWaiting else { return }
        // Sentinels have deadlines of their own.
        if isSeeking { progress = loop.now }
        guard loop.now - progress < settings.deadline else { return handle(.late) }
        watch()
    }
}
