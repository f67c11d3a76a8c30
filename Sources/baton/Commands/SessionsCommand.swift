import Document
import Telemetry
import Wire

/// `baton sessions`: requests that share a conversation.
enum SessionsCommand {
    private static let limit = Option(
        "limit", short: "n", .number(1...500), "N", "How many", default: "100")
    private static let offset = Option(
        "offset", .number(0...100_000_000), "N", "How many to pass over first", default: "0")
    private static let requests = Option(
        "requests", .number(0...32), "N",
        "Of how many of its last requests the stages, events and errors are shown", default: "3")
    private static let tenant = Option(
        "tenant", .text, "TENANT", "Whose sessions; for operators, without it their own")
    private static let session = Argument(
        "SESSION", .name, "A session's id, as baton sessions shows it")
    private static let some = Argument(
        "SESSION", .name, "An id of your own; without it one is made", .optional)

    static let command = Command(
        "sessions", "Lists sessions, shows, opens or ends one",
        discussion: """
            Requests that name the same session share a conversation: their agents find what was \
            asked and answered before. A session needs no opening: baton call --session ID is \
            enough. One that nobody uses for a day expires. Without a command of its own it lists.
            """,
        subcommands: [list, show, open, end], firstStandsIn: true)

    private static let list = Command(
        "list", "Lists the sessions, the latest first",
        examples: [
            Example("baton sessions", "Which there are"),
            Example("baton sessions --json | jq .bytes", "What they take in the store"),
        ],
        options: [limit, offset, tenant]
    ) { invocation in
        var details: ObjectValue = ["limit": .init(invocation.number(limit) ?? 100)]
        if let count = invocation.number(offset), count > 0 { details["offset"] = .init(count) }
        if let whose = invocation.text(tenant) { details["tenant"] = .string(whose) }
        let answer = try await Survey(questions: ["sessions"], details: details)
            .first(invocation)
        let output = invocation.console.output
        let rows = answer["sessions"]?.array ?? []
        if invocation.wantsJSON {
            try output.json(answer)
        } else if rows.isEmpty {
            try output.line("There are no sessions.")
        } else {
            try output.table(SessionView.table(rows))
            let total = answer["total"]?.integer ?? rows.count
            if total > rows.count {
                try output.line("\(rows.count) of \(total) sessions; see --limit and --offset.")
            }
        }
        return .ok
    }

    private static let show = Command(
        "show", "Shows what was said in a session, and what became of its last requests",
        examples: [
            Example("baton sessions show chat-7", "Its conversation, stages, times and errors"),
            Example("baton sessions show chat-7 --requests 0", "The conversation alone"),
            Example("baton sessions show chat-7 --json | jq .conversation", "For programs"),
        ],
        arguments: [session], options: [requests, tenant]
    ) { invocation in
        let id = try invocation.required(session)
        let all = try await SessionView.session(
            id, requests: invocation.number(requests) ?? 3, tenant: invocation.text(tenant),
            invocation)
        try SessionView.show(all, invocation)
        return .ok
    }

    private static let open = Command(
        "open", "Makes a session before anything is asked in it, and prints its id",
        discussion: "One that is there already stays as it is.",
        examples: [
            Example("baton sessions open chat-7", "Under an id of your own"),
            Example("S=$(baton sessions open); baton call echo 1 --session $S", "In a script"),
        ],
        arguments: [some]
    ) { invocation in
        let id = invocation.text(some) ?? SessionID.made()
        let answer = try await Decision.made("open_session", ["id": .string(id)], invocation)
        let output = invocation.console.output
        if invocation.wantsJSON { try output.json(answer) } else { try output.line("\(id)") }
        return .ok
    }

    private static let end = Command(
        "end", "Ends a session: what was said in it is forgotten",
        discussion: """
            Requests of it that are under way go on, and leave nothing in it. A request that \
            names it later begins it anew.
            """,
        examples: [Example("baton sessions end chat-7", "Before its day is over")],
        arguments: [session], options: [tenant]
    ) { invocation in
        let id = try invocation.required(session)
        var details: ObjectValue = ["id": .string(id)]
        if let whose = invocation.text(tenant) { details["tenant"] = .string(whose) }
        let answer = try await Decision.made("end_session", details, invocation)
        if invocation.wantsJSON {
            try invocation.console.output.json(answer)
        } else {
            try invocation.console.output.line("Ended \(id, .bold)")
        }
        return .ok
    }
}

/// Ids of sessions that nobody chose.
enum SessionID {
    static func made() -> String {
        var generator = SystemRandomNumberGenerator()
        return "s-" + String(generator.next(), radix: 36)
    }
}
