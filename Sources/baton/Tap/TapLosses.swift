import Wire

/// How many events of one orchestrator's tap did not come here, because this process was too slow.
/// Pure.
///
/// Whoever listens to everything sees it by gaps in the numbers, everybody by the tallies: what an
/// orchestrator published between two of them is compared with what came. Both see the same losses,
/// which are counted once.
struct TapLosses: Sendable {
    private let topics: [String]
    private let seesAll: Bool
    /// What came under each topic since the latest tally.
    private var counts: [UInt64]
    private var latest: TapTally?
    private var next: UInt64?
    /// What gaps have told since the latest tally.
    private var gaps: UInt64 = 0

    private(set) var lost: UInt64 = 0

    init(topics: [String]) {
        self.topics = topics
        seesAll = topics == [TapTopic.everything]
        counts = Array(repeating: 0, count: topics.count)
    }

    mutating func heard(_ number: UInt64, under topic: String) {
        guard !seesAll else {
            counts[0] &+= 1
            // A lower number is the first of an orchestrator that has begun anew.
            if let next, number > next { note(number - next) }
            next = number &+ 1
            return
        }
        for index in topics.indices where topic.hasPrefix(topics[index]) { counts[index] &+= 1 }
    }

    mutating func heard(_ tally: TapTally) {
        defer { begin(after: tally) }
        guard let latest, latest.epoch == tally.epoch, latest.number <= tally.number else { return }
        // Whatever came before the tally was published before it.
        if seesAll, let next, tally.number >= next { note(Self.sum(tally.number - next, 1)) }
        let missing = missing(between: latest, and: tally)
        if missing > gaps { lost = Self.sum(lost, missing - gaps) }
    }

    /// The connection is gone: what passes meanwhile is nobody's loss, and counting begins anew.
    mutating func interrupted() {
        latest = nil
        next = nil
        gaps = 0
        counts = Array(repeating: 0, count: topics.count)
    }

    private mutating func begin(after tally: TapTally) {
        latest = tally
        gaps = 0
        counts = Array(repeating: 0, count: topics.count)
        if seesAll { next = tally.number &+ 1 }
    }

    private mutating func note(_ count: UInt64) {
        gaps = Self.sum(gaps, count)
        lost = Self.sum(lost, count)
    }

    private func missing(between earlier: TapTally, and later: TapTally) -> UInt64 {
        var sum: UInt64 = 0
        for (topic, count) in zip(topics, counts) {
            guard let now = later.published[topic] else { continue }
            // A subscription that was not there before has counted from nothing.
            let before = earlier.published[topic] ?? 0
            guard now > before, now - before > count else { continue }
            sum = Self.sum(sum, now - before - count)
        }
        return sum
    }

    /// Numbers come from elsewhere and may be any.
    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
