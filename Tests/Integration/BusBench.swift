import Bus
import Document
import Glibc
import Orchestration
import Reactor
import Telemetry
import TestKit
import Wire

/// An orchestrator on a loop and a thread of its own, for as long as a test talks to it from
/// another one.
struct BusBench {
    var keys: KeyFolder?
    var socket: String?
    var name = "o1"
    var peers: [ClientEndpoint] = []

    func run<Success: Sendable>(
        _ body: @escaping @Sendable (OrchestratorAddress) throws -> Success
    ) async throws -> Success {
        try await BlockingPool(threads: 1, limit: 0).run {
            try EventLoop.run { loop in try await serve(loop, body) }
        }
    }

    private func serve<Success: Sendable>(
        _ loop: EventLoop, _ body: @escaping @Sendable (OrchestratorAddress) throws -> Success
    ) async throws -> Success {
        var delays = Delays()
        delays.drain = .milliseconds(200)
        let welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: "1", orchestrators: [],
            limits: Welcome.Limits(), liveness: Welcome.Liveness(ping: 1000, dead: 4000))
        let orchestrator = try Orchestrator(
            welcome: welcome, limits: Orchestration.Limits(), delays: delays, log: .silent,
            loop: loop)
        let endpoints = ServerEndpoints(
            bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0",
            socket: socket, key: try keys?.pair(KeyFolder.serverName))
        let gatekeeper = Gatekeeper(
            allowed: try keys?.admitted() ?? [:], isOpen: keys == nil, user: getuid())
        let address = try await orchestrator.open(endpoints, gatekeeper, peers: peers)
        let pool = BlockingPool(threads: 1, limit: 0)
        let result: Result<Success, any Error>
        do {
            result = .success(try await pool.run { try body(address) })
        } catch {
            result = .failure(error)
        }
        await orchestrator.drain()
        await orchestrator.ending()
        return try result.get()
    }
}

/// Whether an honest peer still gets its answer.
func isServed(_ address: OrchestratorAddress, keys: KeyFolder? = nil) throws -> Bool {
    let pair = try keys?.pair("client")
    let client = try RawSocket(
        ZMQ.dealer, id: Array((pair == nil ? "honest" : "client.honest").utf8), pair: pair,
        server: address.key)
    try client.connect(address.bus)
    return client.ask("ping") != nil
}
