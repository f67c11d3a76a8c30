import Bus
import Glibc
import Orchestration
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import WorkerKit

/// A listener at the tap of an orchestrator where nobody else is.
@Suite struct LoneListenerTests {
    @Test("whoever listens alone is told at once, and again when a second is over")
    func tallies() async throws {
        let folder = try TemporaryFolder()
        try await LoopThread.run { loop in
            let welcome = Welcome(
                orchestrator: "o1", cluster: "test", version: "1", epoch: "1", orchestrators: [],
                limits: .init(), liveness: .init(ping: 1000, dead: 4000))
            let orchestrator = try Orchestrator(
                welcome: welcome, limits: .init(), delays: Delays(), log: .silent, loop: loop)
            let endpoints = ServerEndpoints(
                bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0",
                tap: "tcp://127.0.0.1:0", socket: folder.file("bus"))
            let gatekeeper = Gatekeeper(allowed: [:], isOpen: true, user: getuid())
            let address = try await orchestrator.open(endpoints, gatekeeper)
            let (heard, hearing) = AsyncStream<TapEvent>.makeStream()
            let listener = try TapListener(
                ClientEndpoint(address.tap ?? "", serverKey: nil), topics: [TapTopic.tallies],
                key: nil, context: BusContext(), loop: loop,
                handler: TapListener.Handler(heard: { hearing.yield($0) }))
            var count = 0
            for await event in heard {
                #expect(event.topic == TapTopic.tallies)
                count += 1
                if count == 3 { break }
            }
            listener.close()
            await orchestrator.drain()
            await orchestrator.ending()
        }
    }
}
