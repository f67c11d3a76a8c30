import Reactor

/// Whose requests this instance may take over, and when. Only the store's clock says that a lease
/// is over, and a clock may jump: so nobody is believed dead who was seen so only once.
struct Adoption {
    struct Candidate: Equatable {
        let name: String
        /// How long after the end of its lease; nil: only if it has left by itself or another has
        /// begun to take over.
        let grace: Duration?
    }

    private struct Suspect {
        let since: Instant
        let renewals: Int
    }

    private let grace: Duration
    private var suspects: [String: Suspect] = [:]

    init(grace: Duration) { self.grace = grace }

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
}
