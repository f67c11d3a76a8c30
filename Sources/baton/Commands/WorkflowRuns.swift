import Document
import Telemetry
import Wire
import WorkerKit

/// What `baton workflows` asks of a cluster: which workflows it serves, and what becomes of their
/// runs.
enum WorkflowRuns {
    private static let name = Argument(
        "WORKFLOW", .text, "NAME or NAMESPACE/NAME, with :VERSION for that very one")
    private static let request = Argument("REQUEST", .name, "The id of a run, as it was asked for")
    private static let type = Argument(
        "TYPE", .text, "The type of the event, such as order.placed")
    private static let data = Argument(
        "JSON", .text, "What it says; - is standard input", .optional)
    private static let input = Argument(
        "JSON", .text, "The workflow's input; - is standard input", .optional)
    private static let source = Option(
        "source", .text, "URI", "Where the event comes from; without it this program")

    private static let merge = Merge(key: "id", sums: ["running"])

    static let list = Command(
        "list", "Lists the workflows that can be run",
        examples: [
            Example("baton workflows", "A table"),
            Example("baton workflows list --json | jq '.[].id'", "For programs"),
        ]
    ) { invocation in
        let rows = merge(try await Survey(questions: ["workflows"]).rows(invocation))
        let latest = rows.filter {
            $0["latest"]?.bool == true || $0["served"]?.bool == false || $0["error"] != nil
        }
        try show(invocation.wantsJSON ? rows : latest, invocation)
        return rows.contains { $0["error"] != nil } ? .configuration : .ok
    }

    static let versions = Command(
        "versions", "Lists all versions of a workflow, and how many runs each has in hand",
        examples: [Example("baton workflows versions triage", "The highest first")],
        arguments: [name]
    ) { invocation in
        let address = try WorkflowAddress(try invocation.required(name))
        let survey = Survey(questions: ["workflows"], details: ["name": .string(address.name)])
        let rows = merge(try await survey.rows(invocation))
        guard !rows.isEmpty else {
            throw Fault(WireCode.notFound, "there is no workflow \(address.name)")
        }
        try show(rows, invocation)
        return .ok
    }

    static let show = Command(
        "show", "Prints the text of a workflow as it is served",
        examples: [
            Example("baton workflows show triage > triage.yaml", "The highest version"),
            Example("baton workflows show triage:1.0.0 | baton workflows graph -", "Drawn"),
        ],
        arguments: [name]
    ) { invocation in
        let survey = Survey(
            questions: ["workflow"], details: ["name": .string(try invocation.required(name))])
        let answer = try await survey.first(invocation)
        let output = invocation.console.output
        guard !invocation.wantsJSON else {
            try output.json(answer)
            return .ok
        }
        let lines = (answer["text"]?.string ?? "").split(
            separator: "\n", omittingEmptySubsequences: false)
        try output.lines(lines.map { Text(String($0)) })
        return .ok
    }

    static let run = Command(
        "run", "Runs a workflow and prints its output",
        discussion: """
            The input is one JSON value, {} without any. A workflow that fails prints its problem \
            and the place in its file it comes from. Ctrl-C cancels it, and all it has under way. \
            baton call workflow/NAME does the same with the options of a call.
            """,
        examples: [
            Example("baton workflows run triage '{\"ticket\": 7}'", "The highest version"),
            Example("baton workflows run triage:1.0.0 - < ticket.json", "That very one"),
            Example("baton workflows run nightly --timeout 1h", "With more time"),
        ],
        arguments: [name, input], options: Asking.options
    ) { invocation in
        let address = try WorkflowAddress(try invocation.required(name))
        let content = try Asking.content(invocation.text(input) ?? "{}", invocation)
        let request = try Asking.prepare(
            CallRequest(agent: address.receiver, content: content), invocation)
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: address.description)
        let printer = AnswerPrinter(
            console, live, wantsJSON: invocation.wantsJSON, showsPartials: false)
        let answer = try await Asking.ask(
            request, Contact.address(invocation).plan(), live, console, onNews: printer.news)
        try printer.result(answer.answer, after: answer.time)
        return .ok
    }

    static let emit = Command(
        "emit", "Tells workflows that listen of an event",
        discussion: """
            The event is a CloudEvent of your own tenant; id, time and source are filled in. It \
            reaches the runs that listen now, and workflows with schedule: {on: …}, once, \
            whichever orchestrators are there.
            """,
        examples: [
            Example("baton workflows emit order.placed '{\"id\": 7}'", "With data"),
            Example("baton workflows emit day.ended --source urn:clock", "From somewhere"),
        ],
        arguments: [type, data], options: [source]
    ) { invocation in
        var event: ObjectValue = ["type": .string(try invocation.required(type))]
        if let text = invocation.text(data) {
            event["data"] = try Asking.value(text, "JSON", invocation)
        }
        event["source"] = .string(invocation.text(source) ?? "baton")
        // All orchestrators are told, and one of them is to keep it.
        event["id"] = .string("e-\(String(UInt64.random(in: 0...(.max)), radix: 36))")
        let survey = Survey(questions: ["emit"], details: ["event": .object(event)])
        let answers = try await survey.asked(invocation)
        guard let told = answers.compactMap({ $0[0] }).first else {
            throw answers.compactMap(\.fault).first
                ?? Fault(Exit.unavailable, "No orchestrator is there to be told.")
        }
        let listeners = answers.reduce(0) { $0 + ($1[0]?["listeners"]?.integer ?? 0) }
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["event": told["event"] ?? .null, "listeners": .init(listeners)])
        } else {
            try output.line("Told \(Count.of(listeners, "listening run"))")
        }
        return .ok
    }

    static let suspend = turn(
        "suspend", "Stops a run where it is",
        "What it has asked for goes on; what comes of that waits until the run is resumed.")
    static let resume = turn("resume", "Lets a suspended run go on", "")

    // MARK: - Steps

    private static func turn(_ word: String, _ summary: String, _ more: String) -> Command {
        Command(
            word, summary, discussion: more,
            examples: [Example("baton workflows \(word) report-7", "By the id of its request")],
            arguments: [request]
        ) { invocation in
            let id = try invocation.required(request)
            let answer = try await Decision.made(word, ["id": .string(id)], invocation)
            if invocation.wantsJSON {
                try invocation.console.output.json(answer)
            } else {
                let state = word == "suspend" ? "suspended" : "running"
                try invocation.console.output.line("\(id, .bold) is \(state).")
            }
            return .ok
        }
    }

    private static func show(_ rows: [Value], _ invocation: Invocation) throws {
        let output = invocation.console.output
        guard !invocation.wantsJSON else { return try output.json(.array(rows)) }
        guard !rows.isEmpty else {
            return try output.line(
                "No workflow is served yet; begin one with: baton init workflow NAME")
        }
        let good = rows.filter { $0["error"] == nil }
        if !good.isEmpty {
            var table = Table([
                "workflow", "version", .number("running"), "namespace", "from", "title",
            ])
            for row in good {
                table.add([
                    Text(row.shown("workflow"), .bold), Text(row.shown("version")),
                    Text(row.shown("running")), Text(row.shown("namespace")),
                    row["served"]?.bool == false
                        ? "\("an earlier text", .dim)" : Text(row.shown("from")),
                    Text(row["title"] == nil ? row.shown("summary") : row.shown("title")),
                ])
            }
            try output.table(table)
        }
        for row in rows where row["error"] != nil {
            for line in row.shown("error").split(separator: "\n") {
                try output.line("\(Text("broken", .red)) \(Text(String(line)))")
            }
        }
    }
}
