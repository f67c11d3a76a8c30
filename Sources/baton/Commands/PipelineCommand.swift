import Document
import Reactor
import Wire
import WorkerKit

/// `baton pipeline`: several agents one after the other; each one's result is the next one's input.
enum PipelineCommand {
    private static let stages = Argument(
        "AGENTS", .agents, "The agents in their order: a,b,c")

    /// How often it is looked which stage runs, where somebody sees it.
    private static let pause = Duration.milliseconds(300)

    static let command = Command(
        "pipeline", "Passes an input through several agents",
        discussion: """
            The first agent gets the input, each other one the result of the agent before it; what \
            the last one answers is printed. On a terminal it shows which stage runs. When a stage \
            fails the message names it.
            """,
        examples: [
            Example("baton pipeline echo,sleep,echo '{\"ms\": 300}'", "Three stages"),
            Example("baton pipeline echo,echo - < order.json", "From a file"),
        ],
        arguments: [stages, Asking.content], options: Asking.options
    ) { invocation in
        let names = try invocation.required(stages).split(separator: ",").map(String.init)
        var request = try Asking.prepare(
            .pipeline(names, Asking.content(invocation)), invocation)
        if request.requestID.isEmpty, request.delivery == .durable {
            request.requestID = "pipeline-\(String(UInt64.random(in: 0...(.max)), radix: 36))"
        }
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: names.joined(separator: ","), stages: names)
        let printer = AnswerPrinter(console, live, wantsJSON: invocation.wantsJSON)
        let id = request.requestID
        let answer = try await Asking.ask(
            request, Contact.address(invocation).plan(), live, console, onNews: printer.news
        ) { client in
            guard live.isShown, !id.isEmpty else { return }
            try await look(at: id, client, live, on: console.loop)
        }
        try printer.result(answer.answer, after: answer.time)
        return .ok
    }

    /// Not every handler reports progress, so the request itself is looked at.
    private static func look(
        at id: String, _ client: Client, _ live: LiveProgress, on loop: EventLoop
    ) async throws {
        while true {
            try await loop.sleep(for: pause)
            let row = try? await client.ask("request", ["id": .string(id)])
            if let agent = row?["agent"]?.string { live.works(agent) }
        }
    }
}
