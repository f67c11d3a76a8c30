import Bus
import Document
import Store
import Wire

/// What the store was asked on somebody's behalf, by the ticket it answers with. Bounded: too many
/// at once are refused.
struct Inquiries {
    /// Who asked, and how the answer finds them.
    struct Asker {
        let caller: Caller
        var requestID: String
    }

    enum Purpose {
        /// A request was sent again that had ended; its slot waits for the outcome.
        case again(slot: UInt64)
        /// The result of a request, for whoever asks.
        case result(Asker, RecordKey, waits: Bool)
        /// Everything known of a request.
        case show(Asker)
        /// What a request went through, as spans.
        case trace(Asker)
        case list(Asker)
        case figures(Asker)
        case session(Asker, Conductor.SessionPurpose)
        /// A decision; the words say what was decided, and for which request.
        case decision(Asker, done: String)
        case cancel(Asker)
        case effect(Asker, step: UInt64)
        /// A worker's word about somebody else's request.
        case deposit(Relay)
        /// Words left for a step that nobody has, and for a request in hand.
        case words(step: UInt64)
        case mailbox(slot: UInt64)
        /// The journal of a run that was taken up, and the text of its workflow.
        case journal(slot: UInt64)
        case text(slot: UInt64)
        /// Which tasks of people were closed, and some of them.
        case peopleNews, peopleFound
        /// A stretch of the tasks of people; one of them; a person's word about one.
        case people(Asker)
        case person(Asker, Conductor.PersonPurpose)
        case personWord(Asker, PersonWord)
        case personToken(Asker, secret: String)
        /// An event that is to be kept, and one that is kept elsewhere, too.
        case publication(Conductor.Publication)
        case copy(Conductor.Publication)
        /// A stretch of a tenant's events.
        case events(tenant: String)
        /// What became of schedules; a firing of one; what a person decided of one.
        case schedules([ScheduleKey])
        case fired(ScheduleCommand.Firing)
        case scheduling(Asker, ScheduleKey, done: String)
        /// The journal of a run for whoever asks: what it is of, then its text, or a stretch of it.
        case run(Asker, wanted: String?)
        case runText(Asker, head: ObjectValue)
        case runPage(Asker)
        /// The text that a fork is to begin with, and the journal that it is to have.
        case origin(Asker)
        case originText(Asker, receiver: String)
        case originPage(slot: UInt64)
        /// News for somebody who follows a request.
        case following(Int)
    }

    /// What a worker said of a task that another orchestrator gave it.
    struct Relay {
        let peer: PeerID
        let tenant: String
        let request: String
        let step: UInt32
        let attempt: UInt32
        let word: StoredMessage
    }

    private let limit: Int
    private var purposes: [UInt64: Purpose] = [:]
    private var last: UInt64 = 0

    init(limit: Int = 10_000) { self.limit = limit }

    var isFull: Bool { purposes.count >= limit }

    mutating func ask(_ purpose: Purpose) -> UInt64 {
        last += 1
        purposes[last] = purpose
        return last
    }

    mutating func answered(_ ticket: UInt64) -> Purpose? { purposes.removeValue(forKey: ticket) }
}
