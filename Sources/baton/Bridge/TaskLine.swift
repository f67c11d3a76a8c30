import Document
import Telemetry
import Wire
import WorkerKit

/// The lines that a command behind `baton worker` reads: a task, a cancellation. Pure; what they
/// look like is promised in `proto/worker-stdio.md`.
enum TaskLine {
    /// What one task is, as far as the command learns of it.
    struct Task: Sendable {
        let id: String
        let agent: String
        let content: Value
        let attempt: UInt32
        let headers: [String: String]
    }

    static func task(_ task: Task, budget: Duration) -> [UInt8] {
        line([
            "type": "task",
            "id": .string(task.id),
            "agent": .string(task.agent),
            "content": task.content,
            "budget_ms": Value(budget.milliseconds),
            "attempt": .init(Int(task.attempt)),
            "headers": .object(
                ObjectValue(
                    task.headers.sorted { $0.key < $1.key }
                        .map { (key: $0.key, value: .string($0.value)) })),
        ])
    }

    static func cancel(_ id: String) -> [UInt8] {
        line(["type": "cancel", "id": .string(id)])
    }

    /// What is to be done about a side effect that the command has announced, or told of.
    static func effect(
        _ id: String, _ call: String, key: String, _ verdict: Result<EffectVerdict, any Error>
    ) -> [UInt8] {
        var object: ObjectValue = [
            "type": "effect", "id": .string(id), "call": .string(call),
        ]
        switch verdict {
        case .success(.go):
            object["verdict"] = "go"
            object["key"] = .string(key)
        case .success(.skip(let result)):
            object["verdict"] = "skip"
            object["result"] = result
        case .success(.unknown): object["verdict"] = "unknown"
        case .success(.kept): object["verdict"] = "kept"
        case .success(.stale), .failure(is CancellationError): object["verdict"] = "stale"
        case .failure(let error):
            let fault = error as? Fault
            object["verdict"] = "error"
            object["error"] = [
                "code": .string(fault?.code.rawValue ?? WireCode.failed.rawValue),
                "message": .string(fault?.description ?? "\(error)"),
            ]
        }
        return line(.object(object))
    }

    /// A request's content as a member of a line: itself if it is JSON, else its bytes.
    static func value(of content: RawContent) throws -> Value {
        guard content.count > 0 else { return .null }
        guard content.contentType.isEmpty || content.contentType == "application/json" else {
            return [
                "base64": .string(Base64.encode(content.bytes)),
                "content_type": .string(content.contentType),
            ]
        }
        do throws(Fault) {
            return try content.value()
        } catch {
            throw TaskFailure(code: WireCode.invalid.rawValue, message: error.description)
        }
    }

    private static func line(_ value: Value) -> [UInt8] {
        JSON.write(value) + [UInt8(ascii: "\n")]
    }
}
