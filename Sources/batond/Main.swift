import Bus
import Document
import Glibc
import Orchestration
import Reactor
import Store
import Telemetry
import Wire

/// The orchestrator daemon: reads what it is told, binds, serves, drains.
///
/// No HTTP, no TLS, no user code.
@main
enum Main {
    static func main() {
        EventLoop.prepareProcess()
        do {
            let options = try Options(
                Array(CommandLine.arguments.dropFirst()), environment: environment())
            if options.asksForHelp { return print(Options.help) }
            if options.asksForVersion { return print("batond \(Release.version)") }
            try run(options)
        } catch {
            leave(error)
        }
    }

    private static func run(_ options: Options) throws {
        var configuration = Configuration()
        if let file = options.config { configuration = try Configuration(file: file) }
        let log = Log(component: options.name, level: options.logLevel ?? configuration.logLevel)
        for warning in configuration.warnings {
            log.warning("configuration", ["note": .text(warning)])
        }
        let settled = configuration
        try EventLoop.run { loop in
            try await serve(options, settled, log, loop)
        }
    }

    private static func serve(
        _ options: Options, _ configuration: Configuration, _ log: Log, _ loop: EventLoop
    ) async throws {
        try Name.check(options.name, "--name")
        try Name.check(options.cluster, "--cluster")
        let descriptors = Descriptors(loop, log)
        let endpoints = try endpoints(options)
        let keys = options.keys.map { KeyFolder(path: $0) }
        let gatekeeper = Gatekeeper(
            allowed: try keys?.admitted() ?? [:], isOpen: endpoints.key == nil, user: getuid())
        let peers = try options.peers.map { peer throws(Fault) in
            try ClientEndpoint(peer: peer, ownKey: endpoints.key?.public)
        }
        let place = try StorePlace(options, configuration, environment: environment())
        let orchestrator = try Orchestrator(
            welcome: welcome(options, configuration), limits: configuration.limits,
            delays: configuration.delays, policies: configuration.policies,
            store: configuration.store, isDurable: place.isDurable, log: log, loop: loop)
        // Before anything is waited for: as the first process of a container it would not even
        // be killed by a signal that it does not take.
        let signals = try Signals(
            loop, orchestrator, log, configuration: options.config, gatekeeper, keys)
        await orchestrator.adopt(configuration)
        if let folder = options.workflows ?? configuration.workflows {
            await orchestrator.serve(WorkflowFolder(path: folder))
        }
        if case .redis(let endpoint, let settings) = place {
            try await orchestrator.keep(in: endpoint, settings)
        }
        guard await !orchestrator.hasEnded else { return log.info("ended") }
        let address = try await orchestrator.open(endpoints, gatekeeper, peers: peers)
        log.info(
            "ready",
            [
                "bus": .text(address.bus), "socket": .text(address.socket ?? ""),
                "encrypted": .truth(address.key != nil), "store": .text(place.name),
                "lost_at_worst": .text(place.lostAtWorst),
            ])
        report(address, to: options.readyDescriptor)
        let failure = await orchestrator.ending()
        if let failure { throw failure }
        log.info("ended")
        withExtendedLifetime((signals, descriptors)) {}
    }

    private static func welcome(_ options: Options, _ configuration: Configuration) -> Welcome {
        Welcome(
            orchestrator: options.name, cluster: options.cluster, version: Release.version,
            epoch: String(Instant.current().nanoseconds), orchestrators: [],
            limits: Welcome.Limits(),
            liveness: Welcome.Liveness(
                ping: configuration.delays.ping.milliseconds,
                dead: configuration.delays.dead.milliseconds))
    }

    private static func endpoints(_ options: Options) throws(Fault) -> ServerEndpoints {
        let (prefix, port) = try ServerEndpoints.split(options.listen)
        func address(_ offset: Int) -> String { "\(prefix):\(port == 0 ? 0 : port + offset)" }
        return ServerEndpoints(
            bus: address(0), broadcast: address(1), tap: address(2), socket: options.socket,
            key: try options.keys.map { folder throws(Fault) in
                try KeyFolder(path: folder).pair(KeyFolder.serverName)
            })
    }

    /// Tells whoever started this process that everything is bound, and where.
    private static func report(_ address: OrchestratorAddress, to descriptor: Int32?) {
        guard let descriptor, var line = try? JSON.encode(Ready(address)) else { return }
        line.append(UInt8(ascii: "\n"))
        _ = unsafe line.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }

    // MARK: - Leaving

    private static func leave(_ error: any Error) -> Never {
        let text = "batond: \(error)\n"
        Log.standardError(text)
        exit(exitCode(error))
    }

    private static func exitCode(_ error: any Error) -> Int32 {
        guard let fault = error as? Fault else { return 1 }
        switch fault.code {
        case OptionCode.usage: return 78
        case DocumentCode.unreadable: return 66
        case BusCode.notPermitted, BusCode.keyRefused, BusCode.keyFile, DocumentCode.exposed:
            return 77
        case BusCode.addressInUse, BusCode.addressRefused: return 78
        case is DocumentCode, is ConfigurationCode, is WireCode: return 78
        case BusCode.socket: return 69
        case StoreCode.forbidden: return 77
        case StoreCode.address, StoreCode.unsafe: return 78
        default: return 70
        }
    }
}

/// The line that says that an orchestrator is ready.
private struct Ready: Encodable {
    let ready = true
    let name, bus: String
    let broadcast, tap, socket, tapSocket, key: String?

    private enum CodingKeys: String, CodingKey {
        case ready, name, bus, broadcast, tap, socket
        case tapSocket = "tap_socket"
        case key
    }

    init(_ address: OrchestratorAddress) {
        name = address.name
        bus = address.bus
        broadcast = address.broadcast
        tap = address.tap
        socket = address.socket
        tapSocket = address.tapSocket
        key = address.key
    }
}
