/// One named figure as it stood at a moment, ready to be exported: what it means and its value for
/// each set of labels.
///
/// It is a copy: whoever exports it cannot disturb the counting.
package struct MetricFamily: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case counter(UInt64)
        case gauge(Int64)
        case histogram(Distribution)
    }

    /// What is exported of a histogram.
    package struct Distribution: Sendable, Hashable {
        package let count: UInt64
        package let sum: UInt64
        package let median: UInt64
        package let ninetyNinth: UInt64
        package let maximum: UInt64
    }

    package struct Sample: Sendable, Hashable {
        package let labels: [String: String]
        package let value: Value

        package init(_ value: Value, labels: [String: String] = [:]) {
            self.labels = labels
            self.value = value
        }
    }

    package let name: String
    package let help: String
    package var samples: [Sample]

    package init(_ name: String, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.help = help
        self.samples = samples
    }
}

extension Counter {
    package var snapshot: MetricFamily.Value { .counter(value) }
}

extension Gauge {
    package var snapshot: MetricFamily.Value { .gauge(value) }
}

extension Histogram {
    package var snapshot: MetricFamily.Value {
        .histogram(
            MetricFamily.Distribution(
                count: count, sum: sum, median: quantile(0.5) ?? 0,
                ninetyNinth: quantile(0.99) ?? 0, maximum: maximum))
    }
}
