import Document
import Telemetry
import Wire

/// `baton agents`: what can be called, by what the orchestrators know.
enum AgentsCommand {
    private static let agent = Argument("NAME", .agent, "One agent, in full", .optional)
    private static let names = Option.flag(
        "names", "Only the names, one a line; says nothing where no cluster is")

    private static let capability = Option(
        "capability", .text, "NAME", "Only agents that say they can do this")

    private enum Limits {
        /// Nobody who completes a word in a shell waits longer.
        static let names = Duration.seconds(1)
    }

    private static let merge = Merge(
        key: "agent", sums: ["requests", "errors"], greatest: ["instances", "waiting"])

    static let command = Command(
        "agents", "Lists the agents that can be called",
        examples: [
            Example("baton agents", "A table"),
            Example("baton agents echo", "What it takes, and what it is good for"),
            Example("baton agents --capability testing", "Whoever can do this"),
            Example("baton agents --json | jq '.[].agent'", "For programs"),
        ],
        arguments: [agent], options: [names, capability]
    ) { invocation in
        if invocation.flag(names) { return try await printNames(invocation) }
        var survey = Survey(questions: ["agents"])
        if let wanted = invocation.text(capability) {
            survey.details["capability"] = .string(wanted)
        }
        let rows = merge(try await survey.rows(invocation))
        guard let name = invocation.text(agent) else {
            try list(rows, invocation)
            return .ok
        }
        guard let row = rows.first(where: { $0["agent"]?.string == name })?.object else {
            let known = rows.compactMap { $0["agent"]?.string }
            throw Fault(
                WireCode.notFound,
                "there is no agent \(name)\(Suggestion.question(for: name, in: known))")
        }
        try await show(row, name, invocation)
        return .ok
    }

    private static func printNames(_ invocation: Invocation) async throws -> Exit {
        let survey = Survey(questions: ["agents"])
        guard let rows = try? await survey.rows(invocation, within: Limits.names) else {
            return .unavailable
        }
        let names = merge(rows).compactMap { $0["agent"]?.string }
        try invocation.console.output.lines(names.map { Text($0) })
        return .ok
    }

    private static func list(_ rows: [Value], _ invocation: Invocation) throws {
        let output = invocation.console.output
        guard !invocation.wantsJSON else { return try output.json(.array(rows)) }
        guard !rows.isEmpty else {
            return try output.line("No worker is there yet; begin one with: baton init worker NAME")
        }
        let hasFrozen = rows.contains { isFrozen($0) }
        var table = Table(
            [
                "agent", "version", "effect", .number("instances"), .number("waiting"),
                .number("requests"), .number("errors"),
            ] + (hasFrozen ? ["state"] : []) + ["description"],
            dispensable: ["version", "effect", "waiting", "requests"])
        for row in rows {
            let instances = row["instances"]?.integer ?? 0
            let errors = row["errors"]?.integer ?? 0
            let state = isFrozen(row) ? Text("frozen", .cyan) : ""
            table.add(
                [
                    Text(row.shown("agent"), .bold), Text(row.shown("version")),
                    Text(row.shown("effect")), Text("\(instances)", instances == 0 ? .red : nil),
                    Text(row.shown("waiting")), Text(row.shown("requests")),
                    Text("\(errors)", errors == 0 ? nil : .yellow),
                ] + (hasFrozen ? [state] : []) + [Text(row.shown("description"))])
        }
        try output.table(table)
    }

    /// Whether nothing is given to it: the row says so, or why.
    private static func isFrozen(_ row: Value) -> Bool {
        guard let frozen = row["frozen"], !frozen.isNull else { return false }
        return frozen.bool ?? true
    }

    /// One agent with all that it says of itself.
    private static func show(
        _ row: ObjectValue, _ name: String, _ invocation: Invocation
    ) async throws {
        let output = invocation.console.output
        let survey = Survey(questions: ["info"], details: ["agent": .string(name)])
        var card = row
        for member in try await survey.rows(invocation).first?.object ?? [:]
        where member.key != "name" {
            card[member.key] = member.value
        }
        guard !invocation.wantsJSON else { return try output.json(.object(card)) }
        let width = card.keys.map { DisplayWidth.of($0) }.max() ?? 0
        try output.lines(
            card.filter { $0.key != "parameters" }.map { member in
                "\(Text(member.key, .dim).padded(to: width + 2))\(Text(Self.text(member.value)))"
            })
        if let parameters = card["parameters"] {
            try output.line("\("parameters", .dim)")
            try output.line(Text(JSON.text(parameters, pretty: true)))
        }
    }

    private static func text(_ value: Value) -> String {
        if let list = value.array { return list.map(text).joined(separator: ", ") }
        if let object = value.object {
            return object.filter { !$0.value.isNull && $0.value.array?.isEmpty != true }
                .map { "\($0.key) \(text($0.value))" }.joined(separator: ", ")
        }
        return value.string ?? JSON.text(value)
    }
}

extension Value {
    /// A member as a cell of a table shows it; empty where there is none.
    func shown(_ key: String) -> String {
        guard let member = self[key], !member.isNull else { return "" }
        return member.string ?? JSON.text(member)
    }

    /// A member that counts milliseconds, as people read it.
    func shownTime(_ key: String) -> String {
        guard let count = self[key]?.integer else { return "" }
        return DurationText.spoken(.milliseconds(count))
    }
}
