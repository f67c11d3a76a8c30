import Document
import Telemetry
import Wire

/// `baton tap`: what passes the bus, as lines, as JSON, as a diagram, or into a file.
enum TapCommand {
    static let agent = Option(
        "agent", short: "a", .agent, "NAME",
        "Only what an agent, or one of its instances, gets and sends",
        repeats: true)
    static let request = Option(
        "request", short: "r", .name, "ID", "Only this request and the calls made below it",
        repeats: true)
    static let type = Option(
        "type", short: "t", .messageTypes, "TYPE", "Only messages of this type: TASK, RESULT, …",
        repeats: true)
    static let session = Option(
        "session", short: "s", .name, "ID", "Only requests with this header session",
        repeats: true)
    static let errors = Option.flag("errors", "Only what failed: ERROR, FAIL and NACK")
    static let sent = Option.flag("sent", "Only what orchestrators send")
    static let received = Option.flag("received", "Only what orchestrators receive")
    static let all = Option.flag("all", "PING, PONG and READY too, which lines leave out")
    static let sequence = Option.flag(
        "sequence", "Draws the sequence diagram of a request as it happens")
    static let mermaid = Option.flag(
        "mermaid", "The same as a document of Mermaid, when the request has ended")
    static let record = Option(
        "record", .file, "FILE", "Keeps all in a file; shows it only if asked to as well")
    static let force = Option.flag("force", "Writes over a file that is there")
    static let from = Option("from", .file, "FILE", "Shows a recording in place of the bus")
    static let redact = Option(
        "redact", .text, "FIELD",
        "Replaces values by [redacted]: by name (password) or path (content.card.number)",
        repeats: true)
    static let limit = Option(
        "limit", short: "n", .number(1...1_000_000_000), "N", "Ends after so many events")
    static let span = Option("for", .duration, "TIME", "Ends after this time")

    static let command = Command(
        "tap", "Shows what passes the bus, live",
        discussion: """
            Every message that an orchestrator receives or sends, of all orchestrators at once. \
            Filters of one kind are alternatives, of several kinds all must be met. A line has the \
            time, who sent it to whom, its type, its request, how long after the request's message \
            before, and the beginning of its content; ⇢ arrived at the orchestrator, → left it.

            The bus never waits for a listener: what is too fast for this command is lost here, \
            and how much is said. Contents are cut at 4 KiB; with --json such a one stands there \
            as {"text": …} and what is not JSON as {"base64": …}.

            Ctrl-C ends. Over TCP the key (BATON_KEY) must be an operator's.
            """,
        examples: [
            Example("baton tap", "Everything but signs of life"),
            Example("baton tap --agent echo --type TASK,RESULT", "The work of one agent"),
            Example("baton tap --errors --json | jq .message.error", "What fails, for programs"),
            Example("baton tap --sequence", "A diagram of each request that begins"),
            Example("baton tap --mermaid --request order-17 > order.mmd", "For a document"),
            Example(
                "baton tap --record day.tap --redact password,headers.authorization", "Keep it"),
            Example("baton tap --from day.tap --request order-17 --sequence", "And look later"),
        ],
        options: [
            agent, request, type, session, errors, sent, received, all, sequence, mermaid, record,
            force, from, redact, limit, span,
        ]
    ) { invocation in
        let order = try TapOrder(invocation)
        if let file = invocation.text(from) {
            try TapReplay(order, invocation).show(file)
        } else {
            try await TapListening(order, invocation).run()
        }
        return .ok
    }
}
