import Glibc
import WorkerKit

/// The agents that write down each execution when it begins and when it ends.
///
/// Whoever compares that book with what was asked for sees what ran twice, on which process, and
/// whether that process still lived. A line is `REQUEST STEP ATTEMPT PID NANOSECONDS`, and one of
/// an end has the word `end` behind it; the time is that of the machine's monotonic clock.
extension Agent {
    private struct Job: Codable, Sendable {
        var ms: Int?
        /// True ends the whole process, as a crash would.
        var kill: Bool?
    }

    private struct Told: Codable, Sendable {
        var pid: Int32
        var attempt: Int
        var instance: String
    }

    /// May run again under the same key.
    static func work(_ book: String, instance: String) -> Agent {
        writer("work", "Works for a while and writes it down", .idempotent, book, instance)
    }

    /// Never runs again by itself: what may have begun waits for a person.
    static func once(_ book: String, instance: String) -> Agent {
        writer("once", "Works for a while, and never twice", .unsafe, book, instance)
    }

    private static func writer(
        _ name: String, _ description: String, _ effect: Effect, _ book: String, _ instance: String
    ) -> Agent {
        // One descriptor for good: a process that runs out of them still writes down what it does.
        let file = unsafe open(book, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        return Agent(
            name, description: description, capabilities: ["testing"],
            keywords: ["book", "effect", "test"],
            parameters: [
                "type": "object",
                "properties": [
                    "ms": ["type": "integer", "minimum": 0, "default": 0],
                    "kill": ["type": "boolean", "default": false],
                ],
            ], effect: effect
        ) { (job: Job, task) in
            let (pid, attempt) = (getpid(), Int(task.attempt))
            let begun = "\(task.requestID) \(task.step) \(attempt) \(pid)"
            try note("\(begun) \(nanoseconds())", in: file)
            if job.kill == true { kill(pid, SIGKILL) }
            try await task.sleep(for: .milliseconds(max(0, job.ms ?? 0)))
            try note("\(begun) \(nanoseconds()) end", in: file)
            return Told(pid: pid, attempt: attempt, instance: instance)
        }
    }

    private static func note(_ line: String, in file: CInt) throws {
        let bytes = Array((line + "\n").utf8)
        guard unsafe write(file, bytes, bytes.count) == bytes.count else {
            throw TaskFailure(message: "the book: \(unsafe String(cString: strerror(errno)))")
        }
    }

    private static func nanoseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
