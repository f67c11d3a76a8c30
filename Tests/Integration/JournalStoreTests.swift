import Reactor
import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// Journals as the store keeps them on a real Redis: sent again when nobody knows, and handed
    /// to whoever takes a request over.
    @Suite(
        .serialized, .timeLimit(.minutes(2)),
        .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct JournalStoreTests {
        private static func journal(
            _ token: UInt64, _ id: String, after: Int, count: Int = 1, bodies: [String] = []
        ) -> StateCommand {
            typealias Journaling = StateCommand.Journaling
            let entries = (after..<after + count).map {
                Journaling.Entry(bytes: Array("\($0)".utf8), note: Journaling.Note(event: "done"))
            }
            return .journal(
                token,
                Journaling(
                    key: Kept.key(id), after: after, entries: entries,
                    bodies: bodies.map { Journaling.Body(digest: $0, bytes: Array($0.utf8)) }))
        }

        private static func numbers(_ page: JournalPage?) -> [String] {
            page?.entries.map { String(decoding: $0, as: UTF8.self) } ?? []
        }

        @Test("G3 entries are kept once and in order; what ended has its journal still")
        func once() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Self.journal($0, "1", after: 0) } == "gone")
                #expect(await bench.page("1") == nil)
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.page("1") == JournalPage())
                #expect(await bench.ask { Self.journal($0, "1", after: 1) } == "fenced")
                for _ in 0..<2 {
                    #expect(await bench.ask { Self.journal($0, "1", after: 0, count: 2) } == "kept")
                }
                #expect(await bench.ask { Self.journal($0, "1", after: 1, count: 2) } == "fenced")
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                #expect(await bench.ask { Self.journal($0, "1", after: 0, count: 2) } == "kept")
                #expect(await bench.ask { Self.journal($0, "1", after: 2) } == "fenced")
                #expect(Self.numbers(await bench.page("1")) == ["0", "1"])
                let request = try #require(await bench.read("1"))
                #expect(request.journalLength == 2)
                #expect(
                    request.events.map(\.kind) == [
                        "accepted", "dispatched", "done", "done", "done", "succeeded",
                    ])
                #expect(request.events.map(\.number) == [1, 2, 3, 4, 5, 6])
            }
        }

        @Test("one tick's journals are one call, each answered for itself")
        func tick() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                _ = await bench.ask(1...40) { Kept.accept($0, "\($0)") }
                let client = try RedisClient(server.socket)
                let before = try Self.scripts(client)
                let answers = await bench.ask(101...140) {
                    Self.journal($0, "\($0 - 100)", after: $0 == 107 ? 1 : 0)
                }
                #expect(answers.filter { $0 == "kept" }.count == 39 && answers[6] == "fenced")
                // Renewals of the lease are scripts, too.
                #expect(try Self.scripts(client) - before < 20)
            }
        }

        private static func scripts(_ client: RedisClient) throws -> Int {
            let text = try client.ask("INFO", "commandstats").text ?? ""
            let line = text.split(separator: "cmdstat_evalsha:calls=").dropFirst().first ?? ""
            return Int(line.prefix { $0.isNumber }) ?? 0
        }

        @Test("F36 whatever answers are lost, each entry is kept once and answered once")
        func lost() async throws {
            let server = try RedisServer()
            let endpoint = try RedisEndpoint(server.endpoint)
            EventLoop.prepareProcess()
            try await BlockingPool(threads: 1, limit: 0).run {
                try EventLoop.run { loop in
                    let bench = StateBench(loop)
                    var callers: [ForgetfulCaller] = []
                    bench.open(endpoint, StateBench.settings()) { link in
                        let caller = ForgetfulCaller(
                            link, on: loop, percent: 10, seed: UInt64(callers.count))
                        callers.append(caller)
                        return caller
                    }
                    defer { bench.store?.close() }
                    await bench.ready()
                    while await bench.ask({ Kept.accept($0, "1") }) == "refused" {
                        try? await loop.sleep(for: .milliseconds(5))
                    }
                    for number in 0..<200 {
                        let answer = await bench.ask {
                            Self.journal($0, "1", after: number, bodies: ["b\(number / 2)"])
                        }
                        #expect(answer == "kept")
                    }
                    #expect(callers.reduce(0) { $0 + $1.forgotten } > 0)
                    let client = try RedisClient(server.socket)
                    let key = Kept.key("1")
                    #expect(try client.ask("LLEN", "baton:j:\(key)").number == 200)
                    #expect(try client.ask("HLEN", "baton:jb:\(key)").number == 100)
                }
            }
        }

        @Test("G5 who takes a request over reads its journal and goes on; the old owner is fenced")
        func adopted() async throws {
            let server = try RedisServer()
            let settings = StateBench.settings { $0.grace = .milliseconds(50) }
            try await StateBench.run(server.endpoint, settings) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { Self.journal($0, "1", after: 0, count: 300) } == "kept")
                // Its lease is taken away: it comes again under another number and adopts its own.
                let client = try RedisClient(server.socket)
                let other = try #require(RedisScript.all.first { $0.name == "register" })
                try client.ask("EVAL", other.text, "1", "baton:", "x", "1000000", "generation")
                try client.ask("SMOVE", "baton:own:b#1", "baton:own:x#2", "\(Kept.key("1"))")
                try client.ask("HSET", "baton:r:\(Kept.key("1"))", "own", "x#2")
                #expect(await bench.ask { Self.journal($0, "1", after: 300) } == "fenced")
                try client.ask("ZADD", "baton:inst", "1", "x#2")
                await bench.until { !bench.claimed.isEmpty }
                let request = try #require(bench.claimed.first)
                #expect(request.id == "1" && request.journalLength == 300)
                let first = try #require(await bench.page("1"))
                #expect(first.entries.count == 256 && first.next == 256)
                let second = try #require(await bench.page("1", from: 256))
                #expect(Self.numbers(second) == (256..<300).map(String.init) && second.next == nil)
                #expect(await bench.ask { Self.journal($0, "1", after: 300) } == "kept")
            }
        }

        @Test("a parked request has its journal when a person lets it go on")
        func parked() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { Self.journal($0, "1", after: 0) } == "kept")
                #expect(await bench.ask { Kept.park($0, "1") } == "kept")
                #expect(await bench.ask { Self.journal($0, "1", after: 1) } == "fenced")
                let again = StateCommand.Resolution(verdict: .again, code: "")
                #expect(await bench.ask { .resolve($0, Kept.key("1"), again, by: "me") } == "done")
                #expect(await bench.claim(5).map(\.journalLength) == [1])
                #expect(await bench.ask { Self.journal($0, "1", after: 1) } == "kept")
                #expect(Self.numbers(await bench.page("1")) == ["0", "1"])
            }
        }

        @Test("while Redis is away entries wait, and a workflow is refused")
        func away() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { .keepWorkflow($0, digest: "d", text: [1, 2]) } == "kept")
                #expect(await bench.ask { .workflow($0, digest: "d") } == "2")
                #expect(await bench.ask { .workflow($0, digest: "e") } == "nothing")
                server.kill()
                await bench.until { bench.conditions.last == "away" }
                bench.perform([Self.journal(7, "1", after: 0)])
                #expect(
                    await bench.ask { .keepWorkflow($0, digest: "f", text: [1, 2]) } == "failed")
                #expect(bench.replies[7] == nil)
            }
        }
    }
}
