import Telemetry

/// A connection whose changes count only once a replica has them too: each is followed by a `WAIT`
/// in the same go, and without a replica's word its answer is no answer. Whoever asked is told the
/// error `UNCONFIRMED`: the change may have been made, and may be lost.
final class ReplicatedCaller: ScriptCaller {
    static let unconfirmed = "UNCONFIRMED"
    private static let wait = ["WAIT", "1", "500"]
    /// What is worth waiting for: whatever somebody is told of, or acts upon.
    private static let confirmed: Set<String> = [
        "accept", "start", "advance", "finish", "park", "release", "effect", "effect_done",
        "journal", "keep_workflow", "claim", "adopt", "resolve", "cancel", "revive", "discard",
        "freeze", "publish", "schedule",
    ]

    private let caller: any ScriptCaller

    init(_ caller: any ScriptCaller) { self.caller = caller }

    var isReady: Bool { caller.isReady }
    func open() { caller.open() }
    func close() { caller.close() }

    func send(_ command: [String], _ done: @escaping (RedisLink.Outcome) -> Void) {
        caller.send(command, done)
    }

    func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (RedisLink.Outcome) -> Void
    ) {
        guard Self.confirmed.contains(script.name) else {
            return caller.call(script, key: key, arguments, done)
        }
        let call = Call(isUnknown: script.name == "adopt", done)
        caller.call(script, key: key, arguments) { [weak self] in
            // A script that Redis had forgotten was sent again, after the word that was waited for.
            if call.answered($0), let self { wait(for: call) }
        }
        wait(for: call)
    }

    private func wait(for call: Call) {
        caller.send(Self.wait) { call.confirmed($0) }
    }

    /// A change and the word about it, which come one after the other.
    private final class Call {
        private let done: (RedisLink.Outcome) -> Void
        /// Whether who asked knows only what is lost, and no error of this kind.
        private let isUnknown: Bool
        private var outcome: RedisLink.Outcome?
        /// Words that are still to come.
        private var missing = 1
        private var isOver = false

        init(isUnknown: Bool, _ done: @escaping (RedisLink.Outcome) -> Void) {
            (self.isUnknown, self.done) = (isUnknown, done)
        }

        /// Says whether another word is needed. What changed nothing waits for none.
        func answered(_ outcome: RedisLink.Outcome) -> Bool {
            self.outcome = outcome
            guard outcome.isChange else {
                end(outcome)
                return false
            }
            guard missing == 0 else { return false }
            missing = 1
            return true
        }

        func confirmed(_ word: RedisLink.Outcome) {
            missing = 0
            if let outcome { end(word.isConfirmation ? outcome : doubt(word)) }
        }

        private func end(_ outcome: RedisLink.Outcome) {
            guard !isOver else { return }
            isOver = true
            done(outcome)
        }

        private func doubt(_ word: RedisLink.Outcome) -> RedisLink.Outcome {
            switch word {
            case .unknown(let reason): .unknown(reason: reason)
            case .reply where isUnknown: .unknown(reason: "no replica has confirmed it")
            case .reply(.error(let error)):
                .reply(.error("\(ReplicatedCaller.unconfirmed) \(error)"))
            case .reply:
                .reply(
                    .error("\(ReplicatedCaller.unconfirmed) no replica has confirmed it in time"))
            }
        }
    }
}

extension RedisLink.Outcome {
    /// Whether something was done; what was refused was not.
    fileprivate var isChange: Bool {
        if case .reply(let reply) = self { reply.error == nil } else { false }
    }

    /// Whether at least one replica has it.
    fileprivate var isConfirmation: Bool {
        if case .reply(.integer(let count)) = self { count >= 1 } else { false }
    }
}
