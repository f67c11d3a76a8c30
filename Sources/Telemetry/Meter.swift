/// Something that counts and can be read out: a plain struct whose fields are counters, gauges and
/// histograms.
///
/// Whoever does the work owns its meter and changes it in place, so counting is an addition and
/// needs no lock, no registry and no name. Names are given once, in the snapshot that is exported;
/// nothing is counted there.
package protocol Meter: Sendable {
    var families: [MetricFamily] { get }
}

/// How often something happened; it only grows, and stands still at its end instead of starting
/// again.
package struct Counter: Sendable, Hashable {
    package private(set) var value: UInt64 = 0

    package init() {}

    package mutating func add(_ amount: UInt64 = 1) {
        let (sum, overflow) = value.addingReportingOverflow(amount)
        value = overflow ? .max : sum
    }
}

/// How much of something there is now.
package struct Gauge: Sendable, Hashable {
    package var value: Int64

    package init(_ value: Int64 = 0) { self.value = value }
}
