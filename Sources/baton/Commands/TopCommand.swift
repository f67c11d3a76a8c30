import Document
import Reactor
import Telemetry

/// `baton top`: what a cluster does just now, seen again and again.
enum TopCommand {
    private static let interval = Option(
        "interval", short: "i", .duration, "TIME",
        "How long from one look to the next, at least 100ms",
        default: "1s")
    private static let once = Option.flag(
        "once", "One picture, after one interval; without a terminal this is meant anyway")
    private static let count = Option(
        "count", short: "n", .number(1...1_000_000), "N", "Ends after so many pictures")
    private static let sort = Option(
        "sort", .choice(TopOrder.allCases.map(\.rawValue)), "WHAT", "What stands first",
        default: TopOrder.rate.rawValue)
    private static let agent = Option(
        "agent", .name, "NAME", "Only this agent and its instances")

    private enum Limits {
        /// Nobody reads faster, and the orchestrators have other work.
        static let shortest = Duration.milliseconds(100)
    }

    static let command = Command(
        "top", "Shows live what the orchestrators, agents and instances do",
        discussion: """
            Rates are of the time since the picture before; p50 and p99 of the latest answers of \
            each instance (~ is an average, where there are too few). An orchestrator that ends is \
            shown as gone, and again when it is back.

            On a terminal it fills the screen: q quits, s sorts by something else, p pauses. \
            Elsewhere one picture is printed, or --count of them with an empty line between; with \
            --json one object a line, till the reader leaves.
            """,
        examples: [
            Example("baton top", "Until q"),
            Example("baton top --once --sort errors", "One picture, for a ticket"),
            Example("baton top --agent cost --interval 5s", "One agent, averaged over longer"),
            Example(
                "baton top --json | jq -c '.agents[] | [.agent, .rate_per_s]'", "For programs"),
        ],
        options: [interval, once, count, sort, agent]
    ) { invocation in
        let pause = invocation.duration(interval) ?? .seconds(1)
        guard pause >= Limits.shortest else {
            throw Fault(Exit.usage, "--interval must be at least 100ms.")
        }
        // Where there is no cluster that is said at once, on the screen that everybody sees.
        _ = try Contact.address(invocation).plans()
        let terminal = invocation.console.output.terminal
        let watch = TopWatch(
            invocation, agent: invocation.text(agent), interval: pause)
        let order = invocation.text(sort).flatMap(TopOrder.init) ?? .rate
        let isLive = terminal.rewrites && !invocation.wantsJSON && !invocation.flag(once)
        if isLive {
            return try await LiveTop.run(
                watch, order, count: invocation.number(count), invocation.console)
        }
        let isOne = invocation.flag(once) || (!invocation.wantsJSON && !terminal.isTerminal)
        let most = invocation.flag(once) ? 1 : invocation.number(count) ?? (isOne ? 1 : nil)
        try await print(watch, order, most, invocation)
        return .ok
    }

    private static func print(
        _ watch: TopWatch, _ order: TopOrder, _ most: Int?, _ invocation: Invocation
    ) async throws {
        let output = invocation.console.output
        let wantsJSON = invocation.wantsJSON
        try await Interruption.cancelling(on: invocation.console.loop) {
            try await watch.frames { frame, number in
                guard number > 0 else { return true }
                if wantsJSON {
                    try output.json(frame.value(at: Timestamp.now.description))
                } else {
                    if number > 1 { try output.line() }
                    let page = TopPage(frame: frame, order: order, time: Timestamp.now.clock)
                    try output.lines(page.lines())
                }
                return number < most ?? .max
            }
        }
    }
}

extension Timestamp {
    /// `14:03:05`, in UTC.
    var clock: String { "\(description.dropFirst(11).prefix(8)) UTC" }
}
