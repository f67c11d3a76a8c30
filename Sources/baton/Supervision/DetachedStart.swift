import Document
import Reactor
import Telemetry

/// Waits for the one line with which a supervisor in the background says how its start went.
enum DetachedStart {
    private static let limit = Duration.seconds(60)

    static func wait(for process: ChildProcess, on loop: EventLoop, log: String) async throws {
        let line = try await loop.withDeadline(after: limit) { () -> String? in
            try await FirstLine.of(process, on: loop)
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
