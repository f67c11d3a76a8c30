/// Where a session stands: a pure machine. The raw value is what Redis holds.
package enum SessionState: String, Sendable, CaseIterable {
    /// It is there, and nothing was asked of it yet.
    case created = "C"
    /// A request of it is under way.
    case active = "A"
    /// Its last request succeeded, and none is under way.
    case completed = "S"
    /// Its last request did not succeed; what its stages gave stays with the request.
    case failed = "F"
    /// Nobody used it for a while, or somebody ended it: what was said in it is gone.
    case expired = "E"

    package enum Event: Hashable, Sendable {
        case began
        /// A request that was under way ended; others may still be.
        case ended(succeeded: Bool, othersRun: Bool)
        /// Its time is over, or somebody ended it.
        case expired
    }

    package mutating func take(_ event: Event) {
        switch (self, event) {
        // A session that expired begins anew: with nothing that was said in it before.
        case (_, .began): self = .active
        case (.active, .ended(_, othersRun: true)): break
        case (.active, .ended(let succeeded, othersRun: false)):
            self = succeeded ? .completed : .failed
        case (_, .ended): break
        case (_, .expired): self = .expired
        }
    }

    package var word: String { "\(self)" }
}
