import Telemetry

/// What is done every second, whoever asks for it or not.
extension StateStore {
    private static let trimmed = 500
    private static let repaired = 1000

    func upkeep() {
        if isCut, work.isReady {
            isCut = false
            review()
        }
        guard isReady, leaving == nil else { return }
        lookForDying()
        trim()
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

    /// Mends what a crash of Redis may have left half done.
    func repair() {
        guard let me = lease.me else { return }
        var arguments = RedisArguments()
        arguments.text(me)
        arguments.number(Self.repaired)
        work.call(.repair, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self, case .reply(.array(let counts)) = outcome else { return }
            let mended = counts.compactMap(\.unsigned).reduce(0, +)
            guard mended > 0 else { return }
            log.warning(
                "entries without a request were taken out of the store's lists",
                ["count": .integer(Int(clamping: mended))])
        }
    }
}
