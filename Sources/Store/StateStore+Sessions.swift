import Telemetry

/// Sessions that are over, and requests of theirs whose end nobody told.
extension StateStore {
    /// Looks after them a little at a time; the next renewal tells how many there are.
    func sweepSessions() {
        guard !isSweeping, isReady else { return }
        isSweeping = true
        let arguments = SessionCommand.sweep(now: time, settings)
        work.call(.session, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self else { return }
            isSweeping = false
            guard case .reply(.array(let counts)) = outcome, counts.count == 5 else { return }
            let numbers = counts.map { Int(clamping: $0.unsigned ?? 0) }
            (sessions, sessionBytes) = (numbers[3], numbers[4])
            guard numbers[0] + numbers[1] + numbers[2] > 0 else { return }
            log.info(
                "sessions were swept",
                [
                    "expired": .integer(numbers[0]), "ended": .integer(numbers[1]),
                    "forgotten": .integer(numbers[2]), "kept": .integer(numbers[3]),
                ])
        }
    }
}
