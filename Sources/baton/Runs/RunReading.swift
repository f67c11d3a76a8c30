import Document
import Telemetry
import Wire
import WorkerKit

/// Reads durable runs out of a cluster, a stretch at a time, from whichever orchestrator knows
/// them.
struct RunReading: Sendable {
    let invocation: Invocation
    let limit: Duration
    /// What a run is had again by in the place of its own text.
    var text: String?

    init(_ invocation: Invocation) {
        self.invocation = invocation
        limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
    }

    /// A run; a fault where there is none, or where it keeps no journal.
    func run(_ id: String) async throws -> StoredRun {
        var unknown: Fault?
        for (_, plan) in try Contact.address(invocation).plans() {
            do {
                return try await Contact.with(plan, on: invocation.console.loop, within: limit) {
                    try await read(id, $0)
                }
            } catch let fault as Fault where fault.has(WireCode.notFound) {
                unknown = fault
            } catch let fault as Fault where fault.has(Exit.unavailable) {
                unknown = unknown ?? fault
            }
        }
        throw unknown ?? Fault(Exit.unavailable, "No orchestrator is there to be asked.")
    }

    private func read(_ id: String, _ client: Client) async throws -> StoredRun {
        var details: ObjectValue = ["id": .string(id)]
        if let tenant = invocation.text(RequestsCommand.tenant) {
            details["tenant"] = .string(tenant)
        }
        var head = try await client.ask("journal", details, timeout: limit).object ?? [:]
        let wanted = ["input", "text"] + (head["state"]?.string == "succeeded" ? ["output"] : [])
        for part in wanted where head[part] == nil {
            var details = details
            details["want"] = .string(part)
            head[part] = try await client.ask("journal", details, timeout: limit)[part]
        }
        if let text { head["text"] = .string(text) }
        var lines: [Value] = []
        var bodies: [String: Value] = [:]
        var next: Int? = 0
        while let from = next {
            details["from"] = Value(from)
            let page = try await client.ask("journal", details, timeout: limit)
            lines += page["lines"]?.array ?? []
            for (digest, body) in page["bodies"]?.object ?? [:] { bodies[digest] = body }
            next = page["next"]?.integer.flatMap { $0 > from ? $0 : nil }
        }
        return try StoredRun(.object(head), lines: lines, bodies: bodies)
    }

    /// Who has the steps that are under way, by their numbers; nothing where nobody says.
    func holders(of id: String) async -> [Int: String] {
        let survey = Survey(questions: ["explain"], details: ["id": .string(id)])
        var holders: [Int: String] = [:]
        guard let answer = try? await survey.first(invocation) else { return holders }
        for step in answer["steps"]?.array ?? [] {
            guard let number = step["step"]?.integer, let last = step["attempts"]?.array?.last,
                let instance = last["chosen"]?.string
            else { continue }
            holders[number] = instance
        }
        return holders
    }
}
