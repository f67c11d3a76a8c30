import Document
import Glibc
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import Bus

/// Broadcasts between a server and clients on one loop.
@Suite struct BroadcastTests {
    @Test("S5-40 what is published on a topic reaches each subscriber to it, whole and in order")
    func everySubscriber() throws {
        try EventLoop.run { loop in
            let radio = try Radio(loop)
            defer { radio.close() }
            let listeners = try (1...3).map { try radio.listener("w.\($0)", ["b/cost", "b/*"]) }
            await radio.tuneIn(listeners)
            for topic in ["b/cost", "b/costs", "b/other", "b/*", "b/cos"] {
                radio.publish(topic, String(repeating: topic, count: 5000))
            }
            radio.publish("b/cost", "end")
            for listener in listeners {
                let heard = await listener.heard(until: "end")
                #expect(heard.map(\.topic) == ["b/cost", "b/*", "b/cost"])
                #expect(heard.map(\.content.count) == [30_000, 15_000, 3])
                #expect(heard.map(\.sequence) == heard.map(\.sequence).sorted())
            }
        }
    }

    @Test("S5-40 processes of one host hear broadcasts without keys and without a network")
    func local() throws {
        let folder = try TemporaryFolder()
        try EventLoop.run { loop in
            let radio = try Radio(loop, socket: folder.file("bus"))
            defer { radio.close() }
            var status = stat()
            #expect(unsafe stat(folder.file("bus.b"), &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let listener = try radio.listener("w.1", ["b/*"])
            await radio.tuneIn([listener])
            radio.publish("b/*", "end")
            #expect(await listener.heard(until: "end").count == 1)
        }
        #expect(unsafe access(folder.file("bus.b"), F_OK) != 0)
    }

    @Test("S5-40 a publisher never waits: who is too far behind loses the newest, and only those")
    func slowSubscriber() throws {
        try EventLoop.run { loop in
            let radio = try Radio(loop)
            defer { radio.close() }
            let listener = try radio.listener("w.1", ["b/cost"])
            await radio.tuneIn([listener])
            let content = String(repeating: "x", count: 48 << 10)
            let before = radio.sequence
            for _ in 1...4000 { radio.publish("b/cost", content) }
            // What the subscriber takes makes room, at once or in a moment, for the last one.
            let ticker = loop.timer(every: .milliseconds(20)) {
                radio.publish("b/cost", "still here")
            }
            defer { ticker.cancel() }
            var heard = 0
            while await listener.next()?.content != "still here" { heard += 1 }
            #expect(heard < Int(radio.sequence - before))
        }
    }

    @Test("S5-40 a key that is not on the allow list hears nothing, and one that is hears all")
    func keys() throws {
        let server = try KeyPair.make(name: "server")
        let alice = try KeyPair.make(name: "alice")
        try EventLoop.run { loop in
            let radio = try Radio(
                loop, key: server,
                allowed: [alice.public: Identity(name: "alice", role: .worker)])
            defer { radio.close() }
            let mallory = try KeyPair.make(name: "mallory")
            let endpoint = try ClientEndpoint(radio.broadcast, serverKey: server.public)
            let stranger = try BroadcastSocket(
                endpoint, topics: [""], key: mallory, context: radio.context, loop: loop
            ) {}
            defer { stranger.close() }
            let listener = try radio.listener("alice.1", ["b/*"], key: alice)
            await radio.tuneIn([listener])
            radio.publish("b/*", "end")
            #expect(await listener.heard(until: "end").count == 1)
            #expect(!stranger.socket.receive(into: Frame()))
        }
    }

    @Test("a topic is found by its exact bytes alone")
    func topics() {
        var table = TopicTable(["b/cost", "b/*", "m/"])
        func find(_ topic: String) -> String? {
            let bytes = Array(topic.utf8)
            return unsafe table.name(bytes.span.bytes)
        }
        for name in ["m/", "b/cost", "b/cost", "b/*"] { #expect(find(name) == name) }
        for name in ["", "b/", "b/cos", "b/costs", "B/cost", "b/cost\0"] {
            #expect(find(name) == nil)
        }
    }

    @Test("an orchestrator that listens everywhere is reached by the host that led to it")
    func everywhere() throws {
        let table = [
            ("tcp://0.0.0.0:7401", "tcp://h:7400", "tcp://h:7401"),
            ("tcp://*:1", "tcp://10.0.0.1:7400", "tcp://10.0.0.1:1"),
            ("tcp://[::]:1", "tcp://[::1]:7400", "tcp://[::1]:1"),
            ("tcp://10.0.0.2:1", "tcp://h:7400", "tcp://10.0.0.2:1"),
            ("tcp://0.0.0.0:1", "ipc:///tmp/x", "tcp://0.0.0.0:1"),
            ("nonsense", "tcp://h:7400", "nonsense"),
        ]
        for (address, endpoint, expected) in table {
            #expect(try ClientEndpoint(endpoint).reachable(address) == expected)
        }
    }
}
