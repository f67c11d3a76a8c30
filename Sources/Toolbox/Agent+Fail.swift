import WorkerKit

/// The agent that fails on demand, so that failures can be tried; it never succeeds.
extension Agent {
    private struct Wish: Codable, Sendable {
        var code: String?
        var message: String?
        var retryable: Bool?
    }

    /// Fails as it is told to, so that whoever calls agents can see what a failure looks like.
    static let fail = Agent(
        "fail", description: "Fails with the code and the message it is given",
        capabilities: ["testing"], keywords: ["fail", "error", "test"],
        parameters: [
            "type": "object",
            "properties": [
                "code": ["type": "string", "default": "failed"],
                "message": ["type": "string", "default": "failed as it was told to"],
                "retryable": ["type": "boolean", "default": false],
            ],
        ]
    ) { (wish: Wish, _) -> Value in
        throw TaskFailure(
            code: wish.code ?? "failed", message: wish.message ?? "failed as it was told to",
            retry: wish.retryable == true ? .now : .never)
    }
}
