import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// Journals in a real Redis, beside those in memory: what both say has to be the same.
    @Suite(
        .serialized, .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct JournalScriptTests {
        private typealias Journaling = StateCommand.Journaling

        private let key = SessionBench.record("a")
        private var name: String { key.description }

        private func journaling(
            after: Int, _ entries: [String], bodies: [String] = [], noted: Bool = false,
            of id: String = "a"
        ) -> StateCommand {
            let note = Journaling.Note(event: "done", step: 1, agent: "cost", took: 3)
            return .journal(
                1,
                Journaling(
                    key: SessionBench.record(id), after: after,
                    entries: entries.map {
                        Journaling.Entry(bytes: Array($0.utf8), note: noted ? note : nil)
                    }, bodies: bodies.map { Journaling.Body(digest: $0, bytes: Array($0.utf8)) }))
        }

        private func keeping(_ reply: StateReply) -> Keeping? {
            if case .journaled(_, let keeping) = reply { keeping } else { nil }
        }

        private func page(_ reply: StateReply) -> JournalPage? {
            if case .journalPage(_, let page) = reply { page } else { nil }
        }

        @Test("G3 G5 any sequence of changes leaves the same journal in memory and in Redis")
        func walk() throws {
            let server = try RedisServer()
            for seed in Seeds.share(0, of: 1, count: 8) {
                do {
                    try walk(SplitMix64(seed: seed), on: server)
                } catch {
                    Issue.record("\(error); again: \(Seeds.replay(seed, "JournalScriptTests"))")
                    return
                }
            }
        }

        private func walk(_ generator: SplitMix64, on server: RedisServer) throws {
            var (random, bench) = (generator, try SessionBench(on: server))
            var lengths: [String: Int] = [:]
            for id in ["a", "b"] { try bench.accept(id) }
            for _ in 0..<150 {
                bench.pass(10)
                let id = ["a", "b", "c"].randomElement(using: &random) ?? ""
                let length = lengths[id] ?? 0
                switch Int.random(in: 0...19, using: &random) {
                case 0: try bench.finish(id)
                case 1: try bench.both(.release(1, SessionBench.record(id)))
                case 2: try bench.both(.park(1, parking(id)))
                case 3:
                    let again = StateCommand.Resolution(verdict: .again, code: "")
                    let record = SessionBench.record(id)
                    // Redis knows a decision again, memory does not.
                    _ = try bench.answers(.resolve(1, record, again, by: "me"))
                case 4...6:
                    let from = Int.random(in: 0...length + 2, using: &random)
                    try bench.both(.readJournal(1, SessionBench.record(id), from: from))
                case 7: try bench.claim(9)
                default:
                    let after = Int.random(in: max(0, length - 2)...length + 1, using: &random)
                    let count = Int.random(in: 0...40, using: &random)
                    let bodies = (0..<Int.random(in: 0...3, using: &random)).map {
                        String(repeating: "\($0)", count: 60_000)
                    }
                    let item = journaling(
                        after: Bool.random(using: &random) ? length : after,
                        (0..<count).map { "entry \($0)" }, bodies: Array(Set(bodies)),
                        noted: Bool.random(using: &random), of: id)
                    try bench.both(item)
                    lengths[id] = try bench.journalLength(id)
                }
            }
        }

        private func parking(_ id: String) -> StateCommand.Parking {
            StateCommand.Parking(
                key: SessionBench.record(id), step: 1, attempt: 1, agent: "cost",
                instance: "w.1", reason: "lost")
        }

        @Test("a journal of 10,000 entries is read page by page, each bounded in number and bytes")
        func pages() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            let filler = String(repeating: "x", count: 300)
            for first in stride(from: 0, to: 10_000, by: 100) {
                let entries = (first..<first + 100).map { "\($0) \(filler)" }
                let bodies = ["shared", "body \(first)"]
                let item = journaling(after: first, entries, bodies: bodies)
                #expect(keeping(try bench.both(item)) == .kept)
            }
            var (entries, bodies, next) = (0, [String: [UInt8]](), Int?(0))
            while let from = next {
                let reply = try bench.both(.readJournal(1, key, from: from))
                let page = try #require(self.page(reply))
                #expect(page.entries.count <= JournalPage.mostEntries)
                #expect(page.entries.reduce(0) { $0 + $1.count } <= JournalPage.mostBytes)
                #expect(page.entries.first?.starts(with: Array("\(from) x".utf8)) == true)
                entries += page.entries.count
                bodies.merge(page.bodies) { $1 }
                next = page.next
            }
            #expect(entries == 10_000 && bodies.count == 101)
            #expect(bodies["shared"] == Array("shared".utf8))
            #expect(try bench.redis.client.ask("HLEN", "baton:jb:\(name)").number == 101)
        }

        @Test("B89 bytes of any kind come back as they were, and a large one has a page of its own")
        func bytes() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            var random = SplitMix64(seed: 7)
            let large = (0..<2_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let odd: [UInt8] = [0, 10, 13, 255, 34, 0]
            let item = Journaling(
                key: key, after: 0,
                entries: [odd, [], large, odd].map { Journaling.Entry(bytes: $0) },
                bodies: [Journaling.Body(digest: "d", bytes: odd)])
            #expect(keeping(try bench.both(.journal(1, item))) == .kept)
            let first = page(try bench.both(.readJournal(1, key, from: 0)))
            #expect(first == JournalPage(entries: [odd, []], bodies: ["d": odd], next: 2))
            let second = page(try bench.both(.readJournal(1, key, from: 2)))
            #expect(second == JournalPage(entries: [large], next: 3))
        }

        @Test(
            "what a journal takes counts among what has ended, and goes with its request",
            arguments: [true, false])
        func retention(isNoted: Bool) throws {
            var settings = StoreSettings()
            settings.finishedKept = 1
            var bench = try SessionBench(settings)
            try bench.accept("a")
            try bench.both(journaling(after: 0, ["four", "4444"], bodies: ["12"], noted: isNoted))
            try bench.finish("a")
            #expect(try bench.redis.client.ask("GET", "baton:finb").number == 20)
            #expect(page(try bench.both(.readJournal(1, key, from: 0)))?.entries.count == 2)
            #expect(try bench.redis.client.ask("KEYS", "baton:j*").list?.count == 2)
            try bench.accept("b")
            try bench.finish("b")
            #expect(try bench.redis.client.ask("KEYS", "*\(name)*").list == [])
            #expect(page(try bench.both(.readJournal(1, key, from: 0))) == nil)
            #expect(try bench.redis.client.ask("GET", "baton:finb").number == 10)
        }

        @Test("a dead letter keeps its journal when it is tried again")
        func revived() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            try bench.both(journaling(after: 0, ["one"]))
            let dead = StateCommand.Ending(
                key: key, state: .failed, step: 1, attempt: 1, agent: "cost", instance: "w.1",
                code: "failed", took: 5, isDead: true, size: 10, output: SessionBench.message("{}"))
            try bench.both(.finish(3, dead))
            try bench.both(.revive(1, key, by: "me"))
            try bench.claim(1)
            #expect(try bench.journalLength("a") == 1)
            #expect(keeping(try bench.both(journaling(after: 1, ["two"]))) == .kept)
        }

        @Test("B89 a journal that is not as its record says is not handed out, and not added to")
        func spoilt() throws {
            let spoils = [
                ["DEL", "baton:j:\(name)"], ["RPOP", "baton:j:\(name)"],
                ["RPUSH", "baton:j:\(name)", "x"],
                ["HSET", "baton:r:\(name)", "jn", "many"],
                ["HSET", "baton:r:\(name)", "jn", "5"],
            ]
            let server = try RedisServer()
            for words in spoils {
                var bench = try SessionBench(on: server)
                try bench.accept("a")
                try bench.both(journaling(after: 0, ["one", "two"], bodies: ["b"]))
                _ = try bench.redis.client.ask(words)
                let added = keeping(try bench.asked(journaling(after: 2, ["three"])))
                #expect(added == .unreadable || words.last == "5" && added == .kept, "\(words)")
                guard case .unreadable = try bench.asked(.readJournal(1, key, from: 0)) else {
                    Issue.record("\(words) is read")
                    continue
                }
            }
            var bench = try SessionBench(on: server)
            try bench.accept("a")
            try bench.both(journaling(after: 0, ["one"], bodies: ["b"]))
            _ = try bench.redis.client.ask(["DEL", "baton:jb:\(name)"])
            guard case .unreadable = try bench.asked(.readJournal(1, key, from: 0)) else {
                Issue.record("what is missing is read")
                return
            }
        }

        @Test("an earlier request's journal under the same key is no part of a new one's")
        func leftovers() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            _ = try bench.redis.client.ask(["RPUSH", "baton:j:\(name)", "old"])
            _ = try bench.redis.client.ask(["SET", "baton:jb:\(name)", "old"])
            #expect(keeping(try bench.both(journaling(after: 0, ["new"], bodies: ["b"]))) == .kept)
            #expect(page(try bench.both(.readJournal(1, key, from: 0)))?.entries.count == 1)
        }

        @Test("when memory is full a journal goes on, and no workflow is kept")
        func full() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            try bench.both(.keepWorkflow(1, digest: "d", text: [1]))
            _ = try bench.redis.client.ask(["CONFIG", "SET", "maxmemory", "1"])
            #expect(keeping(try bench.both(journaling(after: 0, ["one"]))) == .kept)
            #expect(throws: ScriptBench.Fault.self) {
                try bench.asked(.keepWorkflow(1, digest: "e", text: [1]))
            }
            try bench.both(.workflow(1, digest: "d"))
        }

        @Test("a workflow's text is set once, for 400 days from when it was last kept")
        func workflows() throws {
            var bench = try SessionBench()
            try bench.both(.workflow(1, digest: "d"))
            try bench.both(.keepWorkflow(1, digest: "d", text: [0, 255]))
            _ = try bench.redis.client.ask(["EXPIRE", "baton:wf:d", "10"])
            try bench.both(.keepWorkflow(1, digest: "d", text: [1]))
            guard case .workflow(1, [0, 255]) = try bench.both(.workflow(1, digest: "d")) else {
                Issue.record("it was set again")
                return
            }
            let life = try bench.redis.client.ask("TTL", "baton:wf:d").number ?? 0
            #expect(life > 399 * 86_400 && life <= 400 * 86_400)
            try bench.redis.client.ask("DEL", "baton:wf:d")
            try bench.redis.client.ask("SADD", "baton:wf:d", "x")
            guard case .workflow(1, nil) = try bench.asked(.workflow(1, digest: "d")) else {
                Issue.record("a set is a text")
                return
            }
            _ = try bench.asked(.keepWorkflow(1, digest: "d", text: [0, 255]))
            try bench.both(.workflow(1, digest: "d"))
        }
    }
}

extension SessionBench {
    /// What waits goes to the one instance there is; both hand out the same journals.
    mutating func claim(_ count: Int) throws {
        let (mine, other) = try answers(.claim(count))
        guard case .claimed(let one) = mine, case .claimed(let two) = other,
            one.map({ "\($0.id) \($0.journalLength)" })
                == two.map({ "\($0.id) \($0.journalLength)" })
        else { throw ScriptBench.Fault(description: "\(mine) and \(other)") }
    }

    /// How many entries both say there are, of which both show the same events.
    mutating func journalLength(_ id: String) throws -> Int {
        let (mine, other) = try answers(.read(1, Self.record(id), from: 1))
        guard case .read(1, let one) = mine, case .read(1, let two) = other else {
            throw ScriptBench.Fault(description: "\(mine) and \(other)")
        }
        let noted = [one, two].map { $0?.events.filter { $0.took == 3 }.count ?? 0 }
        let (first, second) = (one?.journalLength ?? 0, two?.journalLength ?? 0)
        guard first == second, noted[0] == noted[1] else {
            throw ScriptBench.Fault(description: "\(first) and \(second), noted \(noted)")
        }
        return first
    }
}
