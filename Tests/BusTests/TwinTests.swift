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

    /// How many links are left when two addresses have answered a client under these names; why
    /// one was given up, if one was.
    private func links(
        _ lives: [(name: String, epoch: String)], own: (name: String, epoch: String)? = nil
    ) throws -> (count: Int, fault: Fault?) {
        try EventLoop.run { loop in
            let welcomes = lives.map {
                Welcome(
                    orchestrator: $0.name, cluster: "c", version: "1", epoch: $0.epoch,
                    orchestrators: [], limits: .init(), liveness: .init(ping: 1000, dead: 4000))
            }
            let endpoints = try lives.indices.map { try ClientEndpoint("ipc:///\($0)") }
            let (answers, told) = AsyncStream<Fault?>.makeStream()
            let client = try BusClient(
                endpoints, routingID: "w.1", key: nil, context: BusContext(), loop: loop,
                ownName: own?.name, ownEpoch: { own?.epoch ?? "" },
                dial: { endpoint, _, stirred in
                    End(welcomes[endpoint.address.hasSuffix("0") ? 0 : 1], stirred)
                },
                handler: BusClient.Handler(
                    hello: { _ in [] }, up: { _, _ in told.yield(nil) }, down: { _ in },
                    received: { _, _, _ in }, failed: { _, fault in told.yield(fault) },
                    settled: {}))
            defer { client.close() }
            var (count, fault) = (0, Fault?.none)
            for await answer in answers {
                count += 1
                fault = fault ?? answer
                if count == lives.count { break }
            }
            return (client.liveLinks.count, fault)
        }
    }

    @Test("of two addresses of one orchestrator the newest link stays")
    func twins() throws {
        #expect(try links([("o1", "7"), ("o1", "7")]).count == 1)
    }

    @Test("F65 two orchestrators of one name are two, and both links stay")
    func namesakes() throws {
        #expect(try links([("o1", "7"), ("o1", "8")]).count == 2)
        #expect(try links([("o1", "7"), ("o2", "7")]).count == 2)
    }

    @Test("F65 an orchestrator that meets another of its name says so")
    func ownNamesake() throws {
        let (count, fault) = try links([("o1", "8"), ("o2", "9")], own: ("o1", "7"))
        #expect(count == 1 && fault?.has(BusCode.sameName) == true)
    }
}
