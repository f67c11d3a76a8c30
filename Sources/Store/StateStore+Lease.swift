import Reactor
import Telemetry

/// The lease over its own connection: registering, renewing, and what each answer brings along.
extension StateStore {
    /// It is time to renew, or time is up.
    func beat() {
        guard leaving?.hasLeft != true else { return }
        ask(lease.handle(.tick, at: loop.now))
        review()
    }

    func ask(_ action: Lease.Action?) {
        var arguments = RedisArguments()
        switch action {
        case nil: return
        case .register:
            arguments.text(lease.name)
            arguments.number(settings.lease.milliseconds)
            arguments.text(Self.random())
            call(.register, arguments) { $0.registered($1) }
        case .floor(let epoch):
            arguments.text(String(epoch))
            call(.floor, arguments) { $0.floored($1) }
        case .renew(let me, let generation):
            arguments.text(me)
            arguments.number(settings.lease.milliseconds)
            arguments.text(generation)
            call(.renew, arguments) { $0.renewed($1) }
        }
    }

    private func call(
        _ script: RedisScript, _ arguments: RedisArguments,
        _ done: @escaping (StateStore, RedisReply) -> Lease.Event
    ) {
        pulse.call(script, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .unknown: hear(.failed)
            case .reply(.error(let error)): hear(refused(error))
            case .reply(let reply): hear(done(self, reply))
            }
        }
    }

    private func hear(_ event: Lease.Event) {
        ask(lease.handle(event, at: loop.now))
        if let fencedAt = lease.fencedAt { fenceTimer.reset(at: fencedAt) }
        review()
    }

    // MARK: - Answers

    private func registered(_ reply: RedisReply) -> Lease.Event {
        guard let parts = reply.array, parts.count >= 3, let epoch = parts[0].unsigned,
            let generation = parts[1].text, let time = parts[2].unsigned
        else { return .failed }
        leaseFault = nil
        told(time: time)
        // A process that is started is the successor of one that ended: what that one had waits.
        if lease.former.isEmpty {
            lost(lease.name)
            replaced(lease.name, by: epoch)
        }
        return .registered(epoch: epoch, generation: generation)
    }

    private func floored(_ reply: RedisReply) -> Lease.Event {
        reply.unsigned == nil ? .failed : .floored
    }

    private func renewed(_ reply: RedisReply) -> Lease.Event {
        let word = reply.text ?? reply.array?.first?.text
        switch word {
        case "LOST": return .lost
        case "WIPED": return .wiped
        case "OK": break
        default: return .failed
        }
        (leaseFault, leaseTrouble) = (nil, nil)
        if let parts = reply.array, parts.count >= 3 { heard(parts) }
        return .renewed
    }

    /// Time, requests that wait, agents that are frozen.
    private func heard(_ parts: [RedisReply]) {
        var news = StoreNews()
        news.time = parts[1].unsigned ?? 0
        news.ready = parts[2].unsigned.map { Int(clamping: $0) } ?? 0
        let frozen = parts.count > 3 ? parts[3].array ?? [] : []
        for place in stride(from: 0, to: frozen.count - frozen.count % 2, by: 2) {
            guard let agent = frozen[place].text else { continue }
            news.frozen[agent] = frozen[place + 1].text ?? ""
        }
        (news.sessions, news.sessionBytes) = (sessions, sessionBytes)
        if news.time > 0 { told(time: news.time) }
        guard !news.says(lastNews) else { return }
        lastNews = news
        handler.news(news)
    }

    private func refused(_ error: String) -> Lease.Event {
        leaseTrouble = error
        if RedisTrouble(error) == .forbidden {
            leaseFault = Fault(
                StoreCode.forbidden,
                "Redis does not let this instance in: \(error). Mend the user, the password or "
                    + "its rights")
        } else if error.hasPrefix("VERSION") {
            leaseFault = Fault(
                StoreCode.unsafe,
                "what is kept under \(settings.prefix) is of another version (\(error)): upgrade, "
                    + "or choose another prefix")
        }
        return .failed
    }
}
