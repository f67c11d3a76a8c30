import Glibc
import Reactor
import Telemetry

/// Processes of a cluster whose supervisor died without ending them. Each is known by its number
/// and the moment it began, so nobody else is ever signalled.
enum Leftovers {
    private static let patience = Duration.seconds(10)
    private static let glance = Duration.milliseconds(50)

    /// Asks them to end, waits, and kills what is still there. Says how many there were.
    @discardableResult
    static func end(_ file: ClusterFile, on loop: EventLoop) async throws -> Int {
        var count = 0
        for group in file.processes { count += try await end(group.filter(\.isAlive), on: loop) }
        return count
    }

    private static func end(_ living: [ProcessIdentity], on loop: EventLoop) async throws -> Int {
        for process in living { signal(process, SIGTERM) }
        if try await !gone(living, within: patience, on: loop) {
            for process in living { signal(process, SIGKILL) }
            _ = try await gone(living, within: patience, on: loop)
        }
        return living.count
    }

    /// Waits for processes that are not our children: the kernel tells only parents, so we look.
    static func gone(
        _ processes: [ProcessIdentity], within limit: Duration, on loop: EventLoop
    ) async throws -> Bool {
        let deadline = loop.now.advanced(by: limit)
        while processes.contains(where: \.isAlive) {
            guard loop.now < deadline else { return false }
            try await loop.sleep(for: glance)
        }
        return true
    }

    /// Children of a supervisor lead a group of their own, and what they started belongs to it.
    private static func signal(_ process: ProcessIdentity, _ number: Int32) {
        if process.isAlive { kill(-process.pid, number) }
    }
}
