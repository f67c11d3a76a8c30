import Bus
import Document
import Orchestration
import TestKit
import Testing
import Wire

/// Whatever a stranger sends to the bus, the next honest peer gets its answer.
extension Integration {
    @Suite struct BusHostileTests {
        private func code(_ client: RawSocket) -> String {
            client.receive()?.envelope.error?.code ?? "nothing"
        }

        private func stranger(_ address: OrchestratorAddress, _ name: String = "stranger") throws
            -> RawSocket
        {
            let client = try RawSocket(ZMQ.dealer, id: Array(name.utf8))
            try client.connect(address.bus)
            return client
        }

        @Test("B1 other protocols and random bytes end their own connection alone")
        func otherProtocols() async throws {
            try await BusBench().run { address in
                var random = SplitMix64(seed: 1)
                let openings: [[UInt8]] = [
                    Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
                    [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + [UInt8](repeating: 7, count: 512),
                    Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
                    (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) },
                ]
                for opening in openings {
                    let connection = try RawConnection(address.bus)
                    connection.write(opening)
                    #expect(connection.isEnded())
                    #expect(try isServed(address))
                }
            }
        }

        @Test("B2 two hundred connections that say nothing are closed")
        func silentConnections() async throws {
            try await BusBench().run { address in
                let connections = try (0..<200).map { _ in try RawConnection(address.bus) }
                #expect(try isServed(address))
                for connection in connections { #expect(connection.isEnded()) }
                #expect(try isServed(address))
            }
        }

        @Test(
            "B3 B4 B5 without a key, with an unknown one, or under another's name nobody is heard")
        func keys() async throws {
            let folder = try TemporaryFolder()
            let keys = KeyFolder(path: folder.file("keys"))
            try keys.make()
            try await BusBench(keys: keys).run { address in
                let unknown = try KeyPair.make(name: "unknown")
                let worker = try keys.pair("worker")
                let strangers = [
                    try RawSocket(ZMQ.dealer, id: Array("client.1".utf8)),
                    try RawSocket(
                        ZMQ.dealer, id: Array("client.2".utf8), pair: unknown, server: address.key),
                    try RawSocket(
                        ZMQ.dealer, id: Array("client.3".utf8), pair: worker, server: address.key),
                ]
                for stranger in strangers {
                    try stranger.connect(address.bus)
                    stranger.send(Envelope(.ping))
                }
                let honest = try RawSocket(
                    ZMQ.dealer, id: Array("worker.3".utf8), pair: worker, server: address.key)
                try honest.connect(address.bus)
                honest.send(Envelope(.ping))
                #expect(honest.receive()?.envelope.type == .pong)
                #expect(try isServed(address, keys: keys))
                for stranger in strangers { #expect(stranger.receive(waiting: false) == nil) }
            }
        }

        @Test("B3 B4 S5-40 without a known key nobody hears a broadcast")
        func eavesdroppers() async throws {
            let folder = try TemporaryFolder()
            let keys = KeyFolder(path: folder.file("keys"))
            try keys.make()
            try await BusBench(keys: keys).run { address in
                func listener(_ pair: KeyPair?) throws -> RawSocket {
                    let socket = try RawSocket(ZMQ.subscriber, pair: pair, server: address.key)
                    socket.subscribe([])
                    try socket.connect(address.broadcast ?? "")
                    return socket
                }
                let strangers = [
                    try listener(nil), try listener(KeyPair.make(name: "unknown")),
                ]
                let honest = try listener(keys.pair("worker"))
                let client = try RawSocket(
                    ZMQ.dealer, id: Array("client.1".utf8), pair: keys.pair("client"),
                    server: address.key)
                try client.connect(address.bus)
                var broadcast = Envelope(.broadcast)
                broadcast.messageID = "m"
                broadcast.receiver = "*"
                var heard: [[UInt8]]?
                while heard == nil {
                    client.send(broadcast, Array("42".utf8))
                    #expect(client.receive()?.envelope.type == .response)
                    heard = honest.receiveFrames(waiting: false)
                }
                #expect(heard?.count == 3)
                #expect(heard?.first == Array("b/*".utf8) && heard?.last == Array("42".utf8))
                for stranger in strangers { #expect(stranger.receiveFrames(waiting: false) == nil) }
            }
        }

        @Test("B6 strange routing ids are not heard, and harm nobody")
        func routingIDs() async throws {
            try await BusBench().run { address in
                let names: [[UInt8]] = [
                    [], [UInt8](repeating: 97, count: 255), [97, 0, 98], [0xff, 0xfe],
                    Array("UPPER".utf8), Array("a b".utf8), Array("../x".utf8),
                ]
                let strangers = try names.map { try RawSocket(ZMQ.dealer, id: $0) }
                for stranger in strangers {
                    try stranger.connect(address.bus)
                    stranger.send(Envelope(.ping))
                }
                #expect(try isServed(address))
                for stranger in strangers { #expect(stranger.receive(waiting: false) == nil) }
            }
        }

        @Test("B7 any number of frames but two is refused")
        func frames() async throws {
            try await BusBench().run { address in
                let client = try stranger(address)
                let ping = Envelope(.ping).encoded()
                for frames in [[[]], [ping], [ping, [], []], [[UInt8]](repeating: [], count: 50)] {
                    client.send(frames)
                    #expect(code(client) == "frames")
                }
                client.send([[], []])
                #expect(code(client) == "version")
                client.send(Envelope(.ping))
                #expect(client.receive()?.envelope.type == .pong)
                #expect(try isServed(address))
            }
        }

        @Test("B8 B9 B18 envelopes that cannot be read are answered with what is wrong")
        func envelopes() async throws {
            try await BusBench().run { address in
                let client = try stranger(address)
                let table: [([UInt8], String)] = [
                    ([8, 0, 16, 44], "version"), ([8, 0xff, 1, 16, 44], "version"),
                    ([8, 1, 16, 99], "unsupported"), ([8, 1, 16], "header"),
                    ([8, 1, 26, 200], "header"), ([0xff], "header"), ([0, 0], "header"),
                    ([8, 1, 16, 44] + [UInt8](repeating: 0, count: 4093), "header"),
                    ([8, 1, 16, 1, 26, 2, 0xc0, 0xaf, 32, 1], "invalid"),
                    ([8, 1, 16, 1, 26, 3, 0xed, 0xa0, 0x80], "invalid"),
                    ([8, 1, 16, 1, 26, 1, 97, 50, 1, 0xff], "invalid"),
                ]
                for (bytes, expected) in table {
                    client.send([bytes, []])
                    #expect(code(client) == expected, "\(bytes.prefix(12))")
                }
                #expect(try isServed(address))
            }
        }

        @Test("B10 a content has 64 KiB in one message, and far more ends the connection")
        func contents() async throws {
            try await BusBench().run { address in
                let client = try stranger(address)
                var request = Envelope(.request)
                request.messageID = "a"
                request.receiver = "nobody"
                for (size, expected) in [(65_536, "unavailable"), (65_537, "too_large")] {
                    client.send(request, [UInt8](repeating: 32, count: size))
                    #expect(code(client) == expected)
                }
                client.send(request, [UInt8](repeating: 32, count: 8 << 20))
                #expect(try isServed(address))
                #expect(client.receive(waiting: false) == nil)
            }
        }

        @Test("B20 a flood of subscriptions, and topics longer than any there is, harm nobody")
        func subscriptions() async throws {
            try await BusBench().run { address in
                for target in [address.broadcast, address.tap] {
                    // Longer ones would end this process: libzmq walks its topics by recursion, at
                    // both sides.
                    let long = try RawSocket(ZMQ.subscriber)
                    try long.connect(target ?? "")
                    long.subscribe([UInt8](repeating: 97, count: 16 << 10))
                    let flood = try RawSocket(ZMQ.subscriber)
                    try flood.connect(target ?? "")
                    for topic in 0..<100_000 { flood.subscribe(Array("r/\(topic)".utf8)) }
                    #expect(try isServed(address))
                }
            }
        }
    }
}
