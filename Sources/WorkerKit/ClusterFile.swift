import Bus
import Document
import Glibc
import Telemetry

/// The file in which `baton up` says where its orchestrators are. It is only read here.
struct ClusterFile: Decodable {
    struct Orchestrator: Decodable {
        let name: String
        let bus: String
        let socket: String?
        let key: String?
    }

    let version: Int
    let orchestrators: [Orchestrator]

    private static let longest = 1 << 20

    /// The file of the working folder, or of the nearest folder above that has one.
    static func nearest() throws(Fault) -> ClusterFile? {
        guard let start = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(start) }
        var folder = Substring(unsafe String(cString: start))
        while true {
            let path = "\(folder == "/" ? "" : folder)/.baton/cluster.json"
            if unsafe access(path, F_OK) == 0 { return try read(path) }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
            folder = slash == folder.startIndex ? "/" : folder[..<slash]
        }
    }

    static func read(_ path: String) throws(Fault) -> ClusterFile {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Fault(WorkerCode.configuration, "the cluster's file cannot be read", at: path)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = unsafe Glibc.read(file, &bytes, longest)
        return try parse(Array(bytes.prefix(max(0, count))), at: path)
    }

    static func parse(_ bytes: [UInt8], at path: String) throws(Fault) -> ClusterFile {
        let cluster: ClusterFile
        do throws(Fault) {
            cluster = try JSON.decode(ClusterFile.self, from: bytes, source: path)
        } catch {
            throw Fault(
                WorkerCode.configuration, "the cluster's file is damaged: run baton up again",
                at: path, cause: error)
        }
        guard cluster.version == 1, !cluster.orchestrators.isEmpty else {
            throw Fault(
                WorkerCode.configuration,
                "the cluster's file is of another version or lists nobody: run baton up again",
                at: path)
        }
        return cluster
    }

    /// One endpoint for each orchestrator: its local socket where that exists.
    func endpoints() throws(Fault) -> [ClientEndpoint] {
        var endpoints: [ClientEndpoint] = []
        for orchestrator in orchestrators {
            if let local = orchestrator.localEndpoint {
                endpoints.append(local)
            } else {
                endpoints.append(
                    try ClientEndpoint(orchestrator.bus, serverKey: orchestrator.key))
            }
        }
        return endpoints
    }
}

extension ClusterFile.Orchestrator {
    fileprivate var localEndpoint: ClientEndpoint? {
        guard let socket, !socket.isEmpty else { return nil }
        let path = socket.hasPrefix("ipc://") ? String(socket.dropFirst(6)) : socket
        guard unsafe access(path, F_OK) == 0 else { return nil }
        return try? ClientEndpoint("ipc://\(path)")
    }
}
