import WorkerKit

/// The agent that proves the way there and back; it must never look at what it carries.
extension Agent {
    /// Answers what it is asked, byte for byte.
    static let echo = Agent(
        raw: "echo", description: "Answers what it is asked, byte for byte",
        capabilities: ["testing"], keywords: ["echo", "repeat", "test"],
        parameters: ["description": "anything"], effect: .pure
    ) { content, _ in content }
}
