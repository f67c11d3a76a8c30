import Document

/// `baton requests`: what the orchestrators have in hand at this moment.
enum RequestsCommand {
    private static let limit = Option(
        "limit", short: "n", .number(1...1000), "N", "How many of each orchestrator",
        default: "100")

    static let command = Command(
        "requests", "Lists the requests in hand",
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
}
