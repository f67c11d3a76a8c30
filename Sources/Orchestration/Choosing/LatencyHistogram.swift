import Reactor

/// How long an instance took of late: buckets at most a quarter of their value wide, whose counts
/// are halved when there are many, so that what was long ago fades.
struct LatencyHistogram {
    /// Fewer than these say nothing about the slow ones among them.
    static let enough = 20
    /// From here on all counts are halved.
    private static let many: UInt32 = 512
    /// Four buckets for each power of two, from 1 µs to two hours.
    private static let buckets = 4 * 32

    /// Nothing is kept for an instance that never answered.
    private var counts: [UInt16] = []
    private(set) var count: UInt32 = 0

    mutating func record(_ duration: Duration) { record(nanoseconds: duration.wholeNanoseconds) }

    mutating func record(nanoseconds: Int64) {
        if counts.isEmpty { counts = [UInt16](repeating: 0, count: Self.buckets) }
        counts[Self.bucket(of: nanoseconds)] += 1
        count += 1
        if count >= Self.many { fade() }
    }

    /// Counts what another one has counted, too.
    mutating func add(_ other: LatencyHistogram) {
        guard !other.counts.isEmpty else { return }
        if counts.isEmpty { counts = [UInt16](repeating: 0, count: Self.buckets) }
        for bucket in counts.indices {
            let (sum, overflow) = counts[bucket].addingReportingOverflow(other.counts[bucket])
            counts[bucket] = overflow ? .max : sum
        }
        count = counts.reduce(0) { $0 + UInt32($1) }
    }

    /// A time that the given share of the answers did not exceed; nothing while there are too few.
    func quantile(_ share: Double) -> Duration? {
        guard count >= Self.enough else { return nil }
        let rank = UInt32((Double(count) * min(max(share, 0), 1)).rounded(.up))
        var seen: UInt32 = 0
        for (bucket, number) in counts.enumerated() {
            seen += UInt32(number)
            if seen >= max(1, rank) { return Self.longest(in: bucket) }
        }
        return Self.longest(in: Self.buckets - 1)
    }

    private mutating func fade() {
        count = 0
        for bucket in counts.indices {
            counts[bucket] /= 2
            count += UInt32(counts[bucket])
        }
    }

    private static func bucket(of nanoseconds: Int64) -> Int {
        let micros = UInt64(clamping: max(0, nanoseconds) / 1000)
        guard micros >= 4 else { return Int(micros) }
        let exponent = 63 - micros.leadingZeroBitCount
        let quarter = Int(micros >> UInt64(exponent - 2)) & 3
        return min((exponent - 1) * 4 + quarter, buckets - 1)
    }

    private static func longest(in bucket: Int) -> Duration {
        guard bucket >= 4 else { return .microseconds(bucket + 1) }
        let (exponent, quarter) = (bucket / 4 + 1, bucket % 4)
        return .microseconds((Int64(5 + quarter) << Int64(exponent - 2)))
    }
}
