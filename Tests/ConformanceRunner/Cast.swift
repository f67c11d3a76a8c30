import Conformance
import Document
import Reactor
import Synchronization
import WorkerKit

/// The agents of a scenario, which answer as its script says and note what they were asked.
final class Cast: Sendable {
    private struct Book {
        var replies: [String: Int] = [:]
        var calls: [Story.Call] = []
        var open = 0
    }

    private let script: Script
    private let definition: Definition
    private let loop: EventLoop
    private let began: Instant
    private let book = Mutex(Book())

    init(_ script: Script, on loop: EventLoop) {
        self.script = script
        self.loop = loop
        definition = Definition(script.definition)
        began = loop.now
    }

    var calls: [Story.Call] { book.withLock { $0.calls } }
    var isIdle: Bool { book.withLock { $0.open == 0 } }

    /// The worker that brings the workflow, and one with later versions of the agents that are
    /// asked for in a version: only so can be seen which was meant.
    func workers() -> [Worker] {
        var later: [Agent] = []
        var agents: [Agent] = []
        for name in script.agents.keys.sorted() {
            let version = definition.version(of: name)
            agents.append(agent(name, version, says: version.map { "=\($0)" }))
            if let version { later.append(agent(name, Self.later(version), says: version)) }
        }
        var texts: [String] = []
        for name in script.workflows.keys.sorted() {
            let agent = "ctk." + name.replacing("/", with: ".")
            agents.append(self.agent(agent, nil, says: nil, as: name))
            texts.append(subordinate(name, answeredBy: agent))
        }
        if agents.isEmpty { agents.append(agent("ctk.nobody", nil, says: nil)) }
        let ready = agents
        let all = later
        var first = Worker("cast") { for agent in ready { agent } }
        for text in texts + [script.definition] { first = first.workflow(text) }
        return all.isEmpty ? [first] : [Worker("later") { for agent in all { agent } }, first]
    }

    // MARK: - Agents

    private func agent(
        _ name: String, _ version: String?, says: String?, as known: String? = nil
    ) -> Agent {
        Agent(raw: name, version: version ?? "1.0.0") { content, task async throws -> RawContent in
            try await self.answer(content, task, known ?? name, says)
        }
    }

    private func answer(
        _ content: RawContent, _ task: TaskContext, _ name: String, _ version: String?
    ) async throws -> RawContent {
        let payload = content.count == 0 ? .null : try content.value()
        let limit = task.remaining
        let (number, reply) = book.withLock { book in
            let call = Story.Call(
                agent: name, payload: payload, version: version, key: task.requestID,
                at: loop.now - began, limit: limit, cacheKey: "\(book.calls.count)")
            book.calls.append(call)
            book.open += 1
            return (book.calls.count - 1, self.reply(name, &book))
        }
        defer { book.withLock { $0.open -= 1 } }
        do {
            return try await give(reply, payload)
        } catch let error as CancellationError {
            book.withLock { $0.calls[number].isWithdrawn = true }
            throw error
        }
    }

    private func reply(_ name: String, _ book: inout Book) -> Script.Reply? {
        let list = script.agents[name] ?? script.workflows[name] ?? []
        let position = book.replies[name, default: 0]
        book.replies[name] = position + 1
        return position < list.count ? list[position] : list.last
    }

    private func give(_ reply: Script.Reply?, _ payload: Value) async throws -> RawContent {
        guard let reply else { return RawContent(json: .null) }
        if case .never = reply.result { try await loop.sleep(for: .seconds(86_400)) }
        if reply.after > .zero { try await loop.sleep(for: reply.after) }
        switch reply.result {
        case .value(let value): return RawContent(json: value)
        case .echo, .never: return RawContent(json: payload)
        case .error(let error):
            let title = error["title"]?.string ?? "the agent failed"
            throw TaskFailure(code: "problem", message: title, details: error)
        }
    }

    // MARK: - Texts

    private func subordinate(_ name: String, answeredBy agent: String) -> String {
        let parts = name.split(separator: "/").map(String.init)
        return """
            document:
              dsl: 1.0.3
              namespace: \(parts.first ?? "")
              name: \(parts.last ?? "")
              version: \(definition.version(ofWorkflow: name))
            do:
              - answer: { call: \(agent) }
            """
    }

    private static func later(_ version: String) -> String {
        var parts = version.split(separator: ".").map(String.init)
        if parts.count == 3 { parts[1] = "9" }
        return parts.joined(separator: ".")
    }
}
