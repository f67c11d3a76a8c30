import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// Sessions in a real Redis, beside those in memory.
    @Suite(
        .serialized, .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct SessionScriptTests {
        @Test("S5-25 a session is created, active, completed or failed, and at last expired")
        func states() throws {
            var bench = try SessionBench()
            try bench.ask(.open(SessionCommand.Name(id: "s", tenant: "t")))
            #expect(try bench.read("s")?.state == .created)
            for (id, state) in [("a", StoredState.succeeded), ("b", .failed), ("c", .cancelled)] {
                try bench.accept(id)
                try bench.ask(bench.begin("s", id))
                #expect(try bench.read("s")?.state == .active)
                try bench.finish(id, state)
                try bench.ask(bench.end("s", id))
                let now = try bench.read("s")?.state
                #expect(now == (state == .succeeded ? .completed : .failed))
            }
            try bench.ask(.close(SessionBench.key("s")))
            let ended = try bench.read("s")
            #expect(ended?.state == .expired && ended?.conversation.isEmpty == true)
            #expect(ended?.requests == 3 && ended?.succeeded == 1 && ended?.failed == 2)
        }

        @Test("S5-28 a request counts once in its session, however often it begins and ends")
        func once() throws {
            var bench = try SessionBench()
            try bench.accept("a", "1")
            for _ in 0..<3 { try bench.ask(bench.begin("s", "a")) }
            #expect(try bench.ask(bench.end("s", "a")) == .open)
            try bench.finish("a", .succeeded, "2", attempt: 3)
            for _ in 0..<3 { try bench.ask(bench.end("s", "a")) }
            try bench.ask(bench.begin("s", "a"))
            let session = try #require(try bench.read("s"))
            #expect(session.requests == 1 && session.succeeded == 1 && session.retries == 2)
            #expect(session.state == .completed && session.running.isEmpty)
            #expect(session.conversation.map(\.query.bytes) == [Array("1".utf8)])
            #expect(session.conversation.map(\.answer.bytes) == [Array("2".utf8)])
            #expect(session.conversation.first?.entry.request == "a")
        }

        @Test("an end that nobody told is taken from the record; a volatile one is lost in time")
        func settled() throws {
            var bench = try SessionBench()
            try bench.accept("a", "[1]")
            try bench.ask(bench.begin("s", "a"))
            try bench.ask(bench.begin("s", "v", isDurable: false))
            try bench.finish("a", .failed)
            bench.pass(5_000)
            #expect(try bench.read("s")?.running.map(\.request) == ["v"])
            #expect(try bench.read("s")?.conversation.first?.entry.code == "late")
            bench.pass(70_000)
            let session = try #require(try bench.read("s"))
            #expect(session.running.isEmpty && session.failed == 2 && session.state == .failed)
            #expect(session.log.map(\.code) == ["late", "lost"])
        }

        @Test("S5-29 what nobody uses expires, is told of for a while, and is gone")
        func expiry() throws {
            var settings = StoreSettings()
            settings.sessionIdle = .seconds(100)
            var bench = try SessionBench(settings)
            try bench.ask(bench.begin("s", "v", isDurable: false))
            try bench.ask(.remember(SessionBench.key("s"), name: "k", value: [49]))
            try bench.ask(bench.end("s", "v", isDurable: false, query: "1", answer: "2"))
            bench.pass(90_000)
            #expect(try bench.read("s")?.state == .completed)
            bench.pass(20_000)
            let expired = try #require(try bench.read("s"))
            #expect(expired.state == .expired && expired.values.isEmpty)
            #expect(try bench.ask(.remember(expired.key, name: "k", value: [49])) == .unknown)
            try bench.ask(bench.begin("s", "w", isDurable: false))
            #expect(try bench.read("s")?.requests == 1)
            try bench.ask(.close(expired.key))
            bench.pass(3_700_000)
            #expect(try bench.read("s") == nil)
            // Not even a key is left.
            let left = try bench.redis.client.ask("KEYS", "baton:*").list?.compactMap(\.text)
            #expect(left?.filter { $0.contains("se") || $0.contains("mem") } == [])
        }

        @Test("S5-30 a session has bounds, and so have all of them together")
        func bounds() throws {
            var settings = StoreSettings()
            settings.sessionsKept = 4
            var bench = try SessionBench(settings)
            let long = String(repeating: "x", count: 10_000)
            for number in 0..<40 {
                let id = "v\(number)"
                try bench.ask(bench.begin("s", id, isDurable: false))
                try bench.ask(bench.end("s", id, isDurable: false, query: long, answer: long))
            }
            let session = try #require(try bench.read("s"))
            #expect(session.conversation.count == 10 && session.log.count == 32)
            #expect(session.conversation.allSatisfy { $0.query.bytes.count == 4096 })
            #expect(session.conversation.allSatisfy { $0.answer.count == 10_000 })
            #expect(session.requests == 40 && session.bytes < 100_000)
            let much = [UInt8](repeating: 49, count: 60 << 10)
            #expect(try bench.ask(.remember(session.key, name: "a", value: much)) == .done)
            #expect(try bench.ask(.remember(session.key, name: "b", value: much)) == .full)
            #expect(try bench.ask(.remember(session.key, name: "a", value: [])) == .done)
            #expect(try bench.ask(.remember(session.key, name: "b", value: much)) == .done)
            for number in 0..<300 {
                _ = try bench.asked(
                    .session(1, bench.begin("wide", "v\(number)", isDurable: false)))
            }
            for number in 0..<9 {
                try bench.redis.call("session", bytes: words(bench, number))
            }
            let sweep = SessionBench.words(SessionCommand.sweep(now: bench.now, settings))
            let counts = try bench.redis.call("session", bytes: sweep).list?.map { $0.number ?? 0 }
            #expect(counts?[3] == 4)
            #expect(counts?[4] ?? 0 > 256 * 120)
        }

        private func words(_ bench: SessionBench, _ number: Int) -> [[UInt8]] {
            var arguments = RedisArguments()
            let name = SessionCommand.Name(id: "more\(number)", tenant: "t")
            SessionCommand.open(name).write(&arguments, now: bench.now, bench.settings)
            return SessionBench.words(arguments)
        }

        @Test("what stands in Redis under the name of a session may be anything")
        func corrupt() throws {
            let digest = SessionBench.key("s").digest.description
            let junk: [[String]] = [
                ["SET", "baton:ses:\(digest)", "x"], ["HSET", "baton:ses:\(digest)", "v", "1"],
                ["HSET", "baton:ses:\(digest)", "n", "-1"], ["SET", "baton:ses", "x"],
                ["SET", "baton:mem:\(digest)", "x"], ["RPUSH", "baton:mem:\(digest)", "x"],
                ["SET", "baton:sev:\(digest)", "x"], ["LPUSH", "baton:sesr", "x"],
                ["SET", "baton:sesb", "many"], ["ZADD", "baton:sesr", "1", "x"],
                ["ZADD", "baton:ses", "1", "x"], ["HSET", "baton:ses:\(digest)", "r:x", "y"],
            ]
            for words in junk {
                let bench = try SessionBench()
                for isBefore in [true, false] {
                    _ = try bench.asked(.session(1, bench.begin("s", "v", isDurable: false)))
                    if isBefore { try bench.redis.client.ask(words) }
                    _ = try bench.asked(
                        .session(1, .remember(SessionBench.key("s"), name: "k", value: [49])))
                    _ = try bench.asked(.session(1, .read(SessionBench.key("s"), known: "")))
                    _ = try bench.asked(.session(1, .list(tenant: nil, offset: 0, limit: 9)))
                    _ = try bench.asked(.session(1, bench.end("s", "v", isDurable: false)))
                    let sweep = SessionCommand.sweep(now: bench.now + 99_000, bench.settings)
                    try bench.redis.call("session", bytes: SessionBench.words(sweep))
                }
            }
        }

        @Test("B90 any sequence of commands gets the same answers from Redis and from memory")
        func walks() throws {
            let server = try RedisServer()
            for seed in Seeds.share(0, of: 1, count: 8) {
                do {
                    try walk(seed, server)
                } catch {
                    Issue.record("\(error); again: \(Seeds.replay(seed, "SessionScriptTests"))")
                    return
                }
            }
        }

        private func walk(_ seed: UInt64, _ server: RedisServer) throws {
            var random = SplitMix64(seed: seed)
            var settings = StoreSettings()
            settings.sessionIdle = .seconds(90)
            settings.sessionsKept = 3
            var bench = try SessionBench(settings, on: server)
            var (count, open) = (0, [(session: String, id: String, isDurable: Bool)]())
            for _ in 0..<150 {
                let session = "s\(Int.random(in: 0..<5, using: &random))"
                let key = SessionBench.key(session)
                switch Int.random(in: 0..<12, using: &random) {
                case 0...2:
                    count += 1
                    let isDurable = Bool.random(using: &random)
                    if isDurable { try bench.accept("r\(count)", "\(count)") }
                    open.append((session, "r\(count)", isDurable))
                    try bench.ask(bench.begin(session, "r\(count)", isDurable: isDurable))
                case 3...5:
                    guard !open.isEmpty else { continue }
                    let one = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                    let state: StoredState = Bool.random(using: &random) ? .succeeded : .expired
                    if one.isDurable { try bench.finish(one.id, state, "\(count)") }
                    // Now and then nobody tells.
                    if Int.random(in: 0..<4, using: &random) == 0 { continue }
                    for _ in 0..<Int.random(in: 1...2, using: &random) {
                        try bench.ask(
                            bench.end(
                                one.session, one.id, isDurable: one.isDurable,
                                succeeded: state == .succeeded, query: "q", answer: "a"))
                    }
                case 6:
                    guard let one = open.randomElement(using: &random) else { continue }
                    try bench.ask(bench.begin(one.session, one.id, isDurable: one.isDurable))
                case 7:
                    let value = [UInt8](
                        repeating: 49, count: Int.random(in: 0...40_000, using: &random))
                    let name = Bool.random(using: &random) ? "a" : "b"
                    try bench.ask(.remember(key, name: name, value: value))
                case 8: try bench.ask(.close(key))
                case 9: try bench.ask(.open(SessionCommand.Name(id: session, tenant: "t")))
                case 10: bench.pass(UInt64.random(in: 0...40_000, using: &random))
                default: try bench.ask(.list(tenant: "t", offset: 0, limit: 9))
                }
                guard let found = try bench.read(session) else { continue }
                // It may have expired in the second between the two.
                if case .found(let later) = try bench.ask(.read(key, known: found.revision)) {
                    #expect(later.revision != found.revision)
                }
            }
        }
    }
}
