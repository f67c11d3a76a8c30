import Document
import Reactor
import Telemetry
import Wire

/// `baton trace`: where the time of one request went.
enum TraceCommand {
    private static let request = Argument(
        "REQUEST", .name, "A request's id, or a trace's 32 hexadecimal digits")
    private static let follow = Option.flag(
        "follow", short: "f", "Shows it anew until it has ended, or till Ctrl-C")

    private enum Delays {
        static let again = Duration.milliseconds(250)
    }

    static let command = Command(
        "trace", "Shows where the time of one request went, as a waterfall",
        discussion: """
            Each wait in line, each attempt and each request that agents made below it, by what \
            the orchestrators remember: what is in hand, and of each the latest 16,384 that \
            ended, at most 2,000 of a second. Nobody has to have listened. A restart of batond \
            forgets them.

              ━ a request   █ an attempt   ░ a wait   ▏ no time   ▸ goes on
            """,
        examples: [
            Example("baton trace order-17", "One request, and all below it"),
            Example("baton trace order-17 --follow", "As it goes on"),
            Example("baton trace 4bf92f3577b34da6a3ce929d0e0e4736", "All requests of a trace"),
            Example("baton trace order-17 --json | jq '.spans[].name'", "For programs"),
        ],
        arguments: [request], options: [follow]
    ) { invocation in
        let id = try invocation.required(request)
        var report = try await asked(id, invocation)
        if invocation.flag(follow), report.isOpen {
            report = try await following(id, report, invocation)
        }
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(report.value)
        } else {
            try output.lines(
                report.lines(width: output.terminal.tableWidth, now: now))
        }
        return .ok
    }

    private static var now: Int64 { Timestamp.now.milliseconds &* 1_000_000 }

    private static func following(
        _ id: String, _ first: TraceReport, _ invocation: Invocation
    ) async throws -> TraceReport {
        let console = invocation.console
        let isLive = console.output.terminal.rewrites && !invocation.wantsJSON
        return try await Interruption.cancelling(on: console.loop) {
            let screen = isLive ? try FullScreen(console.output, takesKeys: false) : nil
            defer { screen?.close() }
            var report = first
            while report.isOpen {
                try screen?.draw(
                    report.lines(width: WindowSize.now.columns, now: now)
                        + ["", "\("Ctrl-C ends", .dim)"])
                try await console.loop.sleep(for: Delays.again)
                report = try await asked(id, invocation)
            }
            return report
        }
    }

    // MARK: - Asking

    private static func asked(_ id: String, _ invocation: Invocation) async throws -> TraceReport {
        let answers = try await survey("id", id, invocation)
        var found = answers.compactMap { $0[0] }
        if found.isEmpty, isTrace(id) {
            found = try await survey("trace", id, invocation).compactMap { $0[0] }
        }
        guard !found.isEmpty else { throw unknown(id, answers) }
        let report = TraceReport(found)
        guard answers.count > 1, !report.trace.isEmpty else { return report }
        let others = try await survey("trace", report.trace, invocation)
        return TraceReport(found, others: others.compactMap { $0[0] })
    }

    private static func survey(
        _ key: String, _ value: String, _ invocation: Invocation
    ) async throws -> [Survey.Answer] {
        try await Survey(questions: ["trace"], details: [key: .string(value)]).asked(invocation)
    }

    private static func isTrace(_ text: String) -> Bool {
        text.utf8.count == 32 && text.allSatisfy(\.isHexDigit)
    }

    private static func unknown(_ id: String, _ answers: [Survey.Answer]) -> Fault {
        let faults = answers.compactMap(\.fault)
        let silent = faults.first { !$0.has(WireCode.notFound) }
        guard let first = silent ?? faults.first else {
            return Fault(Exit.unavailable, "No orchestrator is there to be asked.")
        }
        guard silent == nil, answers.count > 1 else { return first }
        let names = answers.map(\.orchestrator).joined(separator: ", ")
        return Fault(
            WireCode.notFound,
            "none of \(names) has a request \(id) in hand, or remembers that it ended")
    }
}
