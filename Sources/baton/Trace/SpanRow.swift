import Document

/// One span as a row of a waterfall: what it was, from when to when, and how it ended.
///
/// It is read from an answer of an orchestrator; what is missing there is left out here.
struct SpanRow: Sendable, Equatable {
    enum Kind: Sendable { case request, attempt, wait, other }

    let id: String
    var parent: String?
    let name: String
    /// Nanoseconds since 1970.
    let start: Int64
    /// Nothing while it has not ended.
    let end: Int64?
    let status: String
    let attributes: Value
    /// The span as it came.
    let value: Value

    /// Nothing for what is no span.
    init?(_ value: Value) {
        guard let id = value["span"]?.string, let start = value["start_ns"]?.integer, start >= 0
        else { return nil }
        self.id = id
        self.start = Int64(start)
        self.value = value
        parent = value["parent"]?.string
        name = value.shown("name")
        end = value["end_ns"]?.integer.map { max(Int64(start), Int64($0)) }
        status = value.shown("status")
        attributes = value["attributes"] ?? [:]
    }

    var kind: Kind {
        if attributes["baton.wait"] != nil { return .wait }
        if attributes["baton.outcome"] != nil { return .attempt }
        return attributes["baton.pattern"] == nil ? .other : .request
    }

    var request: String { attributes.shown("baton.request") }

    /// How many agents had called each other before it.
    var depth: Int { attributes["baton.depth"]?.integer ?? 0 }

    /// What it is called in the waterfall.
    var label: Text {
        let agent = attributes.shown("gen_ai.agent.name")
        switch kind {
        case .request:
            let pattern = attributes.shown("baton.pattern")
            let isOne = pattern == "call" || pattern == "notification"
            return isOne ? Text(agent, .bold) : "\(pattern, .bold) \(agent)"
        case .attempt: return Text(attributes.shown("baton.instance")) + reason
        case .wait:
            return attributes.shown("baton.wait") == "pause"
                ? Text("pause", .dim) : Text("in line for \(agent)", .dim)
        case .other: return Text(name)
        }
    }

    /// How it ended, where that is more than that it went well.
    var outcome: Text {
        let code = attributes.shown("baton.code")
        switch kind {
        case .wait: return end == nil ? Text("waits", .cyan) : ""
        case .attempt, .request:
            let word = attributes.shown(kind == .attempt ? "baton.outcome" : "baton.state")
            if word == "answered" { return "" }
            let said = code.isEmpty || code == word ? word : "\(word): \(code)"
            return Text(said, colour ?? .dim)
        case .other: return status == "error" ? Text("error", .red) : ""
        }
    }

    var colour: Text.Style? {
        if status == "error" { return .red }
        switch (kind, attributes.shown("baton.outcome")) {
        case (.wait, _): return .dim
        case (_, "cancelled"), (_, "busy"): return .yellow
        default: break
        }
        if end == nil { return .cyan }
        return kind == .attempt ? .green : kind == .request ? .blue : nil
    }

    /// Why somebody was chosen, where it was not simply the first choice.
    private var reason: Text {
        let reason = attributes.shown("baton.reason")
        return reason.isEmpty || reason == "first" || reason == "stage" ? "" : " \(reason, .yellow)"
    }
}
