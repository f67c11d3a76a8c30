import Glibc
import Telemetry

/// Where the pieces of one cluster lie: everything under `DIR/.baton`, except sockets whose path
/// would be too long for the kernel or could not be written in an address.
struct ClusterFolder: Sendable, Equatable {
    /// The longest path of a unix socket, without its closing NUL.
    static let longestSocketPath = 107
    /// Room for the name of a socket in its folder.
    private static let longestSocketName = 24

    let directory: String

    var root: String { "\(directory)/.baton" }
    var clusterFile: String { "\(root)/cluster.json" }
    var lockFile: String { "\(root)/lock" }
    var logs: String { "\(root)/logs" }
    var keys: String { "\(root)/keys" }
    /// What the private Redis writes.
    var redis: String { "\(root)/redis" }

    func log(of name: String) -> String { "\(logs)/\(name).log" }

    /// `.baton` itself, or where that is too deep or has a space in its name a private folder under
    /// the runtime directory, named after the user and the directory.
    func sockets(variables: [String: String], user: uid_t = getuid()) -> String {
        if Self.canStandInAddress(root),
            root.utf8.count + Self.longestSocketName <= Self.longestSocketPath
        {
            return root
        }
        let base = variables["XDG_RUNTIME_DIR"].flatMap {
            $0.hasPrefix("/") && Self.canStandInAddress($0) ? $0 : nil
        }
        let name = "baton-\(user)-\(String(Self.hash(directory), radix: 16))"
        let path = "\(base ?? "/tmp")/\(name)"
        let fits = path.utf8.count + Self.longestSocketName <= Self.longestSocketPath
        return fits ? path : "/tmp/\(name)"
    }

    func socket(_ name: String, variables: [String: String]) -> String {
        "\(sockets(variables: variables))/\(name).sock"
    }

    /// Makes the folders. A socket folder in a place open to all is taken only if it is ours and
    /// private.
    func prepare(variables: [String: String]) throws(Fault) {
        for path in [root, logs] { try File.makeFolder(path) }
        let sockets = sockets(variables: variables)
        try File.makeFolder(sockets)
        guard File.isPrivate(sockets) else {
            throw Fault(
                Exit.notPermitted,
                "belongs to somebody else or is open to others; remove it or chmod 700 it.",
                at: sockets)
        }
    }

    /// Addresses stand in lists with commas between them, and end at a space or a question mark.
    private static func canStandInAddress(_ path: String) -> Bool {
        path.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !",?*@".utf8.contains($0) }
    }

    /// FNV-1a: the same folder has the same name in every process.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
