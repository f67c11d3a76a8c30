import Bus
import Reactor
import Wire

/// The words about side effects that no orchestrator has answered yet: pure, bounded.
///
/// A word is said again until it is answered, under the same id, so that its second arrival is
/// known for what it is. One about an effect that is to come ends with its task; one about an
/// effect that happened is true whoever waits for it, and outlives its task for a while.
struct EffectTable {
    typealias Ending = (Result<EffectVerdict, any Error>) -> Void

    struct Word {
        let number: UInt64
        let task: TaskContext
        /// EFFECT_BEGIN or EFFECT_DONE.
        let type: MessageType
        let call: String
        let content: ContentBytes
        let until: Instant
        fileprivate(set) var due: Instant
        fileprivate var delay: Duration
        /// Nil: nobody waits for the answer any more.
        fileprivate(set) var onEnd: Ending?
    }

    private enum Limits {
        static let words = 4096
        static let firstDelay = Duration.seconds(2)
        static let longestDelay = Duration.seconds(5)
        /// How long what happened is told beyond the task's own time.
        static let patience = Duration.seconds(60)
    }

    private let names: MessageNumber
    private var words: [UInt64: Word] = [:]
    private var last: UInt64 = 0

    /// - Parameter prefix: six characters of `[a-z0-9]`, this process's own.
    init(prefix: String) { names = MessageNumber(prefix: prefix) }

    var isEmpty: Bool { words.isEmpty }

    var nextLook: Instant? { words.values.lazy.map { min($0.due, $0.until) }.min() }

    /// Takes a word, to be said at once; nil when there are too many.
    mutating func add(
        _ type: MessageType, _ call: String, _ content: ContentBytes, of task: TaskContext,
        at now: Instant, onEnd: @escaping Ending
    ) -> UInt64? {
        guard words.count < Limits.words else { return nil }
        last += 1
        words[last] = Word(
            number: last, task: task, type: type, call: call, content: content,
            until: type == .effectDone ? task.deadline + Limits.patience : task.deadline,
            due: now, delay: Limits.firstDelay, onEnd: onEnd)
        return last
    }

    /// What the word travels under, each time it does.
    func messageID(_ word: Word) -> String { names.text(word.number) }

    /// The word that an answer is about, unless it is answered already.
    func number(correlation: RawSpan) -> UInt64? {
        names.number(correlation).flatMap { words[$0] == nil ? nil : $0 }
    }

    subscript(number: UInt64) -> Word? { words[number] }

    mutating func remove(_ number: UInt64) -> Word? { words.removeValue(forKey: number) }

    /// Nobody waits for the answer any more. What is to come need not be asked about then; what
    /// happened is still told.
    mutating func stopWaiting(_ number: UInt64) -> Ending? {
        let ending = words[number]?.onEnd.take()
        if words[number]?.type == .effectBegin { words[number] = nil }
        return ending
    }

    /// The words of a task that somebody waits for.
    func awaited(by task: TaskTable.Key) -> [UInt64] {
        words.values.filter { $0.onEnd != nil && $0.task.key == task }.map(\.number).sorted()
    }

    /// The words that are to be said by now; each is due again later, with growing delays.
    mutating func takeDue(at now: Instant) -> [Word] {
        let due = words.values.filter { $0.due <= now }
        for word in due {
            words[word.number]?.due = now + word.delay
            words[word.number]?.delay = min(word.delay * 2, Limits.longestDelay)
        }
        return due.sorted { $0.number < $1.number }
    }

    /// Takes out the words whose time is over.
    mutating func takeExpired(at now: Instant) -> [Word] {
        let over = words.values.filter { $0.until <= now }
        for word in over { words[word.number] = nil }
        return over.sorted { $0.number < $1.number }
    }

    mutating func takeAll() -> [Word] {
        defer { words = [:] }
        return words.values.sorted { $0.number < $1.number }
    }

    /// A link is there again: what belongs to it is said at once.
    mutating func hurry(_ link: LinkID, at now: Instant) {
        for word in words.values where word.task.home?.link == link {
            words[word.number]?.due = now
            words[word.number]?.delay = Limits.firstDelay
        }
    }

    /// Another orchestrator has taken an attempt of a step over: what is to be said of it is said
    /// there, at once.
    mutating func move(
        _ step: TaskTable.StepKey, attempt: UInt32, to home: TaskHome, fence: Fence, at now: Instant
    ) {
        for word in words.values where word.task.attempt == attempt && word.task.stepKey == step {
            word.task.move(to: home, fence: fence)
            words[word.number]?.due = now
            words[word.number]?.delay = Limits.firstDelay
        }
    }

    /// An orchestrator is gone for good: its number for the task means nothing to anybody.
    mutating func orphan(_ link: LinkID, at now: Instant) {
        for word in words.values where word.task.home?.link == link {
            word.task.loseHome(at: now)
        }
    }

    /// The orchestrator cannot say just now: it is asked again later.
    mutating func postpone(_ number: UInt64, until moment: Instant) {
        words[number]?.due = moment
    }
}
