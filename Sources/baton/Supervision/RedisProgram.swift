import Reactor
import Store
import Telemetry

/// The program that keeps durable requests on a disk: where it is found, whether it is new enough,
/// and how it is started for one cluster alone. It starts nothing itself.
enum RedisProgram {
    static let name = "redis-server"
    static let oldest = (major: 7, minor: 0)
    static let installation = "sudo apt install redis-server"

    private enum Limits {
        /// To say its version.
        static let answer = Duration.seconds(5)
    }

    /// `Redis server v=7.0.15 sha=…` as `7.0.15`.
    static func version(in text: String) -> String? {
        text.split(separator: " ").first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) }
    }

    static func isNewEnough(_ version: String) -> Bool {
        let parts = version.split(separator: ".").map { Int($0) }
        guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { return false }
        return (major, minor) >= oldest
    }

    /// What the program says of its version; nil where it says nothing of use.
    static func version(of path: String, on loop: EventLoop) async -> String? {
        // A loop that stands still would wait for ever.
        guard loop.isOnLoop else { return nil }
        let text = try? await loop.withDeadline(after: Limits.answer) { () -> String? in
            let process = try ChildProcess(
                Reactor.Command([path, "--version"], output: .pipe, error: .null), on: loop)
            return try await FirstLine.of(process, on: loop)
        }
        return (text ?? nil).flatMap(version)
    }

    /// The path of one that can be used, or a fault that says what to do.
    static func find(_ search: SearchPath, on loop: EventLoop) async throws -> String {
        guard let path = search.find(name) else {
            throw Fault(
                Exit.unavailable,
                "redis-server was not found; install it with \(installation), or keep requests "
                    + "in memory alone: baton up --store memory.")
        }
        let version = await version(of: path, on: loop)
        guard let version, isNewEnough(version) else {
            throw Fault(
                Exit.unavailable,
                "is version \(version ?? "unknown"); \(oldest.major).\(oldest.minor) or later is "
                    + "needed. Install a newer one, name one that is there (--store "
                    + "redis://HOST:PORT), or keep requests in memory alone (--store memory).",
                at: path)
        }
        return path
    }

    /// One that has its settings in a file of its own, which it writes itself from then on.
    static func arguments(_ path: String, file: String, isSentinel: Bool) -> [String] {
        [path, file] + (isSentinel ? ["--sentinel"] : [])
    }

    /// For one user, by one socket, and never a reason to forget anything.
    static func arguments(
        _ path: String, folder: String, socket: String, profile: StoreSettings.Profile
    ) -> [String] {
        [
            path, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
            "--protected-mode", "yes", "--daemonize", "no", "--supervised", "no", "--dir", folder,
            "--appendonly", "yes", "--appendfsync", profile == .single ? "always" : "everysec",
            "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "",
        ]
    }
}
