import WorkerKit

/// The agent that takes its time, so that timeouts, drains and cancellation can be tried.
extension Agent {
    private struct Nap: Codable, Sendable {
        var ms: Int
    }

    /// Answers after a while; whoever waits for it may change their mind.
    static let sleep = Agent(
        "sleep", description: "Waits as long as it is told to, then answers how long",
        capabilities: ["testing"], keywords: ["sleep", "wait", "delay", "test"],
        parameters: [
            "type": "object", "required": ["ms"],
            "properties": [
                "ms": ["type": "integer", "minimum": 0, "description": "milliseconds to wait"]
            ],
        ]
    ) { (nap: Nap, task) in
        guard nap.ms >= 0 else {
            throw TaskFailure(code: "invalid", message: "ms: it cannot be negative")
        }
        try await task.sleep(for: .milliseconds(nap.ms))
        return nap
    }
}
