import Reactor

/// What was done to whom and when: the only excuse for work that is done again.
struct Disturbances {
    private var last: [String: Instant] = [:]
    private var newest = Instant.zero

    /// - Parameter name: a machine; nil: everybody.
    mutating func note(_ name: String?, until moment: Instant) {
        if let name { last[name] = max(last[name] ?? .zero, moment) }
        if name == nil { last[""] = max(last[""] ?? .zero, moment) }
        newest = max(newest, moment)
    }

    /// Whether a machine, or any if nil, was disturbed since then.
    func touched(_ name: String?, since moment: Instant) -> Bool {
        guard let name else { return newest >= moment }
        return max(last[name] ?? .zero, last[""] ?? .zero) >= moment
    }

    /// Whether nothing happened to whoever did this work, from a little before it began.
    func isEmpty(near run: EffectBook.Run) -> Bool {
        !touched(run.machine.name, since: run.moment + .seconds(-10))
    }
}
