import Bus
import Reactor
import Telemetry
import Wire

/// Saying a durable call again under the same id, which is the same request wherever it arrives.
///
/// A call that nobody has accepted within a while may have been lost on its way, or its
/// orchestrator may be cut off from what it stores in. Whoever cannot keep anything just now says
/// when to come back; whoever cannot go on with a request it had accepted leaves it to others. All
/// of it goes on until the call's time is over.
extension Session {
    private enum Repeats {
        static let first = Duration.seconds(5)
        static let longest = Duration.seconds(30)
        static let soonest = Duration.milliseconds(100)
    }

    /// A call was sent: it is sent again unless it is accepted or answered in time.
    func expectAcceptance(_ slot: Int) {
        guard let request = calls[slot].request, request.delivery == .durable,
            request.kind != .cancel
        else { return }
        let pause = max(calls[slot].pause, Repeats.first)
        calls[slot].pause = min(pause * 2, Repeats.longest)
        let moment = loop.now + pause
        guard moment < calls.deadline(slot) else { return }
        calls.repeats(slot, at: moment)
        lookSooner(moment)
    }

    /// Whether a call is with another orchestrator by now than the one that turns it away: then
    /// that one answers.
    func isElsewhere(_ slot: Int, than link: LinkID, _ error: WireError) -> Bool {
        guard isRepeated(slot), calls[slot].recalled != nil, calls[slot].link != link else {
            return false
        }
        return error.retryable || error.code == WireCode.hello.rawValue
    }

    /// Whether a call that was turned away waits and is sent again, because there is time for it.
    func comesBack(_ slot: Int, after error: WireError) -> Bool {
        guard isRepeated(slot), isPassing(error, of: slot) else { return false }
        let asked = Duration.milliseconds(Int64(clamping: min(error.retryAfter, 86_400_000)))
        let moment = loop.now + max(asked, Repeats.soonest)
        guard moment < calls.deadline(slot) else { return false }
        calls[slot].link = nil
        calls[slot].isHeld = true
        calls[slot].refusal = error.message
        calls.repeats(slot, at: moment)
        lookSooner(moment)
        return true
    }

    private func isRepeated(_ slot: Int) -> Bool {
        guard let request = calls[slot].request else { return false }
        return request.delivery == .durable && request.kind != .cancel
    }

    /// Whether an error is about the orchestrator and this moment, not about the call. One that may
    /// be kept already, or that has lost its orchestrator, is told so by more words than others.
    private func isPassing(_ error: WireError, of slot: Int) -> Bool {
        let isUnsure = calls[slot].isAccepted || calls[slot].recalled != nil
        switch WireCode(rawValue: error.code) {
        case .hello: return true
        case .unavailable: return error.retryable && (error.retryAfter > 0 || isUnsure)
        case .busy: return error.retryable && isUnsure
        default: return false
        }
    }
}
