import Reactor

/// Whose requests this instance may take over, and when. Only the store's clock says that a lease
/// is over, and a clock may jump: so nobody is believed dead who was seen so only once.
struct Adoption {
    struct Candidate: Equatable {
        let name: String
        /// How long after the end of its lease, or before it; nil: only if it has left by itself or
        /// another has begun to take over.
        let grace: Duration?
    }

    private struct Suspect {
        let since: Instant
        let renewals: Int
    }

    private let grace: Duration
    /// How long before the end of its lease an instance that was lost from sight is taken over.
    private let early: Duration
    private var suspects: [String: Suspect] = [:]
    /// Instances that were lost from sight: their processes are gone, or cut off.
    private var cut: [String: Cut] = [:]

    private struct Cut {
        let since: Instant
        /// The number of the process that has the name by now, if one has said so.
        var successor = UInt64.max
    }

    init(grace: Duration, early: Duration = .zero) {
        self.grace = grace
        self.early = early
    }

    /// Long enough for a process that is gone to miss its renewals.
    private static let memory = Duration.seconds(10)

    /// Names, without numbers, of those that were lost from sight lately.
    mutating func missing(at now: Instant) -> [String] {
        cut = cut.filter { now - $0.value.since < Self.memory }
        return cut.keys.sorted()
    }

    mutating func lost(_ name: String, at now: Instant) { cut[name] = Cut(since: now) }

    mutating func found(_ name: String) { cut[name] = nil }

    /// The name has another process, which is not missing.
    mutating func replaced(_ name: String, by epoch: UInt64) { cut[name]?.successor = epoch }

    /// Takes what the store says of those that are missing: these do not renew their leases either.
    func candidates(_ names: [String]) -> [Candidate] {
        names.filter(isMissing).map { Candidate(name: $0, grace: .zero - early) }
    }

    /// Takes what the store says now; `renewals` counts this instance's own.
    mutating func seen(_ names: [String], at now: Instant, renewals: Int) -> [Candidate] {
        var candidates: [Candidate] = []
        var next: [String: Suspect] = [:]
        for name in names where next[name] == nil {
            let suspect = suspects[name] ?? Suspect(since: now, renewals: renewals)
            next[name] = suspect
            let isProven = now - suspect.since >= grace && renewals - suspect.renewals >= 2
            candidates.append(Candidate(name: name, grace: isProven ? grace : nil))
        }
        suspects = next
        return candidates
    }

    /// Whether `name#epoch` is the process that was lost, not one that has its name since.
    private func isMissing(_ me: String) -> Bool {
        guard let mark = me.lastIndex(of: "#"), let epoch = UInt64(me[me.index(after: mark)...])
        else { return true }
        return epoch < cut[String(me[..<mark])]?.successor ?? .max
    }
}
