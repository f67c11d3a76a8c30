import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// What a measurement found, for programs and for people.
struct BenchResult {
    let plan: LoadGenerator
    let report: LoadGenerator.Report

    var value: Value {
        var object: ObjectValue = [
            "rps": .number((report.perSecond * 10).rounded() / 10),
            "p50_us": Self.microseconds(report.median),
            "p95_us": Self.microseconds(report.p95),
            "p99_us": Self.microseconds(report.p99),
            "max_us": Self.microseconds(report.longest),
            "longest_pause_ms": Self.milliseconds(report.longestPause),
            "errors": .init(report.errors),
            "strays": .init(report.strays),
            "durable": .bool(report.isDurable),
            "agent": .string(plan.agent),
            "pattern": .string(plan.pattern.rawValue),
            "bytes": .init(plan.content.count),
            "concurrency": .init(plan.inFlight),
            "seconds": .number((report.elapsed / .seconds(1) * 1000).rounded() / 1000),
            "n": .init(report.calls),
        ]
        if let rate = plan.rate {
            object["rate"] = .init(rate)
            object["missed"] = .init(report.missed)
        }
        if let error = report.firstError { object["first_error"] = .string(error) }
        return .object(object)
    }

    var lines: [Text] {
        let kind = report.isDurable ? "durable" : "volatile"
        let noun = plan.pattern == .call ? "calls" : "\(plan.pattern.rawValue) requests"
        let load =
            plan.rate.map { "\(Self.grouped($0)) offered a second" } ?? "\(plan.inFlight) in flight"
        var lines: [Text] = [
            "\(plan.agent, .bold): \(report.calls) \(kind) \(noun) of \(plan.content.count) bytes, "
                + "\(load)",
            "",
        ]
        if report.calls > 0 {
            lines += [
                "  calls a second   \(Self.grouped(Int(report.perSecond)), .green)",
                "  median           \(DurationText.exact(report.median))",
                "  95 %             \(DurationText.exact(report.p95))",
                "  99 %             \(DurationText.exact(report.p99))",
                "  longest          \(DurationText.exact(report.longest))",
                "  longest pause    \(DurationText.exact(report.longestPause))",
            ]
        }
        if report.missed > 0 {
            lines.append("  not made in time \(Self.grouped(report.missed), .yellow)")
        }
        if report.errors > 0 {
            lines.append("  errors           \(report.errors, .red)  \(report.firstError ?? "")")
        }
        return lines
    }

    private static func microseconds(_ duration: Duration) -> Value {
        .init(Int(clamping: DurationText.microseconds(duration)))
    }

    private static func milliseconds(_ duration: Duration) -> Value {
        .number((duration / .milliseconds(1) * 1000).rounded() / 1000)
    }

    /// `123 456`.
    private static func grouped(_ number: Int) -> String {
        var groups = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { groups = " " + groups }
            groups = String(digit) + groups
        }
        return groups
    }
}
