import Bus
import Reactor
import Telemetry
import Wire
import WorkerKit

/// A connection of one command to its cluster: made, lent, and closed again whatever happens.
///
/// It says in one sentence why nobody answers, and never waits longer than the command may.
enum Contact {
    private enum Limits {
        /// Beyond it a cluster on this machine is not there.
        static let local = Duration.seconds(5)
        /// Farther away, where a key may have to be refused first.
        static let remote = Duration.seconds(8)
    }

    /// Lends a client of the cluster that the invocation is about.
    static func with<Success: Sendable>(
        _ invocation: Invocation, within limit: Duration,
        _ body: @Sendable (Client) async throws -> Success
    ) async throws -> Success {
        let address = try address(invocation)
        return try await with(
            try address.plan(), on: invocation.console.loop, within: limit, body)
    }

    static func address(_ invocation: Invocation) throws(Fault) -> ClusterAddress {
        let console = invocation.console
        return try ClusterAddress.find(
            directory: invocation.text(CommonOptions.directory).map(console.path),
            variables: console.variables, folder: console.folder)
    }

    static func with<Success: Sendable>(
        _ plan: Session.Plan, on loop: EventLoop, within limit: Duration,
        _ body: @Sendable (Client) async throws -> Success
    ) async throws -> Success {
        let client = try await connect(plan, on: loop, within: limit)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private static func connect(
        _ plan: Session.Plan, on loop: EventLoop, within limit: Duration
    ) async throws -> Client {
        let isLocal = plan.endpoints.allSatisfy(\.isLocal)
        let most = isLocal ? Limits.local : Limits.remote
        do {
            return try await Client.connect(plan, on: loop, timeout: min(limit, most))
        } catch let fault as Fault where fault.has(WireCode.unavailable) {
            throw silence(plan)
        } catch let fault as Fault where fault.has(BusCode.keyRefused) && plan.key == nil {
            throw Fault(
                Exit.notPermitted,
                "the orchestrator lets only known keys in: name the file of one in BATON_KEY "
                    + "(operator.json, client.json or worker.json of its keys)")
        }
    }

    private static func silence(_ plan: Session.Plan) -> Fault {
        let places = plan.endpoints.map(\.address).joined(separator: ", ")
        let isRemote = plan.endpoints.contains { !$0.isLocal }
        // Encryption gives no answer to whoever does not know the right key.
        let key = isRemote ? ", or BATON_SERVER_KEY is not its key" : ""
        return Fault(
            Exit.unavailable,
            "No orchestrator answers at \(places)\(key); look with: baton doctor.", retry: .now)
    }
}

extension ClusterAddress {
    /// How a command connects: to the local sockets where they are, else with the operator's key.
    func plan() throws(Fault) -> Session.Plan {
        switch self {
        case .folder(let folder, let file): try Self.plan(folder, file, file.orchestrators)
        case .bus(let addresses, let serverKey, let keyFile):
            try Self.plan(addresses, serverKey, keyFile)
        }
    }

    /// One plan an orchestrator, to ask each by itself and nobody else it tells of.
    func plans() throws(Fault) -> [(name: String, plan: Session.Plan)] {
        var plans: [(name: String, plan: Session.Plan)] = []
        switch self {
        case .folder(let folder, let file):
            guard file.orchestrators.contains(where: \.identity.isAlive) else {
                throw Self.ended(folder, file)
            }
            for orchestrator in file.orchestrators where orchestrator.identity.isAlive {
                plans.append((orchestrator.name, try Self.plan(folder, file, [orchestrator])))
            }
        case .bus:
            let whole = try plan()
            for endpoint in whole.endpoints {
                let plan = Session.Plan(
                    endpoints: [endpoint], routingID: Self.routingID(whole.key), key: whole.key)
                plans.append((endpoint.address, plan))
            }
        }
        for index in plans.indices { plans[index].plan.links.meetsOthers = false }
        return plans
    }

    private static func plan(
        _ folder: ClusterFolder, _ file: ClusterFile,
        _ orchestrators: [ClusterFile.Orchestrator]
    ) throws(Fault) -> Session.Plan {
        let alive = orchestrators.filter(\.identity.isAlive)
        guard !alive.isEmpty else { throw ended(folder, file) }
        var endpoints: [ClientEndpoint] = []
        for orchestrator in alive { endpoints.append(try orchestrator.endpoint()) }
        let isLocal = endpoints.allSatisfy(\.isLocal)
        let key = isLocal ? nil : try KeyFolder(path: folder.keys).pair("operator")
        return Session.Plan(endpoints: endpoints, routingID: routingID(key), key: key)
    }

    /// The same for a worker, which says itself what it is called.
    func workerConfiguration() throws(Fault) -> WorkerConfiguration {
        var configuration = WorkerConfiguration()
        switch self {
        case .bus(let addresses, let serverKey, let keyFile):
            configuration.bus = addresses.joined(separator: ",")
            configuration.serverKey = serverKey ?? ""
            configuration.key = keyFile ?? ""
        case .folder(let folder, let file):
            let endpoints = try plan().endpoints
            configuration.bus = endpoints.map(\.address).joined(separator: ",")
            guard !endpoints.allSatisfy(\.isLocal) else { break }
            let alive = file.orchestrators.filter(\.identity.isAlive)
            configuration.serverKey = alive.map(\.key).joined(separator: ",")
            configuration.key = KeyFolder(path: folder.keys).file(of: "worker")
        }
        return configuration
    }

    private static func ended(_ folder: ClusterFolder, _ file: ClusterFile) -> Fault {
        guard !file.supervisor.isAlive else {
            return Fault(
                Exit.unavailable,
                "No orchestrator of \(folder.directory) runs now; see why with: baton status",
                retry: .now)
        }
        return Fault(
            Exit.unavailable,
            "The cluster of \(folder.directory) has ended; start it again with: baton up.")
    }

    private static func plan(
        _ addresses: [String], _ serverKey: String?, _ keyFile: String?
    ) throws(Fault) -> Session.Plan {
        let list = addresses.joined(separator: ",")
        var key: KeyPair?
        if let keyFile, !keyFile.isEmpty { key = try KeyFolder.read(keyFile) }
        let serverKey = serverKey.flatMap { $0.isEmpty ? nil : $0 } ?? key?.server
        let endpoints = try ClientEndpoint.parse(list, keys: serverKey)
        return Session.Plan(endpoints: endpoints, routingID: routingID(key), key: key)
    }

    /// The key's name and something that no other command has.
    private static func routingID(_ key: KeyPair?) -> String {
        "\(key?.name ?? "operator").\(String(UInt64.random(in: 0...(.max)), radix: 36))"
    }
}

extension ClusterFile.Orchestrator {
    /// The local socket where it is there, else the port.
    fileprivate func endpoint() throws(Fault) -> ClientEndpoint {
        let path = socket.hasPrefix("ipc://") ? String(socket.dropFirst(6)) : socket
        guard !path.isEmpty, File.exists(path) else {
            return try ClientEndpoint(bus, serverKey: key)
        }
        return try ClientEndpoint("ipc://\(path)")
    }
}
