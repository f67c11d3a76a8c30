import Telemetry

/// What is done every second, whoever asks for it or not.
extension StateStore {
    private static let trimmed = 500
    /// What one look at the lists takes in; the next goes on where it ended.
    private static let repaired = 100

    func upkeep() {
        if isCut, work.isReady {
            isCut = false
            review()
        }
        guard isReady, leaving == nil else { return }
        lookForDying()
        trim()
        repair()
        sweepSessions()
        recount()
        send()
    }

    /// Lets go of what ended long ago; at once again while there is more.
    private func trim() {
        guard !isTrimming, isReady else { return }
        isTrimming = true
        var arguments = RedisArguments()
        arguments.number(time)
        arguments.number(settings.retention.milliseconds)
        arguments.number(settings.finishedKept)
        arguments.number(settings.finishedBytes)
        arguments.number(Self.trimmed)
        work.call(.trim, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self else { return }
            isTrimming = false
            guard case .reply(let reply) = outcome, let count = reply.unsigned else { return }
            if count >= Self.trimmed { trim() }
        }
    }

    /// Mends what a crash or somebody's hand may have left half done, a little at a time.
    func repair() {
        guard !isRepairing, let me = lease.me else { return }
        isRepairing = true
        var arguments = RedisArguments()
        arguments.text(me)
        arguments.number(Self.repaired)
        work.call(.repair, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self else { return }
            isRepairing = false
            guard case .reply(.array(let counts)) = outcome else { return }
            let numbers = counts.map { Int(clamping: $0.unsigned ?? 0) }
            guard numbers.count == 6, numbers.contains(where: { $0 > 0 }) else { return }
            log.warning(
                "the lists of the store were mended",
                [
                    "owned": .integer(numbers[0]), "ready": .integer(numbers[1]),
                    "uncertain": .integer(numbers[2]), "dead": .integer(numbers[3]),
                    "restored": .integer(numbers[4]), "people": .integer(numbers[5]),
                ])
        }
    }
}
