import Document
import Telemetry

/// `.baton/cluster.json`: what runs here and how it is reached. Written by the supervisor alone,
/// whole and readable by its user only; everybody else only reads it.
struct ClusterFile: Codable, Sendable, Equatable {
    struct Orchestrator: Codable, Sendable, Equatable {
        var name: String
        /// 0 while it has ended and is about to be started again.
        var pid: Int32
        var birth: UInt64
        var ended: End?
        var bus: String
        var broadcast: String
        var tap: String
        var socket: String
        var key: String

        var identity: ProcessIdentity { ProcessIdentity(pid: pid, birth: birth) }
    }

    struct Worker: Codable, Sendable, Equatable {
        var name: String
        /// 0 while it has ended and is about to be started again.
        var pid: Int32
        var birth: UInt64
        var ended: End?

        var identity: ProcessIdentity { ProcessIdentity(pid: pid, birth: birth) }
    }

    /// Why a process that is about to be started again does not run.
    struct End: Codable, Sendable, Equatable {
        /// `code 1`, `signal 9`.
        var with: String
        /// What it said last; empty if nothing.
        var words: String

        var sentence: String { words.isEmpty ? with : "\(with): \(words)" }
    }

    /// Where durable requests are kept.
    struct Store: Codable, Sendable, Equatable {
        enum Kind: String, Codable, Sendable {
            case own = "private"
            case memory
            case elsewhere
        }

        /// What the private one is called among the processes.
        static let name = "redis"

        var kind: Kind
        /// `unix:/PATH`, `redis://HOST:PORT`, `sentinel://HOST:PORT,…/MASTER` or `memory`.
        var url: String
        var profile = "dev"
        var prefix = "baton:"
        /// Where the password stands: `env:NAME` or `file:/PATH`.
        var password: String?
        /// The private Redis; 0 while it has ended and is about to be started again, or where there
        /// is none.
        var pid: Int32 = 0
        var birth: UInt64 = 0
        var ended: End?

        /// The processes of a private Redis with replicas, the Sentinels too.
        var nodes: [Node]?

        struct Node: Codable, Sendable, Equatable {
            var name: String
            var address: String
            var pid: Int32
            var birth: UInt64
            var ended: End?

            var identity: ProcessIdentity { ProcessIdentity(pid: pid, birth: birth) }
        }

        var identity: ProcessIdentity { ProcessIdentity(pid: pid, birth: birth) }

        /// Whatever was started of it.
        var processes: [ProcessIdentity] {
            guard kind == .own else { return [] }
            return nodes?.map(\.identity) ?? [identity]
        }
    }

    static let currentVersion = 1
    private static let limit = 1 << 20

    var version = ClusterFile.currentVersion
    var supervisor: ProcessIdentity
    /// Milliseconds since 1970, for people.
    var started: Int64
    var orchestrators: [Orchestrator] = []
    var workers: [Worker] = []
    var store: Store?

    /// Everything that was started, in the order in which it may be ended.
    var processes: [[ProcessIdentity]] {
        [workers.map(\.identity) + orchestrators.map(\.identity), store?.processes ?? []]
    }

    static func read(_ path: String) throws(Fault) -> ClusterFile {
        let bytes = try File.read(path, limit: limit)
        let file: ClusterFile
        do {
            file = try JSON.decode(from: bytes, source: path)
        } catch {
            throw Fault(
                Exit.configuration, "is damaged; stop the cluster and run baton up again.",
                at: path,
                cause: error)
        }
        guard file.version == currentVersion else {
            throw Fault(
                Exit.configuration,
                "has version \(file.version); this program reads \(currentVersion).", at: path)
        }
        return file
    }

    func write(_ path: String) throws(Fault) {
        try File.write(try JSON.encode(self) + [UInt8(ascii: "\n")], to: path)
    }
}
