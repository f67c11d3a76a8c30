import Wire
import WorkerKit

/// `baton notify`: has an agent do something in the background and prints the request's id.
enum NotifyCommand {
    private static let agent = Argument(
        "AGENT", .agent, "An agent, or one of its instances as AGENT#INSTANCE")
    private static let within = Option(
        "within", .duration, "TIME", "How long the work may take", default: "15m")

    static let command = Command(
        "notify", "Has an agent do something in the background",
        discussion: """
            Prints the id of the request as soon as it is accepted. What came of it is shown by \
            baton requests wait ID, until it expires.
            """,
        examples: [
            Example("baton notify sleep '{\"ms\": 5000}'", "Go on at once"),
            Example("id=$(baton notify echo 1) && baton requests wait $id", "And fetch the result"),
            Example("baton notify echo 1 --id order-17", "Twice is once"),
        ],
        arguments: [agent, Asking.content], options: [within] + Asking.options
    ) { invocation in
        let agent = try invocation.required(agent)
        var request = try Asking.prepare(
            CallRequest(.notification, agent: agent, content: Asking.content(invocation)),
            invocation, timeout: invocation.duration(within))
        request.patience = invocation.duration(CommonOptions.timeout)
        let console = invocation.console
        let answer = try await Asking.ask(
            request, Contact.address(invocation).plan(),
            LiveProgress(console, waitingFor: agent), console, onNews: { _ in })
        try show(answer.answer, invocation)
        return .ok
    }

    private static func show(_ answer: CallAnswer, _ invocation: Invocation) throws {
        let console = invocation.console
        guard !invocation.wantsJSON else {
            return try console.output.json([
                "request": .string(answer.requestID),
                "durable": .bool(answer.delivery == .durable),
            ])
        }
        try console.output.line(Text(answer.requestID))
        guard console.output.terminal.isTerminal, !invocation.flag(Asking.volatile) else { return }
        try console.errors.line(
            "\("What came of it:", .dim) \("baton requests wait \(answer.requestID)", .bold)")
    }
}
