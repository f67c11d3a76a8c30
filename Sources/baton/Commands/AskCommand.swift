import Document
import Reactor
import Synchronization
import Telemetry
import Wire
import WorkerKit

/// `baton ask`: one question to a workflow or an agent, and its answer as people read it.
enum AskCommand {
    private static let who = Argument(
        "NAME", .text, "A workflow, with :VERSION for that very one, or an agent")
    private static let question = Argument(
        "QUESTION", .text, "What is asked; - reads standard input")
    private static let set = Option(
        "set", .text, "FIELD=VALUE", "More of the input: JSON where it is some, else a text",
        repeats: true)

    static let command = Command(
        "ask", "Asks a workflow or an agent one question",
        discussion: """
            The input is {"query": QUESTION} and what --set adds. On a terminal a line tells of \
            each task that completes, and a question of the workflow to a person is asked right \
            here. Printed are the text of the answer, its sources and its confidence where it \
            has them; --json gives all of it. It waits ten minutes, or --timeout.
            """,
        examples: [
            Example("baton ask assistant \"Why is the bill so high?\"", "Ask a workflow"),
            Example("baton ask triage \"Is it down?\" --set ticket=7", "With more of its input"),
            Example("baton ask cost \"How much?\" --json | jq .result", "An agent; for programs"),
        ],
        arguments: [who, question], options: [set] + Asking.options
    ) { invocation in
        let receiver = try await receiver(try invocation.required(who), invocation)
        var input: ObjectValue = ["query": .string(try text(invocation))]
        for (name, value) in try ApproveCommand.fields(invocation.texts(set)) {
            input[name] = value
        }
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(600)
        var request = try Asking.prepare(
            CallRequest(agent: receiver, content: RawContent(json: .object(input))), invocation,
            timeout: limit)
        if request.requestID.isEmpty { request.requestID = AskID.made() }
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: receiver)
        let printer = AnswerPrinter(console, live, wantsJSON: invocation.wantsJSON)
        let wanted = request
        let listening = AskListening(request: request.requestID, live: live, invocation: invocation)
        let plan = try Contact.address(invocation).plan()
        let isSeen = console.errors.terminal.isTerminal && !invocation.wantsJSON
        let (start, signal) = AsyncStream.makeStream(of: Void.self)
        let answer = try await Interruption.showing {
            guard isSeen else { return signal.finish() }
            try await listening.run { signal.finish() }
        } while: {
            for await _ in start {}
            return try await Asking.ask(wanted, plan, live, console, onNews: printer.news)
        }
        guard !invocation.wantsJSON, let value = try? answer.answer.content.value(),
            let lines = AskedAnswer(value)?.lines
        else {
            try printer.result(answer.answer, after: answer.time)
            return .ok
        }
        try console.output.lines(lines)
        return .ok
    }

    private static func text(_ invocation: Invocation) throws -> String {
        let text = try invocation.required(question)
        guard text == "-" else { return text }
        let bytes = try invocation.console.input(WireLimits.content)
        guard let words = String(validating: bytes, as: UTF8.self) else {
            throw Fault(Exit.invalidInput, "Standard input is not valid UTF-8.")
        }
        return words.last == "\n" ? String(words.dropLast()) : words
    }

    /// A workflow of that name where one is served, else an agent.
    private static func receiver(_ name: String, _ invocation: Invocation) async throws -> String {
        if name.hasPrefix(WorkflowAddress.prefix) { return name }
        if let address = try? WorkflowAddress(name) {
            let survey = Survey(questions: ["workflows"], details: ["name": .string(address.name)])
            let rows = try await survey.rows(invocation)
            if rows.contains(where: { $0["error"] == nil }) { return address.receiver }
        }
        guard Kind.agent.problem(with: name) == nil else {
            throw Fault(
                Exit.usage, "\(Printable.quoted(name)) is no name of a workflow or an agent.")
        }
        return name
    }
}

/// Ids of requests that nobody chose.
private enum AskID {
    static func made() -> String {
        var generator = SystemRandomNumberGenerator()
        return "ask-" + String(generator.next(), radix: 36)
    }
}
