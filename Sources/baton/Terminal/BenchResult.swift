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
            "p99_us": Self.microseconds(report.p99),
            "max_us": Self.microseconds(report.longest),
            "errors": .init(report.errors),
            "durable": .bool(report.isDurable),
            "agent": .string(plan.agent),
            "bytes": .init(plan.content.count),
            "concurrency": .init(plan.inFlight),
            "seconds": .init(Int(clamping: plan.duration.components.seconds)),
            "n": .init(report.calls),
        ]
        if let error = report.firstError { object["first_error"] = .string(error) }
        return .object(object)
    }

    var lines: [Text] {
        let kind = report.isDurable ? "durable" : "volatile"
        var lines: [Text] = [
            "\(plan.agent, .bold): \(report.calls) \(kind) calls of \(plan.content.count) bytes, "
                + "\(plan.inFlight) in flight",
            "",
        ]
        if report.calls > 0 {
            lines += [
                "  calls a second   \(Self.grouped(Int(report.perSecond)), .green)",
                "  median           \(Self.milliseconds(report.median))",
                "  99 %             \(Self.milliseconds(report.p99))",
                "  longest          \(Self.milliseconds(report.longest))",
            ]
        }
        if report.errors > 0 {
            lines.append("  errors           \(report.errors, .red)  \(report.firstError ?? "")")
        }
        return lines
    }

    private static func microseconds(_ duration: Duration) -> Value {
        .init(Int(clamping: duration.wholeNanoseconds / 1000))
    }

    /// `0.123 ms`.
    private static func milliseconds(_ duration: Duration) -> String {
        let microseconds = max(0, duration.wholeNanoseconds / 1000)
        let rest = String(microseconds % 1000)
        let zeros = String(repeating: "0", count: 3 - rest.count)
        return "\(microseconds / 1000).\(zeros)\(rest) ms"
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
