import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Bus

/// A process that is told two addresses, and what becomes of its links to them.
@Suite struct TwinTests {
    /// An orchestrator that welcomes whoever says HELLO.
    private final class End: LinkChannel {
        var isStirred = false
        var hasNews = true
        private let welcome: Welcome
        private let stirred: () -> Void
        private var news: [Link.Event] = [.connected]
        private var inbox: [[UInt8]] = []

        init(_ welcome: Welcome, _ stirred: @escaping () -> Void) {
            (self.welcome, self.stirred) = (welcome, stirred)
            stirred()
        }

        func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Bool {
            inbox.append((try? JSON.encode(welcome)) ?? [])
            isStirred = true
            stirred()
            return true
        }

        func receive(_ body: (RawSpan, any Content) -> Void) -> Bool {
            guard !inbox.isEmpty else { return false }
            let envelope = Envelope(.welcome).encoded()
            unsafe body(envelope.span.bytes, ContentBytes(inbox.removeFirst()))
            return true
        }

        func nextNews() -> Link.Event? { news.isEmpty ? nil : news.removeFirst() }
        func refresh() {}
        func close(linger: Int32) {}
    }

    /// How many links are left when two addresses have welcomed a client under these names.
    private func links(_ lives: [(name: String, epoch: String)]) throws -> Int {
        try EventLoop.run { loop in
            let welcomes = lives.map {
                Welcome(
                    orchestrator: $0.name, cluster: "c", version: "1", epoch: $0.epoch,
                    orchestrators: [], limits: .init(), liveness: .init(ping: 1000, dead: 4000))
            }
            let endpoints = try lives.indices.map { try ClientEndpoint("ipc:///\($0)") }
            let (ups, told) = AsyncStream<Void>.makeStream()
            let client = try BusClient(
                endpoints, routingID: "w.1", key: nil, context: BusContext(), loop: loop,
                dial: { endpoint, _, stirred in
                    End(welcomes[endpoint.address.hasSuffix("0") ? 0 : 1], stirred)
                },
                handler: BusClient.Handler(
                    hello: { _ in [] }, up: { _, _ in told.yield() }, down: { _ in },
                    received: { _, _, _ in }, failed: { _, _ in told.finish() }, settled: {}))
            defer { client.close() }
            var count = 0
            for await _ in ups {
                count += 1
                if count == lives.count { break }
            }
            return client.liveLinks.count
        }
    }

    @Test("of two addresses of one orchestrator the newest link stays")
    func twins() throws {
        #expect(try links([("o1", "7"), ("o1", "7")]) == 1)
    }

    @Test("F65 two orchestrators of one name are two, and both links stay")
    func namesakes() throws {
        #expect(try links([("o1", "7"), ("o1", "8")]) == 2)
        #expect(try links([("o1", "7"), ("o2", "7")]) == 2)
    }
}
