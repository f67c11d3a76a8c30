import Document
import Telemetry
import Wire
import WorkerKit

/// `baton requests`: what the orchestrators have in hand, and what came of what they had.
enum RequestsCommand {
    private static let limit = Option(
        "limit", short: "n", .number(1...1000), "N", "How many of each orchestrator",
        default: "100")
    private static let request = Argument(
        "REQUEST", .name, "A request's id, as baton notify and baton requests show it")

    static let command = Command(
        "requests", "Lists the requests in hand, or shows, awaits, cancels one",
        discussion: "Without a command of its own it lists.",
        subcommands: [list, show, wait, cancel], firstStandsIn: true)

    private static let list = Command(
        "list", "Lists the requests in hand",
        examples: [
            Example("baton requests", "What is waiting and running"),
            Example("baton requests --json | jq length", "How many"),
        ],
        options: [limit]
    ) { invocation in
        let details: ObjectValue = ["limit": .init(invocation.number(limit) ?? 100)]
        let rows = try await Survey(questions: ["requests"], details: details).rows(invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(.array(rows))
        } else if rows.isEmpty {
            try output.line("Nothing is in hand.")
        } else {
            try output.table(table(rows))
        }
        return .ok
    }

    private static func table(_ rows: [Value]) -> Table {
        var table = Table([
            "request", "agent", "state", .number("attempt"), .number("age"), .number("left"),
            "worker",
        ])
        for row in rows {
            table.add([
                Text(row.shown("request"), .bold), Text(row.shown("agent")),
                Text(row.shown("state")), Text(row.shown("attempt")),
                Text(row.shownTime("age_ms")), Text(row.shownTime("left_ms")),
                Text(row.shown("worker")),
            ])
        }
        return table
    }

    private static let show = Command(
        "show", "Shows how a request stands",
        discussion: "What was decided about it, and why, is shown by baton explain.",
        examples: [Example("baton requests show order-17", "Its state and who works on it")],
        arguments: [request]
    ) { invocation in
        let id = try invocation.required(request)
        let row = try await row(of: id, invocation)
        let output = invocation.console.output
        guard !invocation.wantsJSON, let row = row.object else {
            try output.json(row)
            return .ok
        }
        let width = row.keys.map { DisplayWidth.of($0) }.max() ?? 0
        try output.lines(
            row.map { member in
                let text = member.value.string ?? JSON.text(member.value)
                return "\(Text(member.key, .dim).padded(to: width + 2))\(Text(text))"
            })
        return .ok
    }

    /// How it stands; what has ended is known by its result alone.
    private static func row(of id: String, _ invocation: Invocation) async throws -> Value {
        do {
            return try await Survey(questions: ["request"], details: ["id": .string(id)])
                .first(invocation)
        } catch let unknown as Fault where unknown.has(WireCode.notFound) {
            let details: ObjectValue = ["id": .string(id), "wait": false]
            do {
                let result = try await Survey(questions: ["result"], details: details)
                    .first(invocation)
                return ["request": .string(id), "state": "answered", "result": result]
            } catch let fault as Fault where !fault.has(WireCode.notFound) {
                return [
                    "request": .string(id), "state": "failed",
                    "code": .string(fault.code.rawValue), "message": .string(fault.message),
                ]
            }
        }
    }

    private static let wait = Command(
        "wait", "Waits for a request's end and prints what came of it",
        discussion: "A request that ended already is answered at once, until its result expires.",
        examples: [
            Example("baton requests wait order-17", "As if it had been called"),
            Example("baton requests wait order-17 --timeout 10m", "For longer"),
        ],
        arguments: [request]
    ) { invocation in
        let id = try invocation.required(request)
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: id)
        let printer = AnswerPrinter(console, live, wantsJSON: invocation.wantsJSON)
        let answer = try await Asking.ask(
            .result(of: id, wait: true, timeout: limit), whereabouts(of: id, invocation), live,
            console, onNews: printer.news)
        try printer.result(answer.answer, after: answer.time)
        return .ok
    }

    private static let cancel = Command(
        "cancel", "Ends a request, whoever asked for it",
        examples: [Example("baton requests cancel order-17", "Its caller is told, its worker too")],
        arguments: [request]
    ) { invocation in
        let id = try invocation.required(request)
        let console = invocation.console
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let plan = try await whereabouts(of: id, invocation)
        try await Contact.with(plan, on: console.loop, within: limit) { client in
            try await client.cancel(id, timeout: limit)
        }
        if invocation.wantsJSON {
            try console.output.json(["cancelled": .string(id)])
        } else {
            try console.output.line("Cancelled \(id, .bold)")
        }
        return .ok
    }

    /// The orchestrator that has the request; with one there is no question.
    private static func whereabouts(
        of id: String, _ invocation: Invocation
    ) async throws -> Session.Plan {
        let plans = try Contact.address(invocation).plans()
        guard plans.count > 1 else { return try Contact.address(invocation).plan() }
        let details: ObjectValue = ["id": .string(id), "wait": false]
        let answers = try await Survey(questions: ["result"], details: details).asked(invocation)
        for (entry, answer) in zip(plans, answers) {
            let isUnknown = answer.fault?.has(WireCode.notFound) == true
            if !isUnknown, answer.fault?.code is Exit == false { return entry.plan }
        }
        throw Fault(WireCode.notFound, "no request \(id) is known; see: baton requests")
    }
}
