import Document
import Telemetry
import Wire

/// `baton dead`: requests that were given up and are kept for somebody to look at.
enum DeadCommand {
    private enum Limits {
        /// So many are asked for at once.
        static let page = 500
    }

    private static let limit = Option(
        "limit", short: "n", .number(1...1000), "N", "How many", default: "100")
    private static let offset = Option(
        "offset", .number(0...100_000_000), "N", "How many to pass over first", default: "0")
    private static let all = Option.flag("all", "Every dead letter there is")
    private static let request = RequestsCommand.request
    private static let tenant = RequestsCommand.tenant

    static let command = Command(
        "dead", "Lists dead letters, shows, replays or discards one",
        discussion: """
            A request that failed in a way somebody must look at, as one that killed three \
            workers, is a dead letter: it is kept until it is replayed or discarded.
            """,
        subcommands: [list, show, replay, discard], firstStandsIn: true)

    private static let list = Command(
        "list", "Lists the dead letters, the latest last",
        examples: [
            Example("baton dead", "All of them, up to a hundred"),
            Example("baton dead --json | jq '.[].request'", "Their ids"),
        ],
        options: [limit, offset, tenant]
    ) { invocation in
        let rows = try await page(
            invocation.number(limit) ?? 100, from: invocation.number(offset) ?? 0, invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(.array(rows))
        } else if rows.isEmpty {
            try output.line("There are no dead letters.")
        } else {
            try output.table(RequestRows.table(rows))
        }
        return .ok
    }

    private static func page(
        _ count: Int, from start: Int, _ invocation: Invocation
    ) async throws -> [Value] {
        var details: ObjectValue = ["state": "dead", "limit": .init(count)]
        if start > 0 { details["offset"] = .init(start) }
        if let whose = invocation.text(tenant) { details["tenant"] = .string(whose) }
        return try await RequestRows.asked(details, invocation)
    }

    private static let show = Command(
        "show", "Shows one with its input, its error and what happened to it",
        examples: [Example("baton dead show order-17", "Why it was given up")],
        arguments: [request], options: [tenant]
    ) { invocation in
        try await RequestView.show(try invocation.required(request), invocation)
        return .ok
    }

    private static let some = Argument(
        "REQUEST", .name, "A dead letter's id; without it --all", .optional)

    private static let replay = Command(
        "replay", "Tries one again, or all of them",
        discussion: "It is the same request under the same id; whoever waits gets its result.",
        examples: [
            Example("baton dead replay order-17", "Once its cause is mended"),
            Example("baton dead replay --all", "Every one"),
        ],
        arguments: [some], options: [all, tenant]
    ) { invocation in
        if let id = invocation.text(some) {
            guard !invocation.flag(all) else {
                throw Fault(Exit.usage, "replay takes a request or --all, not both.")
            }
            let answer = try await decide("revive", id, invocation.text(tenant), invocation)
            try Decision.show([answer], invocation)
            return .ok
        }
        guard invocation.flag(all) else {
            throw Fault(Exit.usage, "replay needs a request, or --all for every dead letter.")
        }
        return try await replayAll(invocation)
    }

    private static func replayAll(_ invocation: Invocation) async throws -> Exit {
        let console = invocation.console
        let line = LiveLine(console.errors)
        defer { line.clear() }
        var (answers, faults): ([Value], [Fault]) = ([], [])
        while true {
            // What could not be replayed stays at the front.
            let rows = try await page(Limits.page, from: faults.count, invocation)
            for row in rows {
                let whose = row["tenant"]?.string
                do {
                    let id = row.shown("request")
                    answers.append(try await decide("revive", id, whose, invocation))
                } catch let fault as Fault where !fault.has(Exit.unavailable) {
                    faults.append(fault)
                }
                line.spin("\(answers.count) replayed")
            }
            guard rows.count == Limits.page else { break }
        }
        line.clear()
        if invocation.wantsJSON {
            try console.output.json([
                "replayed": .init(answers.count), "refused": .init(faults.count),
            ])
        } else {
            try console.output.line("Replayed \(Count.of(answers.count, "dead letter")).")
            try console.errors.lines(faults.prefix(10).map { Text("\($0)", .yellow) })
        }
        return faults.isEmpty ? .ok : .failed
    }

    private static let discard = Command(
        "discard", "Lets one go: it is kept as any that ended, and then forgotten",
        examples: [Example("baton dead discard order-17", "Nothing is to be done about it")],
        arguments: [request], options: [tenant]
    ) { invocation in
        let id = try invocation.required(request)
        let answer = try await decide("discard", id, invocation.text(tenant), invocation)
        try Decision.show([answer], invocation)
        return .ok
    }

    private static func decide(
        _ question: String, _ id: String, _ whose: String?, _ invocation: Invocation
    ) async throws -> Value {
        var details: ObjectValue = ["id": .string(id)]
        if let whose { details["tenant"] = .string(whose) }
        return try await Decision.made(question, details, invocation)
    }
}
