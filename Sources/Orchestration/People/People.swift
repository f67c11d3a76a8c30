import Flow
import Reactor
import Store

/// What the runs in hand ask of people. Of those that the store keeps it holds the names alone, so
/// that thousands may wait for days; those of volatile runs are nowhere else.
struct People {
    struct Open {
        /// The run, by the token of its request, and the step that waits.
        let run: UInt64
        let step: StepKey
        /// Milliseconds between reminders; 0: none.
        var remind: Int64 = 0
        /// Milliseconds since 1970; 0: never.
        var due: UInt64 = 0
        var isKept = true
        /// The call that waits for it to be approved.
        var call: Call?
    }

    final class Call {
        let call: CallRequest
        init(_ call: CallRequest) { self.call = call }
    }

    /// Closed ones of volatile runs that are remembered, so that a second answer is told of the
    /// first.
    private static let remembered = 1_000

    private(set) var open: [PersonKey: Open] = [:]
    /// Those of volatile runs, with those that were closed lately.
    private(set) var volatile: [PersonKey: StoredPerson] = [:]
    private var closed = Deque<PersonKey>()
    /// The number up to which the store's news are known, and when they were asked for last.
    var known: UInt64 = 0
    var asked = Instant.zero
    var isAsking = false
    /// Those to be looked at one by one: news may have been missed.
    private(set) var unsure: [PersonKey] = []
    /// Where secrets come from.
    var secret: @Sendable () -> String = ApprovalSecret.made

    var count: Int { open.count }

    mutating func add(_ key: PersonKey, _ task: Open) { open[key] = task }

    mutating func add(_ task: StoredPerson) { volatile[task.key] = task }

    mutating func remove(_ key: PersonKey) -> Open? { open.removeValue(forKey: key) }

    /// A volatile task is closed: it is remembered for a while.
    mutating func close(
        _ key: PersonKey, as state: StoredPerson.State, by who: String = "", at now: UInt64
    ) {
        guard volatile[key]?.state == .open else { return }
        volatile[key]?.state = state
        volatile[key]?.by = who
        volatile[key]?.ended = now
        closed.append(key)
        while closed.count > Self.remembered, let oldest = closed.popFirst() {
            if volatile[oldest]?.state != .open { volatile[oldest] = nil }
        }
    }

    /// All that are kept may have been answered without a word of it.
    mutating func doubtAll() { unsure = open.filter { $0.value.isKept }.map(\.key) }

    mutating func takeUnsure(_ count: Int) -> [PersonKey] {
        let taken = Array(unsure.suffix(count))
        unsure.removeLast(taken.count)
        return taken
    }
}
