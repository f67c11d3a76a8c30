import Reactor

/// Counts durations in buckets whose width is a 64th of their size: quantiles within 1.6 %, in
/// fixed memory.
struct LatencyCounts {
    private static let steps = 64
    private var counts = [Int](repeating: 0, count: steps * 64)
    private(set) var total = 0
    private(set) var longest = Duration.zero

    mutating func add(_ duration: Duration) {
        longest = max(longest, duration)
        counts[Self.bucket(UInt64(max(0, duration.wholeNanoseconds)))] += 1
        total += 1
    }

    /// The duration that this share of all stayed below.
    func quantile(_ share: Double) -> Duration {
        let wanted = Int((Double(total) * share).rounded(.up))
        var seen = 0
        for (bucket, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= wanted { return .nanoseconds(Self.upperBound(bucket)) }
        }
        return .zero
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(exponent - 6)) - steps
        return (exponent - 5) * steps + step
    }

    private static func upperBound(_ bucket: Int) -> Int64 {
        guard bucket >= steps else { return Int64(bucket) }
        let exponent = bucket / steps + 5
        let step = UInt64(bucket % steps + steps + 1)
        return Int64(clamping: step << UInt64(exponent - 6))
    }
}
