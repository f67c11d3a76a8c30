import Document
import Telemetry

/// Requests as rows of a table, of all orchestrators that were asked.
enum RequestRows {
    /// What several of them have from one store is shown once.
    static func asked(_ details: ObjectValue, _ invocation: Invocation) async throws -> [Value] {
        let rows = try await Survey(questions: ["requests"], details: details).rows(invocation)
        guard details["state"] != nil else { return rows }
        var seen: Set<String> = []
        return rows.filter { seen.insert("\($0.shown("tenant"))\0\($0.shown("request"))").inserted }
    }

    /// Columns that nobody has anything for are left out.
    static func table(_ rows: [Value]) -> Table {
        let columns: [(title: Table.Column, key: String, isTime: Bool)] = [
            ("request", "request", false), ("agent", "agent", false), ("state", "state", false),
            (.number("attempt"), "attempt", false), (.number("age"), "age_ms", true),
            (.number("left"), "left_ms", true), ("worker", "worker", false),
            (.number("ended"), "ended_ms", true), ("code", "code", false),
            ("tenant", "tenant", false),
        ]
        let always = ["request", "agent", "state", "attempt", "age_ms"]
        let shown = columns.filter { column in
            always.contains(column.key) || rows.contains { !$0.shown(column.key).isEmpty }
        }
        var table = Table(
            shown.map(\.title), dispensable: ["tenant", "left", "worker", "attempt", "age"])
        for row in rows {
            table.add(
                shown.map { column in
                    let text =
                        column.isTime ? row.shownTime(column.key) : row.shown(column.key)
                    return Text(text, column.key == "request" ? .bold : nil)
                })
        }
        return table
    }
}
