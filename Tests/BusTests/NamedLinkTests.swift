import Document
import Telemetry
import TestKit
import Testing
import Wire

@testable import Bus
@testable import Reactor

/// Links to hosts that have names, of which the addresses change.
@Suite struct NamedLinkTests {
    @Test("a link follows its host's name to another address, and waits while it has none")
    func follows() throws {
        try EventLoop.run { loop in
            let context = try BusContext()
            let place = Locked<[String]>([])
            var first: WelcomingServer? = try WelcomingServer(BusContext(), loop)
            let port = try ServerEndpoints.split(first?.address ?? "").port
            let (words, told) = AsyncStream<String>.makeStream()
            let client = try Self.client(
                "tcp://orchestrator.test:\(port)", context, loop, told,
                HostNames(loop) { _ in
                    let found = place.withLock { $0 }
                    if found.isEmpty { told.yield("unknown") }
                    return found
                })
            defer { client.close() }
            var heard: [String] = []
            var second: WelcomingServer?
            for await word in words where word != heard.last {
                heard.append(word)
                switch word {
                case "unknown": place.withLock { $0 = ["::1", "127.0.0.1"] }
                case "up o1":
                    first?.close()
                    first = nil
                case "down":
                    second = try WelcomingServer(
                        BusContext(), loop, name: "o2", at: "tcp://127.0.0.2:\(port)")
                    place.withLock { $0 = ["127.0.0.2"] }
                default: break
                }
                if word == "up o2" { break }
            }
            #expect(heard == ["unknown", "up o1", "down", "up o2"])
            second?.close()
        }
    }

    @Test(
        "the name of an endpoint's host is looked up, a number or a socket never",
        arguments: [
            ("tcp://orchestrator-1:7400", "orchestrator-1"), ("tcp://localhost:1", "localhost"),
            ("tcp://10.0.0.1:7400", nil), ("tcp://[::1]:7400", nil), ("ipc:///run/bus", nil),
        ] as [(String, String?)])
    func hostName(_ address: String, _ name: String?) throws {
        let endpoint = try ClientEndpoint(address)
        #expect(endpoint.hostName == name)
        if name != nil {
            #expect(endpoint.at("10.1.1.1")?.address.hasPrefix("tcp://10.1.1.1:") == true)
        }
    }

    private static func client(
        _ address: String, _ context: BusContext, _ loop: EventLoop,
        _ told: AsyncStream<String>.Continuation, _ names: HostNames
    ) throws -> BusClient {
        var limits = Link.Limits()
        limits.firstDelay = .milliseconds(1)
        limits.longestDelay = .milliseconds(1)
        limits.lookup = .milliseconds(1)
        return try BusClient(
            [ClientEndpoint(address)], routingID: "c.1", key: nil, context: context, loop: loop,
            limits: limits, names: names,
            handler: BusClient.Handler(
                hello: { _ in (try? JSON.encode(Hello(role: .client, session: "s"))) ?? [] },
                up: { _, welcome in told.yield("up \(welcome.orchestrator)") },
                down: { _ in told.yield("down") }, received: { _, _, _ in },
                failed: { _, fault in told.yield("failed \(fault)") }, settled: {}))
    }
}
