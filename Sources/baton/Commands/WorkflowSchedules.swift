import Document
import Telemetry
import Wire

/// What `baton workflows` says of those that begin by themselves: when, and what came of it.
enum WorkflowSchedules {
    private static let name = Argument(
        "WORKFLOW", .text, "NAME or NAMESPACE/NAME of a workflow with a schedule")

    static let list = Command(
        "schedules", "Lists workflows that begin by themselves: when next, and how it went last",
        discussion: """
            A workflow whose file says schedule: begins by itself; each due time leads to one \
            request, sched.NAME.DUE, whichever orchestrators are there. Where none was, the latest \
            due time that was missed comes once.
            """,
        examples: [
            Example("baton workflows schedules", "A table"),
            Example("baton workflows schedules --json | jq -r '.[].next'", "For programs"),
        ]
    ) { invocation in
        let rows = Merge(key: "id", greatest: ["fired"])(
            try await Survey(questions: ["schedules"]).rows(invocation))
        let output = invocation.console.output
        guard !invocation.wantsJSON else {
            try output.json(.array(rows))
            return .ok
        }
        guard !rows.isEmpty else {
            try output.line(
                "No workflow begins by itself; say when in its file: schedule: {every: {hours: 1}}")
            return .ok
        }
        var table = Table([
            "workflow", "schedule", "next", "last", .number("fired"), "result", "request",
        ])
        for row in rows { table.add(cells(row)) }
        try output.table(table)
        return .ok
    }

    static let pause = turn(
        "pause", "Lets nothing come of a workflow's schedule until unpause",
        "What falls due meanwhile never comes. What runs goes on.")
    static let unpause = turn("unpause", "Lets a paused schedule go on from now", "")

    // MARK: - Steps

    private static func cells(_ row: Value) -> [Text] {
        let isPaused = row["state"]?.string == "paused"
        let next = isPaused ? "paused by \(row.shown("paused_by"))" : row.shown("next")
        let code = row.shown("code")
        let result = row.shown("result") + (code.isEmpty ? "" : " (\(code))")
        return [
            Text(row.shown("workflow"), .bold), Text(row.shown("schedule")),
            isPaused ? Text(next, .yellow) : Text(next), Text(row.shown("last")),
            Text(row.shown("fired")), code.isEmpty ? Text(result) : Text(result, .red),
            Text(row.shown("request")),
        ]
    }

    private static func turn(_ word: String, _ summary: String, _ more: String) -> Command {
        Command(
            word, summary, discussion: more,
            examples: [Example("baton workflows \(word) nightly", "By its name")],
            arguments: [name]
        ) { invocation in
            let name = try invocation.required(name)
            let answer = try await Decision.made(word, ["name": .string(name)], invocation)
            if invocation.wantsJSON {
                try invocation.console.output.json(answer)
            } else {
                try invocation.console.output.line("\(name, .bold) is \(answer.shown("state")).")
            }
            return .ok
        }
    }
}
