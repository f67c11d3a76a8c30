import Document
import Telemetry
import Wire
import WorkerKit

/// A session as people read it: what was said, and what its requests went through.
enum SessionView {
    private static let columns: [(title: Table.Column, key: String, isTime: Bool)] = [
        ("session", "session", false), ("state", "state", false),
        (.number("requests"), "requests", false), (.number("running"), "running", false),
        (.number("failed"), "failed", false), (.number("bytes"), "bytes", false),
        (.number("age"), "age_ms", true), (.number("idle"), "idle_ms", true),
        (.number("left"), "left_ms", true), ("last request", "last_request", false),
        ("tenant", "tenant", false),
    ]

    static func table(_ rows: [Value]) -> Table {
        var table = Table(columns.map(\.title))
        for row in rows {
            table.add(
                columns.map { column in
                    let text =
                        column.isTime ? row.shownTime(column.key) : row.shown(column.key)
                    return Text(text, column.key == "session" ? .bold : nil)
                })
        }
        return table
    }

    /// A session with what the store has of its last requests, the latest last.
    static func session(
        _ id: String, requests: Int, tenant: String?, _ invocation: Invocation
    ) async throws -> Value {
        var details: ObjectValue = ["id": .string(id)]
        if let tenant { details["tenant"] = .string(tenant) }
        let session = try await Survey(questions: ["session"], details: details)
            .first(invocation)
        guard requests > 0, var all = session.object else { return session }
        let ended = (session["ended"]?.array ?? []).map { $0.shown("request") }
        let running = (session["in_hand"]?.array ?? []).map { $0.shown("request") }
        var recent: [Value] = []
        for request in (ended + running).suffix(requests) {
            details["id"] = .string(request)
            do {
                recent.append(
                    try await Survey(questions: ["request"], details: details).first(invocation))
            } catch let fault as Fault where fault.has(WireCode.notFound) {
                continue  // Volatile, or not kept any more: its line in the session stays.
            }
        }
        all["recent"] = .array(recent)
        return .object(all)
    }

    static func show(_ session: Value, _ invocation: Invocation) throws {
        let output = invocation.console.output
        guard !invocation.wantsJSON else { return try output.json(session) }
        try output.lines(head(session))
        for exchange in session["conversation"]?.array ?? [] {
            try output.line()
            try output.lines(lines(of: exchange))
        }
        if let values = session["values"]?.object, !values.isEmpty {
            try output.line()
            try output.line("\("remembered", .dim)")
            try output.lines(
                values.map { "  \($0.key, .bold)  \(Text(JSON.text($0.value)).oneLine)" })
        }
        for request in session["recent"]?.array ?? [] {
            try output.line()
            try show(request: request, invocation)
        }
    }

    private static func head(_ session: Value) -> [Text] {
        let state = session.shown("state")
        let counts =
            "\(session.shown("requests")) asked, \(session.shown("running")) under way,"
            + " \(session.shown("succeeded")) succeeded, \(session.shown("failed")) failed,"
            + " \(session.shown("retries")) tried again"
        return [
            "\(session.shown("session"), .bold)  \(Text(state, colour(of: state)))",
            "\("requests", .dim)  \(counts)",
            "\("time", .dim)      \(session.shownTime("took_ms")) for all that ended; "
                + "\(session.shownTime("age_ms")) old, idle for \(session.shownTime("idle_ms")), "
                + "expires in \(session.shownTime("left_ms"))",
            "\("bytes", .dim)     \(session.shown("bytes"))",
        ]
    }

    private static func lines(of exchange: Value) -> [Text] {
        let state = exchange.shown("state")
        let code = exchange.shown("code")
        let heading: Text =
            "\(exchange.shown("request"), .bold)  \(Text(state, colour(of: state)))"
            + "  \("in \(exchange.shownTime("took_ms"))", .dim)"
        return [
            code.isEmpty ? heading : heading + "  \(code, .yellow)",
            "  \(">", .dim) \(said(exchange, "query"))",
            "  \("<", .dim) \(said(exchange, "answer"))",
        ]
    }

    private static func said(_ exchange: Value, _ key: String) -> Text {
        let text = Text(exchange[key].map { JSON.text($0) } ?? "").oneLine
        guard let bytes = exchange["\(key)_bytes"]?.integer else { return text }
        return text + "  \("the beginning of \(bytes) bytes", .dim)"
    }

    private static func show(request: Value, _ invocation: Invocation) throws {
        let output = invocation.console.output
        let state = request.shown("state")
        try output.line(
            "\(request.shown("request"), .bold)  \(request.shown("agent"))  "
                + "\(Text(state, colour(of: state)))")
        if let error = request["error"] {
            try output.line("  \(error.shown("code"), .yellow)  \(error.shown("message"))")
        }
        for step in request["steps"]?.array ?? [] {
            guard let result = step["result"] else { continue }
            try output.line(
                "  \("stage \(step.shown("step"))", .dim)  \(step.shown("agent"), .bold)  "
                    + "\(Text(JSON.text(result)).oneLine)")
        }
        try RequestView.events(request["events"]?.array ?? [], invocation)
    }

    private static func colour(of state: String) -> Text.Style? {
        switch state {
        case "completed", "succeeded": .green
        case "failed", "cancelled": .red
        case "expired", "uncertain": .yellow
        default: nil
        }
    }
}
