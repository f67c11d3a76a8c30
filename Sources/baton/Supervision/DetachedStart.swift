import Document
import Reactor
import Telemetry

/// Waits for the line with which a supervisor in the background says how its start went; before it
/// there may be one that says what it waits for.
enum DetachedStart {
    private static let limit = Duration.seconds(60)

    static func wait(
        for process: ChildProcess, on loop: EventLoop, log: String,
        whileItWaits tell: @escaping @Sendable (String) -> Void
    ) async throws {
        let line = try await loop.withDeadline(after: limit) { () -> String? in
            try await FirstLine.of(process, on: loop) { line in
                guard let words = (try? JSON.parse(line))?["waits"]?.string else { return true }
                tell(words)
                return false
            }
        }
        guard let line, let value = try? JSON.parse(line) else {
            throw Fault(Exit.software, "The supervisor ended without a word; see its log.", at: log)
        }
        guard value["ready"]?.bool == true else {
            let exit = value["code"]?.string.flatMap(Exit.init) ?? .unavailable
            throw Fault(exit, value["message"]?.string ?? "The cluster did not start.")
        }
    }
}
