import WebClient
import WorkerKit

/// The agent that does `call: http` of workflows; it decides nothing about which addresses may be
/// asked.
extension Agent {
    private static let anything: Value = ["description": "anything"]

    static func http(_ web: WebDesk) -> Agent {
        Agent(
            "http", description: "Asks a server of the web by HTTP and gives its answer",
            capabilities: ["web"], useCases: ["call an interface of the web"],
            keywords: ["http", "https", "rest", "api", "web"],
            parameters: [
                "type": "object", "required": ["method", "endpoint"],
                "properties": [
                    "method": ["type": "string", "description": "get, post, put, …"],
                    "endpoint": [
                        "description": "a URL, or {uri, authentication: {basic | bearer | …}}"
                    ],
                    "headers": ["type": "object"], "query": ["type": "object"],
                    "body": anything,
                    "output": [
                        "type": "string", "enum": ["raw", "content", "response"],
                        "default": "content",
                    ],
                    "redirect": [
                        "type": "boolean", "default": false,
                        "description": "follow redirects; else they are failures",
                    ],
                ],
            ]
        ) { (with: Value, task) in
            try await Problem.travelling {
                var call = try HTTPCall(with)
                call.request.nameRepetitions(of: task)
                let response = try await web.send(
                    call.request, as: call.authentication, for: task)
                return try call.value(response)
            }
        }
    }
}

extension WebRequest {
    /// What changes something at each call has a key by which the server knows a repetition: a step
    /// whose worker died is done again.
    mutating func nameRepetitions(of task: TaskContext) {
        guard ["POST", "PATCH"].contains(method.uppercased()), headers["idempotency-key"] == nil
        else { return }
        headers.append("Idempotency-Key", task.effectKey())
    }
}
