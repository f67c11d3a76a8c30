import Reactor
import Telemetry

/// Going away: what is under way comes to its end, what is still owned goes back, and then the
/// name.
struct Leaving {
    let done: () -> Void
    var isGivingBack = false
    var hasLeft = false
}

extension StateStore {
    private static let slice = 256

    /// Gives everything back and closes; calls back once, at the latest after the deadline for an
    /// answer.
    package func leave(_ done: @escaping () -> Void) {
        guard leaving == nil else { return }
        flush()
        leaving = Leaving(done: done)
        guard isReady else {
            leaveTimer.reset(after: .zero)
            return
        }
        leaveTimer.reset(after: settings.deadline)
        goOnLeaving()
    }

    /// The next step, once nothing is under way.
    func goOnLeaving() {
        guard let leaving, !leaving.hasLeft, !leaving.isGivingBack, batches.isEmpty else { return }
        self.leaving?.isGivingBack = true
        giveBack()
    }

    private func giveBack() {
        guard let me = lease.me, isReady else { return endLeaving() }
        let own = "\(settings.prefix)own:\(me)"
        work.send(["SRANDMEMBER", own, String(Self.slice)]) { [weak self] outcome in
            guard let self, let leaving, !leaving.hasLeft else { return }
            guard case .reply(.array(let keys)) = outcome, !keys.isEmpty else {
                return giveNameBack(me)
            }
            release(keys.compactMap { $0.text.flatMap(RecordKey.init) }, me)
        }
    }

    private func release(_ keys: [RecordKey], _ me: String) {
        var arguments = RedisArguments()
        arguments.text(me)
        arguments.number(time)
        for key in keys { arguments.digest(key.digest) }
        work.call(.release, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self, let leaving, !leaving.hasLeft else { return }
            let letters = outcome.letters(keys.count)
            // Whoever comes next takes over what would not go.
            guard letters.contains(UInt8(ascii: "K")) else { return giveNameBack(me) }
            giveBack()
        }
    }

    private func giveNameBack(_ me: String) {
        var arguments = RedisArguments()
        arguments.text(me)
        work.call(.leave, key: settings.prefix, arguments) { [weak self] _ in self?.endLeaving() }
    }

    func endLeaving() {
        guard let leaving, !leaving.hasLeft else { return }
        self.leaving?.hasLeft = true
        isReady = false
        close()
        leaving.done()
    }
}

extension RedisLink.Outcome {
    fileprivate func letters(_ count: Int) -> [UInt8] {
        guard case .reply(let reply) = self else { return [] }
        return StateLetter.letters(reply, count: count) ?? []
    }
}
