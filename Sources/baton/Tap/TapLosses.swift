import Wire

/// How many events of one orchestrator's tap did not come here, because this process was too slow.
/// Pure.
///
/// Whoever listens to everything sees it by gaps in the numbers. Everybody else compares what an
/// orchestrator says it published between two tallies with what came. It never says more than is
/// certain.
struct TapLosses: Sendable {
    /// A tally from which is counted, and how many events passed while it was on its way.
    private struct Base {
        let tally: TapTally
        let slack: UInt64
        /// What was missing since then, as far as it is told.
        var told: UInt64 = 0
    }

    private let topics: [String]
    private let seesAll: Bool
    /// What came under each topic since the base.
    private var counts: [UInt64]
    private var base: Base?
    private var epoch: String?
    private var next: UInt64?

    private(set) var lost: UInt64 = 0

    init(topics: [String]) {
        self.topics = topics
        seesAll = topics == [TapTopic.everything]
        counts = Array(repeating: 0, count: topics.count)
    }

    mutating func heard(_ number: UInt64, under topic: String) {
        guard !seesAll else {
            // A lower number is the first of an orchestrator that has begun anew.
            if let next, number > next { lost = Self.sum(lost, number - next) }
            next = number &+ 1
            return
        }
        for index in topics.indices where topic.hasPrefix(topics[index]) { counts[index] &+= 1 }
    }

    /// - Parameter number: of the tally's own mark: that of the latest event when it was published,
    ///   which may be later than when it was written.
    mutating func heard(_ tally: TapTally, _ number: UInt64) {
        if epoch != tally.epoch { interrupted() }
        epoch = tally.epoch
        let latest = max(number, tally.number)
        guard !seesAll else { return close(at: latest) }
        compare(tally, slack: latest - tally.number)
    }

    /// The connection is gone: what passes meanwhile is nobody's loss, and counting begins anew.
    mutating func interrupted() {
        base = nil
        next = nil
        begin()
    }

    // MARK: - Steps

    /// All events up to this number were published before.
    private mutating func close(at latest: UInt64) {
        if let next, latest >= next { lost = Self.sum(lost, Self.sum(latest - next, 1)) }
        next = max(next ?? 0, latest &+ 1)
    }

    private mutating func compare(_ tally: TapTally, slack: UInt64) {
        guard var base, base.tally.number <= tally.number else {
            base = Base(tally: tally, slack: slack)
            return begin()
        }
        let missing = missing(between: base.tally, and: tally)
        let certain = missing > base.slack ? missing - base.slack : 0
        if certain > base.told {
            lost = Self.sum(lost, certain - base.told)
            base.told = certain
        }
        self.base = base
        // The more exact one is counted from.
        guard slack == 0 || slack < base.slack else { return }
        self.base = Base(tally: tally, slack: slack)
        begin()
    }

    private mutating func begin() { counts = Array(repeating: 0, count: topics.count) }

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
