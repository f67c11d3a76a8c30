import Wire
import WorkerKit

/// `baton call`: asks one agent and prints what it answers.
enum CallCommand {
    private static let agent = Argument(
        "AGENT", .agent, "An agent, or one of its instances as AGENT#INSTANCE")
    private static let stream = Option.flag(
        "stream", "Prints pieces of the answer as they come, then the result")

    static let command = Command(
        "call", "Calls an agent and prints its answer",
        discussion: """
            JSON is printed for people on a terminal and as it came elsewhere; other content is \
            written as it is. With --json the answer stands in an object, beside who gave it and \
            how long that took. Ctrl-C cancels the call, at the agent too.
            """,
        examples: [
            Example("baton call echo '{\"hello\": \"world\"}'", "Say something to echo"),
            Example("baton call echo - < order.json", "From a file"),
            Example("baton call echo#1 true --timeout 2s", "One instance, with little time"),
            Example("baton call echo '\"and then?\"' --session chat-7", "Go on where you were"),
            Example("baton call echo 1 --priority 9", "Before others that wait"),
            Example("baton call echo '\"hi\"' --json | jq .result", "For programs"),
        ],
        arguments: [agent, Asking.content], options: [stream] + Asking.options
    ) { invocation in
        let agent = try invocation.required(agent)
        let request = try Asking.prepare(
            CallRequest(agent: agent, content: Asking.content(invocation)), invocation)
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: agent)
        let printer = AnswerPrinter(
            console, live, wantsJSON: invocation.wantsJSON, showsPartials: invocation.flag(stream))
        let answer = try await Asking.ask(
            request, Contact.address(invocation).plan(), live, console, onNews: printer.news)
        try printer.result(answer.answer, after: answer.time)
        return .ok
    }
}
