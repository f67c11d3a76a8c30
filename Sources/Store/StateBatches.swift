/// Commands on their way to Redis: which of them travel in one call, in which order, and which go
/// again because nobody knows what became of them. It sends nothing itself.
///
/// The commands of one request keep their order: a command joins an earlier call of its kind only
/// if no later call has its request in it, and what goes again goes before everything newer.
struct StateBatches {
    struct Batch {
        /// Grows with the place in the order.
        fileprivate(set) var number: UInt64
        let kind: StateCommand.Kind
        fileprivate(set) var commands: [StateCommand]
        fileprivate var bytes: Int
        /// Whether it left before without an answer: it may have run.
        fileprivate(set) var isUncertain = false
        /// Whether nothing may join it any more.
        fileprivate var isClosed = false
        /// Whether a request is in it more than once.
        fileprivate(set) var hasRepeats = false

        /// The requests it is about.
        var keys: some Sequence<RecordKey> { commands.lazy.compactMap(\.key) }

        fileprivate func hasAny(of keys: Set<RecordKey>) -> Bool {
            !keys.isEmpty && self.keys.contains(where: keys.contains)
        }
    }

    /// No script takes more at once.
    private static let most = 256
    /// Room between the numbers of two batches, for the pieces of one that is taken apart.
    private static let spacing: UInt64 = 1 << 16

    private let limit: Int
    private let byteLimit: Int
    private(set) var waiting: [Batch] = []
    private(set) var sent: [Batch] = []
    /// The batch of each kind that others may join.
    private var open = [UInt64](repeating: 0, count: StateCommand.Kind.allCases.count)
    /// The last waiting batch with a request in it. Entries of batches that have left do no harm.
    private var latest: [RecordKey: UInt64] = [:]
    private var number = UInt64.zero

    init(limit: Int, byteLimit: Int) {
        self.limit = min(max(1, limit), Self.most)
        self.byteLimit = byteLimit
    }

    var isEmpty: Bool { waiting.isEmpty && sent.isEmpty }

    mutating func add(_ command: StateCommand) {
        let kind = command.kind
        let key = command.key
        let size = command.size
        if let place = joinable(kind, key, size) {
            waiting[place].commands.append(command)
            waiting[place].bytes += size
            if let key,
                latest.updateValue(waiting[place].number, forKey: key) == waiting[place].number
            {
                waiting[place].hasRepeats = true
            }
            return
        }
        number += Self.spacing
        waiting.append(Batch(number: number, kind: kind, commands: [command], bytes: size))
        if kind.isGathered { open[kind.rawValue] = number }
        if let key { latest[key] = number }
    }

    private func joinable(_ kind: StateCommand.Kind, _ key: RecordKey?, _ size: Int) -> Int? {
        let number = open[kind.rawValue]
        guard number > 0, let place = waiting.lastIndex(where: { $0.number == number }),
            !waiting[place].isClosed, waiting[place].commands.count < limit,
            waiting[place].bytes + size <= byteLimit
        else { return nil }
        guard let key, let last = latest[key], last > number else { return place }
        return nil
    }

    /// Hands out what is to be sent now, oldest first, with at most `window` calls under way; one
    /// that others could still join leaves only if fewer than `eager` of its sort were: a stream of
    /// questions keeps it waiting for no one. Nothing overtakes a command of the same request that
    /// may not leave, but for questions.
    mutating func take(
        window: Int, eager: Int = .max, where mayLeave: (Batch) -> Bool
    ) -> [Batch] {
        guard sent.count < window, waiting.contains(where: mayLeave) else { return [] }
        let mayBlock = waiting.contains { !$0.kind.isQuestion && mayLeave($0) }
        var taken: [Batch] = []
        var kept: [Batch] = []
        var blocked: Set<RecordKey> = []
        let gathered = sent.count { $0.kind.isGathered }
        for (place, var batch) in waiting.enumerated() {
            guard mayBlock || sent.count + taken.count < window else {
                kept += waiting[place...]
                break
            }
            let mayGrow = batch.kind.isGathered && !batch.isClosed && batch.commands.count < limit
            guard sent.count + taken.count < window, !mayGrow || gathered < eager,
                mayLeave(batch),
                batch.kind.isQuestion || !batch.hasAny(of: blocked)
            else {
                if mayBlock { blocked.formUnion(batch.keys) }
                kept.append(batch)
                continue
            }
            batch.isClosed = true
            taken.append(batch)
        }
        waiting = kept
        sent += taken
        tidy()
        return taken
    }

    /// Forgets requests that wait no more.
    private mutating func tidy() {
        if waiting.isEmpty {
            latest.removeAll(keepingCapacity: latest.count < 4096)
        } else if latest.count > 4096 {
            let count = waiting.reduce(0) { $0 + $1.commands.count }
            guard latest.count > 2 * count else { return }
            latest.removeAll()
            for batch in waiting { for key in batch.keys { latest[key] = batch.number } }
        }
    }

    /// An answer has come: the batch is forgotten.
    mutating func done(_ number: UInt64) -> Batch? {
        guard let place = sent.firstIndex(where: { $0.number == number }) else { return nil }
        return sent.remove(at: place)
    }

    /// A batch goes again, in its old place: it may have run, or certainly did not.
    mutating func again(_ batch: Batch, isUncertain: Bool) {
        var batch = batch
        batch.isClosed = true
        batch.isUncertain = batch.isUncertain || isUncertain
        let place = waiting.firstIndex { $0.number > batch.number } ?? waiting.endIndex
        waiting.insert(batch, at: place)
        for key in batch.keys { latest[key] = max(latest[key] ?? 0, batch.number) }
    }

    /// A batch goes again, one command after the other: one of them spoils the others.
    mutating func apart(_ batch: Batch) {
        for (place, command) in batch.commands.enumerated() {
            var piece = Batch(
                number: batch.number + UInt64(place), kind: batch.kind, commands: [command],
                bytes: command.size)
            piece.isUncertain = batch.isUncertain
            again(piece, isUncertain: false)
        }
    }

    /// Takes back commands that never left.
    mutating func withdraw(where matches: (StateCommand.Kind) -> Bool) -> [StateCommand] {
        var withdrawn: [StateCommand] = []
        waiting.removeAll { batch in
            guard !batch.isUncertain, matches(batch.kind) else { return false }
            withdrawn += batch.commands
            return true
        }
        return withdrawn
    }

    /// The requests of which something waits or is under way.
    var keys: Set<RecordKey> {
        (waiting + sent).reduce(into: []) { $0.formUnion($1.keys) }
    }

    /// Those among the given ones of which something waits or is under way.
    func pending(among keys: Set<RecordKey>) -> Set<RecordKey> {
        pending(among: keys) { _ in true }
    }

    /// Those of which something waits or is under way that must be kept: they are in hand here.
    func owned(among keys: Set<RecordKey>) -> Set<RecordKey> {
        pending(among: keys) { $0.kind.isOwned }
    }

    private func pending(
        among keys: Set<RecordKey>, where counts: (Batch) -> Bool
    ) -> Set<RecordKey> {
        var found: Set<RecordKey> = []
        for batches in [waiting, sent] {
            for batch in batches where counts(batch) {
                for key in batch.keys where keys.contains(key) { found.insert(key) }
            }
        }
        return found
    }
}
