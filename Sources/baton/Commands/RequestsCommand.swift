import Document
import Telemetry
import Wire
import WorkerKit

/// `baton requests`: what the orchestrators have in hand, what the store keeps, and what people
/// decide about it.
enum RequestsCommand {
    private static let limit = Option(
        "limit", short: "n", .number(1...1000), "N", "How many of each orchestrator",
        default: "100")
    private static let offset = Option(
        "offset", .number(0...100_000_000), "N", "How many to pass over first", default: "0")
    private static let state = Option(
        "state", .choice(["open", "ready", "uncertain", "dead", "finished"]), "STATE",
        "What the store has in this state; without it what is in hand")
    static let tenant = Option(
        "tenant", .text, "TENANT", "Whose requests; for operators, without it their own")
    static let request = Argument(
        "REQUEST", .name, "A request's id, as baton notify and baton requests show it")

    static let command = Command(
        "requests", "Lists requests, shows, awaits, cancels or resolves one",
        discussion: "Without a command of its own it lists.",
        subcommands: [list, show, events, wait, cancel, resolve], firstStandsIn: true)

    private static let list = Command(
        "list", "Lists the requests in hand, or those the store has in a state",
        examples: [
            Example("baton requests", "What is waiting and running"),
            Example("baton requests --state uncertain", "What waits for a decision of yours"),
            Example("baton requests --state finished -n 20", "The latest that ended"),
            Example("baton requests --json | jq length", "How many"),
        ],
        options: [state, limit, offset, tenant]
    ) { invocation in
        var details: ObjectValue = ["limit": .init(invocation.number(limit) ?? 100)]
        if let count = invocation.number(offset), count > 0 { details["offset"] = .init(count) }
        if let whose = invocation.text(tenant) { details["tenant"] = .string(whose) }
        let word = invocation.text(state)
        if let word { details["state"] = .string(word) }
        let rows = try await RequestRows.asked(details, invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(.array(rows))
        } else if rows.isEmpty {
            try output.line(word.map { "Nothing is \($0)." } ?? "Nothing is in hand.")
        } else {
            try output.table(RequestRows.table(rows))
        }
        return .ok
    }

    private static let tree = Option.flag(
        "tree", "A workflow's run as a tree of its tasks, with what is open")

    private static let show = Command(
        "show", "Shows how a request stands, or how it ended",
        discussion: """
            What was decided about it, and why, is shown by baton explain. --tree shows the run \
            of a workflow task by task, also while it runs: the rounds of a loop as one, branches \
            and the workflows it has run below their tasks, and what is open and waits for whom.
            """,
        examples: [
            Example("baton requests show order-17", "Its state and who works on it"),
            Example("baton requests show order-17 --tree", "A workflow's run, task by task"),
        ],
        arguments: [request], options: [tree, tenant]
    ) { invocation in
        let id = try invocation.required(request)
        if invocation.flag(tree) {
            try await RunTreeView.show(id, invocation)
        } else {
            try await RequestView.show(id, invocation)
        }
        return .ok
    }

    private static let from = Option(
        "from", .number(1...1_000_000_000), "N", "The first event wanted", default: "1")
    private static let follow = Option.flag(
        "follow", short: "f", "Goes on until the request has ended; Ctrl-C stops watching")

    private static let events = Command(
        "events", "Shows what happened to a request, in order and without a gap",
        examples: [
            Example("baton requests events order-17", "What has happened"),
            Example("baton requests events order-17 --follow", "And what happens, to its end"),
            Example("baton requests events order-17 -f --from 5 --json", "For programs"),
        ],
        arguments: [request], options: [from, follow, tenant]
    ) { invocation in
        let id = try invocation.required(request)
        let first = invocation.number(from) ?? 1
        guard invocation.flag(follow) else {
            let row = await StepNames.added(
                to: try await RequestView.row(of: id, invocation), of: id, invocation)
            let rows = row["events"]?.array ?? []
            try RequestView.events(
                rows.filter { ($0["number"]?.integer ?? 0) >= first }, invocation)
            return .ok
        }
        let console = invocation.console
        let plan = try await whereabouts(of: id, invocation)
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        try await Interruption.cancelling(on: console.loop) {
            try await Contact.with(plan, on: console.loop, within: limit) { client in
                for try await event in client.watch(id, from: first) {
                    try RequestView.events([event.row], invocation, isStream: true)
                }
            }
        }
        return .ok
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

    // MARK: - Decisions

    private static let verdict = Option(
        "as", .choice(["done", "failed", "again"]), "VERDICT",
        "What came of it: it was done, it failed, or it is to be tried again")
    private static let result = Option(
        "result", .text, "JSON", "With done: its result; - reads standard input")
    private static let error = Option(
        "error", .text, "TEXT", "With failed: what its caller is told")

    private static let resolve = Command(
        "resolve", "Decides about a request of which nobody knows what came",
        discussion: """
            An unsafe step whose worker was lost is not tried again by itself: look whether it \
            happened, and say so. The one result then reaches whoever waits for it.
            """,
        examples: [
            Example("baton requests --state uncertain", "What waits for a decision"),
            Example(
                "baton requests resolve order-17 --as done --result '{\"paid\": true}'", "It was"),
            Example("baton requests resolve order-17 --as failed --error 'card refused'", "Not so"),
            Example("baton requests resolve order-17 --as again", "Doing it again does no harm"),
        ],
        arguments: [request], options: [verdict, result, error, tenant]
    ) { invocation in
        let id = try invocation.required(request)
        var details: ObjectValue = ["id": .string(id)]
        guard let word = invocation.text(verdict) else {
            throw Fault(Exit.usage, "resolve needs --as done, --as failed or --as again.")
        }
        details["as"] = .string(word)
        if let whose = invocation.text(tenant) { details["tenant"] = .string(whose) }
        if let text = invocation.text(result) {
            guard word == "done" else {
                throw Fault(Exit.usage, "--result goes with --as done.")
            }
            details["result"] = try Asking.value(text, "--result", invocation)
        }
        if let text = invocation.text(error) {
            guard word == "failed" else {
                throw Fault(Exit.usage, "--error goes with --as failed.")
            }
            details["error"] = .string(text)
        }
        let answer = try await Decision.made("resolve", details, invocation)
        try Decision.show([answer], invocation)
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
