import Glibc
import WorkerKit

/// The agents with a side effect that can be counted afterwards: a line in a file for each time.
///
/// They show what a crash, a repetition and a lost connection do to effects: `ledger` must never
/// write a line twice, `journal` may, under the same key.
extension Agent {
    private struct Entry: Codable, Sendable {
        var note: String?
        /// Milliseconds before the line is written, and between that and its acknowledgement.
        var ms: Int?
        var afterwards: Int?

        private enum CodingKeys: String, CodingKey {
            case note, ms
            case afterwards = "after_ms"
        }
    }

    private struct Receipt: Codable, Sendable {
        var key: String
        var attempt: Int
    }

    /// Writes a line, and never twice: what may have been written waits for a person.
    static func ledger(_ file: String) -> Agent {
        writer("ledger", "Writes a line, and never twice", .unsafe, file)
    }

    /// Writes a line; a repetition writes it again under the same key.
    static func journal(_ file: String) -> Agent {
        writer("journal", "Writes a line, repetitions with the same key", .idempotent, file)
    }

    private static func writer(
        _ name: String, _ description: String, _ effect: Effect, _ file: String
    ) -> Agent {
        let milliseconds: Value = ["type": "integer", "minimum": 0, "default": 0]
        return Agent(
            name, description: description, capabilities: ["testing"],
            keywords: ["effect", "ledger", "test"],
            parameters: [
                "type": "object",
                "properties": [
                    "note": ["type": "string", "description": "stands at the end of the line"],
                    "ms": milliseconds, "after_ms": milliseconds,
                ],
            ], effect: effect
        ) { (entry: Entry, task) in
            try await task.effect("write") { key in
                try await task.sleep(for: .milliseconds(max(0, entry.ms ?? 0)))
                let receipt = Receipt(key: key, attempt: Int(task.attempt))
                try append("\(name) \(key) \(task.attempt) \(entry.note ?? "")", to: file)
                try await task.sleep(for: .milliseconds(max(0, entry.afterwards ?? 0)))
                return receipt
            }
        }
    }

    /// One short line at the end of a local file takes microseconds: the loop may wait for it.
    private static func append(_ line: String, to file: String) throws {
        let line = line.replacing("\n", with: " ") + "\n"
        let descriptor = unsafe open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TaskFailure(message: "\(file): \(unsafe String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(line.utf8)
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TaskFailure.uncertain("\(file): the line may be there in part")
        }
    }
}
