import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// `baton call`: asks one agent and prints what it answers.
enum CallCommand {
    private static let agent = Argument(
        "AGENT", .agent, "An agent, or one of its instances as AGENT#INSTANCE")
    private static let content = Argument(
        "JSON", .text, "What it is asked, as JSON; - reads standard input")
    private static let volatile = Option.flag(
        "volatile", "Faster, and lost with a process that dies")
    private static let stream = Option.flag(
        "stream", "Prints pieces of the answer as they come, then the result")
    private static let header = Option(
        "header", short: "H", .text, "NAME=VALUE", "Sent along with the call", repeats: true)

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
            Example("baton call echo '\"hi\"' --json | jq .result", "For programs"),
        ],
        arguments: [agent, content], options: [volatile, stream, header]
    ) { invocation in
        let request = try request(invocation)
        let plan = try Contact.address(invocation).plan()
        let printer = AnswerPrinter(
            invocation.console, wantsJSON: invocation.wantsJSON,
            showsPartials: invocation.flag(stream))
        let loop = invocation.console.loop
        let began = loop.now
        let answer = try await Interruption.cancelling(on: loop) {
            try await Interruption.showing {
                try await printer.wait(for: request.agent, since: began, on: loop)
            } while: {
                try await Contact.with(plan, on: loop, within: request.timeout) { client in
                    var request = request
                    request.timeout = max(.milliseconds(1), request.timeout - (loop.now - began))
                    return try await client.session.call(request, onNews: printer.news)
                }
            }
        }
        try printer.result(answer, after: loop.now - began)
        return .ok
    }

    private static func request(_ invocation: Invocation) throws -> CallRequest {
        let bytes = try bytes(invocation.required(content), invocation.console)
        var request = CallRequest(
            agent: try invocation.required(agent), content: RawContent(bytes))
        request.timeout = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        if invocation.flag(volatile) { request.delivery = .volatile }
        for text in invocation.texts(header) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Fault(
                    Exit.usage, "--header is written NAME=VALUE, not \(Printable.quoted(text)).")
            }
            request.headers[String(parts[0])] = String(parts[1])
        }
        return request
    }

    /// The JSON to send, as it was written; checked here because here the place can be named.
    private static func bytes(_ text: String, _ console: Console) throws -> [UInt8] {
        let isInput = text == "-"
        let bytes = isInput ? try console.input(WireLimits.content) : Array(text.utf8)
        do throws(Fault) {
            _ = try JSON.parse(bytes, source: isInput ? "standard input" : "JSON")
        } catch {
            let isWord = text.unicodeScalars.first?.properties.isAlphabetic == true
            let hint = isWord ? "; text needs quotes of its own: '\"text\"'" : ""
            throw Fault(
                isInput ? Exit.invalidInput : Exit.usage, error.message + hint, at: error.place)
        }
        return bytes
    }
}
