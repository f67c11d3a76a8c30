import Flow
import Store

/// The journal of a durable run: lines that the store does not keep yet, and what waits until it
/// does. Nothing that a run wants is done before all that led to it is kept.
struct RunJournal {
    /// What is done when the lines before it are kept.
    enum Effect {
        case perform(RunAction)
        /// A worker may forget its result: the step, by its token.
        case acknowledge(UInt64)
        /// A worker may begin with an effect that must not be repeated.
        case go(UInt64)
    }

    /// Lines of one command: so many the store adds before anybody notices.
    private static let batch = 100

    /// Lines the store has, and those it was asked to keep.
    private var kept: Int
    private var asked = 0
    private var lines: [StateCommand.Journaling.Entry] = []
    private var bodies: [StateCommand.Journaling.Body] = []
    private var known: Set<String> = []
    private var waiting: [(line: Int, effect: Effect)] = []
    private var isFinishing = false

    init(kept: Int = 0) { self.kept = kept }

    private var total: Int { kept + asked + lines.count }

    mutating func write(_ line: JournalLine, _ note: StateCommand.Journaling.Note? = nil) {
        let (bytes, body) = line.written
        lines.append(StateCommand.Journaling.Entry(bytes: bytes, note: note))
        if let body, known.insert(body.digest).inserted { bodies.append(body) }
    }

    mutating func hold(_ effect: Effect) {
        if case .perform(.finished) = effect { isFinishing = true }
        waiting.append((total, effect))
    }

    /// What is to be kept next; nothing while the store is at it, or has everything.
    mutating func next(of key: RecordKey) -> StateCommand.Journaling? {
        guard asked == 0, !lines.isEmpty else { return nil }
        let batch = Array(lines.prefix(Self.batch))
        asked = batch.count
        defer { bodies = [] }
        lines.removeFirst(batch.count)
        return StateCommand.Journaling(key: key, after: kept, entries: batch, bodies: bodies)
    }

    /// The store keeps what it was asked to.
    mutating func confirmed() {
        kept += asked
        asked = 0
    }

    /// What may be done now. The end of a run is asked for together with its last lines: the store
    /// keeps both or neither.
    mutating func due() -> [Effect] {
        let reach = isFinishing && lines.isEmpty ? kept + asked : kept
        let count = waiting.prefix { $0.line <= reach }.count
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map(\.effect)
    }
}
