import Reactor
import Telemetry
import TestKit
import Testing

@testable import Store

extension Integration {
    /// A connection to something that answers as no Redis does.
    @Suite(.serialized, .timeLimit(.minutes(1))) struct RedisLinkOddTests {
        /// Bytes that are no answer, too much of one, or one nobody asked for.
        private static let odd: [(bytes: String, says: String)] = [
            ("x\r\n", "away Protocol error"),
            ("$99999999999999999999\r\n", "away"),
            ("*3\r\n+a\r\nx", "away Protocol error"),
            ("+OK\r\n+OK\r\n", "away Redis sent an answer that nobody asked for"),
            (":1\r\n:2\r\n$1\r\na\r\n*0\r\n", "away Redis sent an answer that nobody asked for"),
            ("+OK\r\n-ERR odd thing\r\n", "away ERR odd thing"),
            ("+OK\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n", "away Redis sent an answer"),
            ("+OK\r\n*1\r\n*-1\r\n", "away Redis sent an answer that nobody asked for"),
        ]

        @Test("F37 a corrupt answer ends the connection, never the process, and is got over")
        func corrupt() async throws {
            for (bytes, says) in Self.odd {
                try await odd(bytes, says)
            }
        }

        private func odd(_ bytes: String, _ says: String) async throws {
            let folder = try TemporaryFolder()
            try await LinkBench.run("unix:\(folder.file("fake.sock"))") { bench in
                let fake = try FakeRedis(in: folder, on: bench.loop) { connection, words in
                    guard words == ["GET", "k"] else { return nil }
                    return connection == 0 ? bytes : "+fine\r\n"
                }
                var place = await bench.until("ready")
                let flood = bench.flood(1, ["GET", "k"])
                place = await bench.until(says, from: place)
                #expect(await flood.all().count == 1 && flood.repeated == 0)
                await bench.until("ready", from: place)
                #expect(await bench.ask("GET", "k") == .reply(.status("fine")))
                #expect(fake.count >= 2)
            }
        }

        @Test("Odd answers to a subscription end the connection, never the process")
        func subscription() async throws {
            let odd = [
                "*1\r\n$9\r\nsubscribe\r\n", "*3\r\n:1\r\n:2\r\n:3\r\n", "*-1\r\n", "+OK\r\n",
                "*3\r\n$7\r\nmessage\r\n*0\r\n*0\r\n*3\r\n$7\r\nmessage\r\n:1\r\n:2\r\nx",
            ]
            for bytes in odd {
                let folder = try TemporaryFolder()
                try await LinkBench.run("unix:\(folder.file("fake.sock"))") { bench in
                    let good = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"
                    let fake = try FakeRedis(in: folder, on: bench.loop) { connection, words in
                        guard words.first == "SUBSCRIBE" else { return nil }
                        return connection == 0 ? bytes : good
                    }
                    var heard: [String] = []
                    bench.link.subscribe("c") { heard.append($0) }
                    let place = await bench.until("ready")
                    await bench.until("ready", from: place)
                    while heard.isEmpty { await bench.turn() }
                    #expect(heard == ["hello"] && fake.count == 2)
                }
            }
        }

        @Test("One that accepts and never answers is given up at the deadline")
        func silent() async throws {
            let folder = try TemporaryFolder()
            let settings = LinkBench.settings { $0.deadline = .milliseconds(30) }
            try await LinkBench.run("unix:\(folder.file("fake.sock"))", settings) { bench in
                var isSilent = true
                let fake = try FakeRedis(in: folder, on: bench.loop) { _, _ in isSilent ? "" : nil }
                let place = await bench.until("away Redis has not answered within")
                isSilent = false
                await bench.until("ready", from: place)
                #expect(fake.count >= 2)
            }
        }
    }
}
