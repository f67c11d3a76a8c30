import WorkerKit

/// The agent that shows what a session is: it knows what it was told in it before.
extension Agent {
    private struct Order: Codable, Sendable {
        /// To be remembered in the session.
        var note: Value?
        /// Milliseconds that it takes.
        var ms: Int?
    }

    private struct Memory: Codable, Sendable {
        var session: String?
        /// What was asked in it before, the oldest first.
        var before: [Value]
        var note: Value?
    }

    /// Tells what was asked in its session before, and what note it was last given.
    static let memo = Agent(
        "memo", description: "Tells what was asked in its session before, and keeps a note in it",
        capabilities: ["testing"], keywords: ["session", "memory", "test"],
        parameters: [
            "type": "object",
            "properties": [
                "note": ["description": "anything to be remembered in the session"],
                "ms": ["type": "integer", "minimum": 0, "default": 0],
            ],
        ], effect: .pure
    ) { (order: Order, task) in
        let before = try await task.conversation().map(\.query)
        let note = try await task.recall("note", as: Value.self)
        if let new = order.note { try await task.remember("note", new) }
        try await task.sleep(for: .milliseconds(max(0, order.ms ?? 0)))
        return Memory(session: task.sessionID, before: before, note: note)
    }
}
