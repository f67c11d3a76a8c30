import Wire

/// Notices which broadcasts on one topic of one orchestrator were lost: they are numbered from 1,
/// so a gap shows.
///
/// It cannot know of those before the first one it hears: an orchestrator that restarted begins
/// anew, which its epoch tells.
struct SequenceWatch {
    enum Arrival: Equatable {
        /// The first that is heard here, of this epoch.
        case first
        case next
        /// So many in between were lost.
        case gap(UInt64)
        /// It was heard before, or overtaken by a later one: nobody is to hear it now.
        case repeated
    }

    private(set) var epoch = ""
    private(set) var last: UInt64 = 0

    mutating func note(_ message: borrowing EnvelopeView) -> Arrival {
        if !message.equals(.fence, epoch) {
            epoch = message[.fence]
            last = 0
        }
        return note(message.sequence)
    }

    private mutating func note(_ sequence: UInt64) -> Arrival {
        guard sequence > last else { return .repeated }
        let before = exchange(&last, with: sequence)
        if before == 0 { return .first }
        return sequence - before == 1 ? .next : .gap(sequence - before - 1)
    }
}
