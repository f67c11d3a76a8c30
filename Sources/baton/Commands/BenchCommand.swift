import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// `baton bench`: asks agents as fast as they answer and says what came of it.
enum BenchCommand {
    private static let agent = Option(
        "agent", .receiver, "AGENT", "Whom to ask; a,b,c in a pipeline or fan-out", default: "echo")
    private static let pattern = Option(
        "pattern", .choice(LoadGenerator.Pattern.allCases.map(\.rawValue)), "HOW", "How to ask",
        default: "call")
    private static let bytes = Option(
        "bytes", .number(Payload.smallest...WireLimits.content), "N",
        "The size of each content, which is JSON", default: "256")
    private static let concurrency = Option(
        "concurrency", short: "c", .number(1...LoadGenerator.mostInFlight), "N",
        "Calls in flight; with --rate at most so many [default: 64, with --rate 1000]")
    private static let rate = Option(
        "rate", short: "r", .number(1...1_000_000), "N",
        "Ask so many times a second, however slow the answers are")
    private static let seconds = Option(
        "seconds", short: "s", .number(1...3600), "S", "How long to measure", default: "5")
    private static let calls = Option(
        "calls", short: "n", .number(1...10_000_000), "N", "Make exactly so many calls instead")
    private static let durable = Option.flag(
        "durable", "Calls that survive the death of a process; without it volatile ones")

    static let command = Command(
        "bench", "Measures how many calls an agent answers",
        discussion: """
            A second before the measurement, at most, warms up and is not counted. Times are from \
            a call to its answer. "durable" is true only when every answer said that it was. \
            The exit code is 1 when a call failed. With --calls each of them is counted, nothing \
            warms up, and answers that come a second time are counted as strays. With --rate \
            calls are made by the clock, and their times count from when they were due; those \
            that are due for 100 ms while as many as allowed are in flight are not made and \
            counted as missed.
            """,
        examples: [
            Example("baton bench", "Five seconds of echo"),
            Example("baton bench --pattern pipeline --agent echo,echo,echo,echo", "Four stages"),
            Example("baton bench --calls 10000", "So many calls, and the longest pause in between"),
            Example("baton bench --rate 20000", "A steady load, and how long its answers take"),
            Example("baton bench --durable -c 256 -s 30 --json", "One object, for programs"),
        ],
        options: [agent, pattern, bytes, concurrency, rate, seconds, calls, durable]
    ) { invocation in
        let plan = plan(invocation)
        let console = invocation.console
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let report = try await Contact.with(invocation, within: limit) { client in
            try await Interruption.showing {
                try await show(plan, LiveLine(console.errors), on: console.loop)
            } while: {
                try await plan.run(on: client)
            }
        }
        let result = BenchResult(plan: plan, report: report)
        if invocation.wantsJSON {
            try console.output.json(result.value)
        } else {
            try console.output.lines(result.lines)
        }
        return report.errors == 0 && report.calls > 0 ? .ok : .failed
    }

    private static func plan(_ invocation: Invocation) -> LoadGenerator {
        var plan = LoadGenerator()
        plan.agent = invocation.text(agent) ?? plan.agent
        plan.pattern =
            invocation.text(pattern).flatMap(LoadGenerator.Pattern.init) ?? plan.pattern
        plan.content = RawContent(Payload.bytes(invocation.number(bytes) ?? 256))
        plan.rate = invocation.number(rate)
        plan.inFlight = invocation.number(concurrency) ?? (plan.rate == nil ? 64 : 1000)
        plan.duration = .seconds(invocation.number(seconds) ?? 5)
        plan.calls = invocation.number(calls)
        plan.delivery = invocation.flag(durable) ? .durable : .volatile
        plan.timeout = invocation.duration(CommonOptions.timeout) ?? plan.timeout
        return plan
    }

    private static func show(
        _ plan: LoadGenerator, _ line: LiveLine, on loop: EventLoop
    ) async throws {
        defer { line.clear() }
        guard line.isShown else { return }
        let end = loop.now + min(plan.warmUp, plan.duration) + plan.duration
        while true {
            guard plan.calls == nil else {
                line.spin("measuring \(plan.agent, .bold)")
                try await loop.sleep(for: .milliseconds(100))
                continue
            }
            let left = end - loop.now
            let stage = left > plan.duration ? "warming up" : "measuring"
            let rest = DurationText.spoken(min(max(.zero, left), plan.duration))
            line.spin("\(stage) \(plan.agent, .bold) \("· \(rest) left", .dim)")
            try await loop.sleep(for: .milliseconds(100))
        }
    }
}
