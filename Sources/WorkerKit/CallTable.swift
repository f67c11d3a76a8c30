import Bus
import Reactor
import Telemetry
import Wire

/// The calls in hand: slots that are reused, found by the number that is part of each message id.
struct CallTable {
    typealias Ending = (Result<CallAnswer, Fault>) -> Void

    struct Call {
        fileprivate var generation: UInt64 = 0
        var request: CallRequest?
        /// Where it was sent; nil while no link can take it.
        var link: LinkID?
        /// When it lost its link; another orchestrator may not know the agent's workers yet.
        var recalled: Instant?
        /// Whether some orchestrator has promised that it will end.
        var isAccepted = false
        /// When it is sent again under its id; a durable one until it is known to be kept.
        var again = Instant.distantFuture
        /// How long it then waits for the next time.
        var pause = Duration.zero
        /// What the orchestrator said that turned it away last.
        var refusal: String?
        /// Whether it was told to come back at `again`, and goes nowhere before.
        var isHeld = false
        var onNews: ((CallNews) -> Void)?
        var onEnd: Ending?
        fileprivate var deadline = Instant.distantFuture
    }

    /// 16 bits of a number name the slot: so many calls are in hand at once.
    static let limit = 1 << 16

    private var calls: [Call] = []
    private var free: [Int] = []
    /// No deadline is earlier. Calls that end do not raise it: the next look does.
    private(set) var nextDeadline = Instant.distantFuture
    private let prefix: MessageNumber
    private(set) var count = 0
    /// Answers that no call was waiting for.
    private(set) var strays = 0

    init(prefix: MessageNumber) { self.prefix = prefix }

    /// Takes a slot; nil when the table is full.
    mutating func add(
        _ request: CallRequest, deadline: Instant, onNews: ((CallNews) -> Void)?,
        onEnd: @escaping Ending
    ) -> Int? {
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            guard calls.count < Self.limit else { return nil }
            slot = calls.count
            calls.append(Call())
        }
        calls[slot].generation = (calls[slot].generation + 1) & 0x1ff_ffff
        calls[slot].request = request
        calls[slot].onNews = onNews
        calls[slot].onEnd = onEnd
        calls[slot].deadline = deadline
        calls[slot].again = .distantFuture
        calls[slot].pause = .zero
        calls[slot].isHeld = false
        calls[slot].isAccepted = false
        if deadline < nextDeadline { nextDeadline = deadline }
        count += 1
        return slot
    }

    subscript(slot: Int) -> Call {
        _read { yield calls[slot] }
        _modify { yield &calls[slot] }
    }

    /// The id of the message a slot's call travels in.
    func messageID(_ slot: Int) -> String { prefix.text(number(slot)) }

    /// Names this use of a slot, also after it is over.
    func number(_ slot: Int) -> UInt64 { calls[slot].generation << 16 | UInt64(slot) }

    /// The slot of a number, unless that use of it is over.
    func slot(_ number: UInt64) -> Int? {
        let slot = Int(number & 0xffff)
        guard slot < calls.count, calls[slot].generation == number >> 16,
            calls[slot].request != nil
        else { return nil }
        return slot
    }

    /// The slot a correlation id names, if it is one of ours and not over.
    func slot(correlation: RawSpan) -> Int? { prefix.number(correlation).flatMap(slot) }

    /// An answer came to a call that is over, or was never made.
    mutating func noteStray() { strays += 1 }

    /// Takes the call out; its place may be taken at once.
    mutating func end(_ slot: Int) -> Ending? {
        guard calls[slot].request != nil else { return nil }
        calls[slot].request = nil
        calls[slot].link = nil
        calls[slot].recalled = nil
        calls[slot].onNews = nil
        free.append(slot)
        count -= 1
        return calls[slot].onEnd.take()
    }

    /// The calls whose time is up. One pass over all in hand, which costs less than keeping them in
    /// order: it is made when the earliest deadline comes, and hardly any call lives to see its
    /// own.
    mutating func takeLook(at now: Instant) -> [Int] {
        let due = slots { $0.deadline <= now }
        let rest = slots { $0.deadline > now }.lazy.map { [calls] in
            min(calls[$0].deadline, calls[$0].again)
        }.min()
        nextDeadline = rest.map { max($0, now + Self.betweenLooks) } ?? .distantFuture
        return due
    }

    /// The calls that are to be sent again by now: each is without a link from now on.
    mutating func takeRepeats(at now: Instant) {
        for slot in slots(where: { $0.again <= now }) {
            calls[slot].again = .distantFuture
            calls[slot].isHeld = false
            calls[slot].link = nil
        }
    }

    /// The call is sent again then, unless it is answered or known to be kept before.
    mutating func repeats(_ slot: Int, at moment: Instant) {
        calls[slot].again = moment
        if moment < nextDeadline { nextDeadline = moment }
    }

    func deadline(_ slot: Int) -> Instant { calls[slot].deadline }

    /// Looks are this far apart, however many deadlines lie close together.
    private static let betweenLooks = Duration.milliseconds(2)

    /// The calls that no link has and that may go, oldest slot first.
    var unsent: [Int] { slots { $0.link == nil && !$0.isHeld } }

    func sent(over link: LinkID) -> [Int] { slots { $0.link == link } }

    /// The calls that were made from within a task.
    func made(by task: TaskTable.Key) -> [Int] { slots { $0.request?.origin == task } }

    var all: [Int] { slots { _ in true } }

    private func slots(where condition: (Call) -> Bool) -> [Int] {
        calls.indices.filter { calls[$0].request != nil && condition(calls[$0]) }
    }
}
