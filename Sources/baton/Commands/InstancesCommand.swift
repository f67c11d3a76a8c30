import Document

/// `baton instances`: which processes offer an agent, and how busy each is.
enum InstancesCommand {
    private static let agent = Argument(
        "AGENT", .agent, "Only instances of this agent", .optional)

    private static let merge = Merge(
        key: "instance", sums: ["in_flight", "requests", "errors"],
        greatest: ["capacity", "running"])

    static let command = Command(
        "instances", "Lists who offers which agent, and how busy they are",
        discussion: "Each can be called by itself: baton call AGENT#INSTANCE JSON",
        examples: [
            Example("baton instances", "All of them"),
            Example("baton instances echo --json", "Those of one agent, for programs"),
        ],
        arguments: [agent]
    ) { invocation in
        var survey = Survey(questions: ["instances"])
        if let agent = invocation.text(agent) { survey.details["agent"] = .string(agent) }
        let rows = merge(try await survey.rows(invocation))
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(.array(rows))
        } else if rows.isEmpty {
            try output.line(
                invocation.text(agent).map {
                    "Nobody offers \($0); see who can be called: baton agents"
                }
                    ?? "No worker is there yet; begin one with: baton init worker NAME")
        } else {
            try output.table(table(rows))
        }
        return .ok
    }

    private static func table(_ rows: [Value]) -> Table {
        var table = Table([
            "instance", "state", "breaker", .number("score"), .number("capacity"),
            .number("in hand"), .number("requests"),
            .number("errors"), "heard", "version", "worker",
        ])
        for row in rows {
            let state = row.shown("state")
            table.add([
                Text(row.shown("instance"), .bold), Text(state, colour(of: state)),
                breaker(row), Text(row.shown("score")),
                Text(row.shown("capacity")), Text(row.shown("in_flight")),
                Text(row.shown("requests")), Text(row.shown("errors")),
                Text("\(row.shownTime("silent_ms")) ago"), Text(row.shown("version")),
                Text(row.shown("worker")),
            ])
        }
        return table
    }

    private static func breaker(_ row: Value) -> Text {
        let word = row.shown("breaker")
        return Text(word, word == "open" ? .red : word == "half_open" ? .yellow : .dim)
    }

    private static func colour(of state: String) -> Text.Style {
        switch state {
        case "ready": .green
        case "absent": .red
        default: .yellow
        }
    }
}
