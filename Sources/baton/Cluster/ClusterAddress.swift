import Telemetry

/// How a command reaches a cluster: the folder of one that runs here, or addresses from the
/// environment.
///
/// Looked for in this order: `--dir`, `BATON_BUS`, the nearest `.baton/` upwards. It only looks and
/// reads.
enum ClusterAddress: Sendable, Equatable {
    case folder(ClusterFolder, ClusterFile)
    case bus(addresses: [String], serverKey: String?, keyFile: String?)

    static func find(
        directory: String?, variables: [String: String], folder: String
    ) throws(Fault) -> ClusterAddress {
        if let directory {
            let cluster = ClusterFolder(directory: File.absolute(directory) ?? directory)
            try mayLook(into: cluster)
            guard File.exists(cluster.clusterFile) else {
                throw Fault(
                    Exit.unavailable, "No cluster runs in \(directory); start one with: baton up.")
            }
            return .folder(cluster, try ClusterFile.read(cluster.clusterFile))
        }
        if let list = variables["BATON_BUS"], !list.isEmpty {
            return .bus(
                addresses: try addresses(list), serverKey: variables["BATON_SERVER_KEY"],
                keyFile: variables["BATON_KEY"])
        }
        let cluster = try nearest(to: folder)
        return .folder(cluster, try ClusterFile.read(cluster.clusterFile))
    }

    /// The running cluster of this machine that a command such as `down` is about.
    static func local(
        directory: String?, folder: String
    ) throws(Fault) -> (ClusterFolder, ClusterFile) {
        guard
            case .folder(let cluster, let file) =
                try find(directory: directory, variables: [:], folder: folder)
        else { throw nothing(folder) }
        return (cluster, file)
    }

    private static func nearest(to start: String) throws(Fault) -> ClusterFolder {
        var folder = start
        while true {
            let cluster = ClusterFolder(directory: folder == "/" ? "" : folder)
            if File.exists(cluster.clusterFile) { return cluster }
            try mayLook(into: cluster)
            guard folder != "/" else { throw nothing(start) }
            folder = File.parent(of: folder)
        }
    }

    /// What may not be looked into is not the same as what is not there.
    static func mayLook(into cluster: ClusterFolder) throws(Fault) {
        guard File.exists(cluster.root), !File.isAccessible(cluster.root) else { return }
        throw Fault(
            Exit.notPermitted,
            "belongs to another user; ask as that user, or over TCP with BATON_BUS and a key.",
            at: cluster.root)
    }

    private static func nothing(_ folder: String) -> Fault {
        Fault(
            Exit.unavailable,
            "No cluster was found in \(folder) or above it; start one with: baton up.")
    }

    private static func addresses(_ list: String) throws(Fault) -> [String] {
        let parts = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for part in parts where !isAddress(part) {
            throw Fault(
                Exit.configuration,
                "\(Printable.quoted(part)) is no address; write ipc:///path or tcp://host:port.",
                at: "BATON_BUS")
        }
        return parts
    }

    private static func isAddress(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return false }
        if text.hasPrefix("ipc://") {
            let count = text.utf8.count - 6
            return (1...ClusterFolder.longestSocketPath).contains(count)
        }
        guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return false }
        let host = text.dropFirst(6).prefix { $0 != ":" || text.contains("[") }
        let port = UInt16(text[text.index(after: colon)...]) ?? 0
        return !host.isEmpty && port > 0 && colon > text.index(text.startIndex, offsetBy: 5)
    }
}
