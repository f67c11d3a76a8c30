import Document
import Telemetry

/// `baton freeze`: keeps work away from an agent until somebody thaws it.
enum FreezeCommand {
    private static let agent = Option(
        "agent", .name, "NAME", "The agent; without it those that are frozen are listed")
    private static let reason = Option("reason", .text, "TEXT", "Why, for whoever wonders")
    private static let off = Option.flag("off", "Thaws it")

    static let command = Command(
        "freeze", "Stops giving work to an agent, or lists the frozen ones",
        discussion: """
            What it works on is finished, what was accepted for it waits, and what is new is \
            refused with the code frozen. Every orchestrator learns of it, and in Redis it lasts \
            until --off, whatever is started again.
            """,
        examples: [
            Example("baton freeze --agent cost --reason 'prices are wrong'", "From now on"),
            Example("baton freeze", "Who is frozen, and why"),
            Example("baton freeze --agent cost --off", "Work goes on"),
        ],
        options: [agent, reason, off]
    ) { invocation in
        guard let name = invocation.text(agent) else {
            guard !invocation.flag(off), invocation.text(reason) == nil else {
                throw Fault(Exit.usage, "freeze needs --agent to say which one.")
            }
            try await list(invocation)
            return .ok
        }
        let isOn = !invocation.flag(off)
        guard isOn || invocation.text(reason) == nil else {
            throw Fault(Exit.usage, "--reason says why it is frozen; --off thaws it.")
        }
        var details: ObjectValue = ["agent": .string(name), "on": .bool(isOn)]
        if let text = invocation.text(reason) { details["reason"] = .string(text) }
        try await set(name, details, isOn, invocation)
        return .ok
    }

    /// Every orchestrator is told: those without a common store learn of it from nobody else.
    private static func set(
        _ name: String, _ details: ObjectValue, _ isOn: Bool, _ invocation: Invocation
    ) async throws {
        let answers = try await Survey(questions: ["freeze"], details: details).asked(invocation)
        if let fault = answers.compactMap(\.fault).first { throw fault }
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["agent": .string(name), "frozen": .bool(isOn)])
        } else {
            try output.line("\(name, .bold) is \(isOn ? "frozen" : "thawed").")
        }
        if isOn { try await warnOfUnknown(name, invocation) }
    }

    /// An agent may be frozen before it is there, but a slip of the pen freezes nobody.
    private static func warnOfUnknown(_ name: String, _ invocation: Invocation) async throws {
        let rows = try await Survey(questions: ["agents"]).rows(invocation)
        let known = rows.compactMap { $0["agent"]?.string }
        guard !known.contains(name) else { return }
        let offer = Suggestion.question(for: name, in: known)
        try invocation.console.errors.line(
            "\("Note:", .yellow) nobody offers \(name) now\(offer)")
    }

    private static func list(_ invocation: Invocation) async throws {
        let rows = try await frozen(invocation)
        let output = invocation.console.output
        guard !invocation.wantsJSON else { return try output.json(.array(rows)) }
        guard !rows.isEmpty else { return try output.line("No agent is frozen.") }
        var table = Table(["agent", "reason"])
        for row in rows { table.add([Text(row.shown("agent"), .bold), Text(row.shown("reason"))]) }
        try output.table(table)
    }

    /// Agents that any orchestrator has frozen.
    static func frozen(
        _ invocation: Invocation, within limit: Duration? = nil
    ) async throws -> [Value] {
        let rows = try await Survey(questions: ["frozen"]).rows(invocation, within: limit)
        return Merge(key: "agent")(rows)
    }
}
