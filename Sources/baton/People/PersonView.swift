import Document
import Telemetry

/// Tasks for people as tables and pages.
enum PersonView {
    static func table(_ rows: [Value], at now: Int) -> Table {
        var table = Table(
            ["id", "what", "for", "request", .number("waits"), "due"],
            dispensable: ["request", "due"])
        for row in rows {
            let due = row["due_ms"]?.integer.map { self.due($0 - now) } ?? ""
            table.add([
                Text(row.shown("id"), .bold), Text(title(row)), Text(row.shown("assignee")),
                Text(row.shown("request")),
                Text(span(now - (row["asked_ms"]?.integer ?? now))), due,
            ])
        }
        return table
    }

    static func closed(_ rows: [Value], at now: Int) -> Table {
        var table = Table(["id", "what", "state", "by", .number("ago"), "request"])
        for row in rows {
            table.add([
                Text(row.shown("id"), .bold), Text(title(row)), Text(row.shown("state")),
                Text(row.shown("by")), Text(span(now - (row["ended_ms"]?.integer ?? now))),
                Text(row.shown("request")),
            ])
        }
        return table
    }

    /// All that is asked, for whoever is to answer it.
    static func lines(of task: Value) -> [Text] {
        let ask = task["ask"] ?? .null
        var lines: [Text] = [Text(title(task), .bold)]
        if let question = ask["question"]?.string, question != task["title"]?.string {
            lines += question.split(separator: "\n").map { Text(String($0)) }
        }
        if let approve = ask["approve"]?.object {
            lines.append("action     \(approve["action"]?.string ?? "", .cyan)")
            for (name, value) in approve["arguments"]?.object ?? [:] {
                lines.append("  \(name): \(value.string ?? JSON.text(value))")
            }
        }
        let known = [
            "question", "title", "approve", "form", "assignee", "due", "remind", "default",
        ]
        for (name, value) in ask.object ?? [:] where !known.contains(name) {
            lines.append("\(name): \(value.string ?? JSON.text(value))")
        }
        lines.append(
            "\("\(task.shown("id")) of \(task.shown("request")), \(task.shown("state"))", .dim)")
        return lines
    }

    private static func title(_ row: Value) -> String {
        let title = row["title"]?.string ?? ""
        return title.isEmpty ? row.shown("step") : title
    }

    private static func span(_ milliseconds: Int) -> String {
        DurationText.spoken(.milliseconds(max(0, milliseconds)))
    }

    private static func due(_ left: Int) -> Text {
        left <= 0 ? Text("over", .red) : Text("in \(span(left))")
    }
}
