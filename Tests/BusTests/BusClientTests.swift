import Document
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import Bus

/// A client and a server on one loop: keys, greetings, contents.
@Suite struct BusClientTests {
    /// What a client was told first: the orchestrator that welcomed it, or why it was given up.
    private func outcome(
        key: KeyPair?, allowed: [String: Identity], routingID: String, server: KeyPair?
    ) throws -> Result<String, Fault> {
        try EventLoop.run { loop in
            let context = try BusContext()
            let host = try WelcomingServer(context, loop, key: server, allowed: allowed)
            defer { host.close() }
            var limits = Link.Limits()
            limits.firstDelay = .milliseconds(1)
            limits.longestDelay = .milliseconds(1)
            limits.refusals = 3
            let endpoint = try ClientEndpoint(host.address, serverKey: server?.public)
            let (results, told) = AsyncStream<Result<String, Fault>>.makeStream()
            let client = try BusClient(
                [endpoint], routingID: routingID, key: key, context: context, loop: loop,
                limits: limits,
                handler: BusClient.Handler(
                    hello: { _ in
                        (try? JSON.encode(Hello(role: .client, session: "s"))) ?? []
                    },
                    up: { _, welcome in told.yield(.success(welcome.orchestrator)) },
                    down: { _ in }, received: { _, _, _ in },
                    failed: { _, fault in told.yield(.failure(fault)) }, settled: {}))
            defer { client.close() }
            // What never comes fails this test instead of holding up all others.
            let patience = loop.timer(after: .seconds(60)) { told.finish() }
            defer { patience.cancel() }
            for await result in results { return result }
            throw CancellationError()
        }
    }

    @Test("a client in the clear is welcomed on loopback")
    func clear() throws {
        let result = try outcome(key: nil, allowed: [:], routingID: "c.1", server: nil)
        #expect(try result.get() == "o1")
    }

    @Test("a key on the allow list is welcomed under its name")
    func allowed() throws {
        let key = try KeyPair.make(name: "alice")
        let identity = Identity(name: "alice", role: .client)
        let result = try outcome(
            key: key, allowed: [key.public: identity], routingID: "alice.1",
            server: KeyPair.make(name: "server"))
        #expect(try result.get() == "o1")
    }

    @Test(
        "a key that is not on the allow list is given up with a clear reason",
        arguments: [true, false])
    func refused(_ hasKey: Bool) throws {
        let key = try hasKey ? KeyPair.make(name: "mallory") : nil
        let result = try outcome(
            key: key, allowed: [:], routingID: "mallory.1", server: KeyPair.make(name: "server"))
        let fault = #expect(throws: Fault.self) { try result.get() }
        #expect(fault?.has(BusCode.keyRefused) == true)
    }

    @Test("a name that does not belong to the key is refused before anything is opened")
    func foreignName() throws {
        let key = try KeyPair.make(name: "alice")
        let fault = #expect(throws: Fault.self) {
            _ = try outcome(key: key, allowed: [:], routingID: "alicia.1", server: nil).get()
        }
        #expect(fault?.has(BusCode.keyRefused) == true)
    }
}
