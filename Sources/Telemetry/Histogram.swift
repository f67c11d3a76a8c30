/// How values are distributed, in 312 buckets whose width grows with the value: up to 2^41 the
/// estimate of a quantile is within an eighth of the truth, whatever the values were.
///
/// Recording is a shift and an addition and allocates nothing; it never fails and never traps.
/// Larger values are counted in the last bucket, so only their quantile suffers, and the maximum is
/// exact.
package struct Histogram: Sendable, Hashable {
    /// Each power of two is cut into eight buckets; below eight each value has its own.
    private static let subdivisionBits = 3
    private static let subdivisions = 1 << subdivisionBits
    private static let bucketCount = subdivisions * 39

    package private(set) var count: UInt64 = 0
    package private(set) var sum: UInt64 = 0
    package private(set) var maximum: UInt64 = 0
    private var buckets = [UInt64](repeating: 0, count: bucketCount)

    package init() {}

    package mutating func record(_ value: UInt64) {
        buckets[Self.bucket(of: value)] &+= 1
        count &+= 1
        let (total, overflow) = sum.addingReportingOverflow(value)
        sum = overflow ? .max : total
        maximum = max(maximum, value)
    }

    /// Records a time in microseconds; what lies before zero counts as zero.
    package mutating func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return record(0 as UInt64) }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return record(.max as UInt64) }
        let (total, carried) = whole.addingReportingOverflow(
            UInt64(attoseconds / 1_000_000_000_000))
        record(carried ? .max : total)
    }

    /// A value that the given share of all values does not exceed; nothing when nothing was
    /// recorded.
    package func quantile(_ share: Double) -> UInt64? {
        guard count > 0, !share.isNaN else { return nil }
        let rank = max(1, (Double(count) * min(max(share, 0), 1)).rounded(.up))
        var seen: UInt64 = 0
        for (index, number) in buckets.enumerated() where number > 0 {
            seen &+= number
            if Double(seen) >= rank { return min(Self.largestValue(in: index), maximum) }
        }
        return maximum
    }

    /// Adds what another histogram saw, as if it had been recorded here.
    package mutating func merge(_ other: Histogram) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        count &+= other.count
        let (total, overflow) = sum.addingReportingOverflow(other.sum)
        sum = overflow ? .max : total
        maximum = max(maximum, other.maximum)
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= subdivisions else { return Int(value) }
        let shift = UInt64.bitWidth - 1 - value.leadingZeroBitCount - subdivisionBits
        return min((shift << subdivisionBits) + Int(value >> UInt64(shift)), bucketCount - 1)
    }

    private static func largestValue(in bucket: Int) -> UInt64 {
        guard bucket >= subdivisions else { return UInt64(bucket) }
        guard bucket < bucketCount - 1 else { return .max }
        let shift = UInt64((bucket >> subdivisionBits) - 1)
        let leading = UInt64(bucket & (subdivisions - 1)) + UInt64(subdivisions)
        return ((leading + 1) << shift) - 1
    }
}
