import Reactor
import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// What becomes of a thousand commands when Redis, the connection or the lease goes.
    @Suite(
        .serialized, .timeLimit(.minutes(2)),
        .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct StateStoreFaultTests {
        /// Accepts so many requests and finishes each that was accepted, asking those that were
        /// refused again after a while; returns once all have ended.
        private static func work(_ bench: StateBench, _ count: UInt64) async {
            let ids = 1...count
            var ended = 0
            bench.heard = { [weak bench] reply in
                guard let bench else { return }
                switch reply {
                case .accepted(let token, .accepted):
                    bench.store?.perform([Kept.finish(count + token, "\(token)")])
                case .finished(_, let keeping): if keeping == .kept { ended += 1 }
                default: break
                }
            }
            bench.perform(ids.map { Kept.accept($0, "\($0)") })
            while ended < count {
                try? await bench.loop.sleep(for: .milliseconds(5))
                guard bench.store?.isReady == true else { continue }
                let refused = ids.filter { bench.replies[$0]?.last == "refused" }
                for token in refused { bench.forget(token) }
                bench.perform(refused.map { Kept.accept($0, "\($0)") })
            }
        }

        /// Each command was answered once, and Redis has what was answered.
        private static func agree(_ bench: StateBench, _ count: UInt64) async {
            for token in 1...count {
                #expect(bench.replies[token] == ["accepted"])
                #expect(bench.replies[count + token] == ["kept"])
            }
            #expect(await bench.list(.finished, limit: 1).total == Int(count))
            #expect(await bench.list(.open, limit: 1).total == 0)
        }

        @Test("F19 G3 Redis is killed in the middle of a thousand commands: each is answered once")
        func killed() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                let loop = bench.loop
                async let all: Void = Self.work(bench, 1000)
                await bench.until { bench.replies.count > 300 }
                server.kill()
                try await loop.sleep(for: .milliseconds(50))
                try server.start(waits: false)
                await all
                await Self.agree(bench, 1000)
                #expect(bench.conditions.last == "ready 1002")
            }
        }

        @Test("F35 connections that are cut every 20 ms lose nothing and double nothing")
        func cut() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                let client = try RedisClient(server.socket)
                let axe = bench.loop.timer(every: .milliseconds(20)) {
                    _ = try? client.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                }
                await Self.work(bench, 2000)
                axe.cancel()
                await bench.until { bench.store?.isReady == true }
                await Self.agree(bench, 2000)
            }
        }

        @Test("F36 answers that get lost lose nothing and double nothing", arguments: [1, 5, 20])
        func forgotten(percent: Int) async throws {
            let server = try RedisServer()
            let settings = StateBench.settings { $0.batch = 8 }
            let endpoint = try RedisEndpoint(server.endpoint)
            try await BlockingPool(threads: 1, limit: 0).run {
                try EventLoop.run { loop in
                    let bench = StateBench(loop)
                    bench.open(endpoint, settings) { link in
                        ForgetfulCaller(link, on: loop, percent: percent, seed: 7)
                    }
                    await bench.ready()
                    await Self.work(bench, 1000)
                    await bench.until { bench.store?.isReady == true }
                    let client = try RedisClient(server.socket)
                    #expect(try client.ask("HGET", "baton:q", "t") == .none)
                    #expect(try client.ask("LLEN", "baton:fin").number == 1000)
                    for token in 1...2000 as ClosedRange<UInt64> {
                        #expect(bench.replies[token]?.count == 1)
                    }
                    bench.store?.close()
                }
            }
        }

        @Test("G14 a lost lease is taken anew, and what was in hand goes on under the new name")
        func lostLease() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { Kept.accept($0, "2") } == "accepted")
                bench.inHand = [Kept.key("1")]
                let client = try RedisClient(server.socket)
                try client.ask("ZREM", "baton:inst", "b#1")
                await bench.ready(2)
                #expect(bench.conditions.suffix(2) == ["fenced", "ready 2"])
                #expect(bench.claimed.map(\.id) == ["2"])
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                #expect(await bench.read("1")?.owner == "b#2")
            }
        }

        @Test("F21 G13 a Redis that stands still fences this instance, which comes back by itself")
        func stopped() async throws {
            let server = try RedisServer()
            let settings = StateBench.settings {
                $0.fence = .milliseconds(300)
                $0.deadline = .milliseconds(200)
            }
            try await StateBench.run(server.endpoint, settings) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                server.pause()
                bench.perform([Kept.finish(1, "1")])
                await bench.until { bench.conditions.contains("fenced") }
                #expect(await bench.ask { Kept.accept($0, "2") } == "refused")
                server.resume()
                await bench.ready(2)
                await bench.until { bench.replies[1] != nil }
                #expect(bench.replies[1] == ["kept"])
                #expect(bench.conditions.last == "ready 1")
            }
        }

        @Test("F39 G14 data that were flushed end the work, and the log says what to do")
        func wiped() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                try RedisClient(server.socket).ask("FLUSHALL")
                await bench.until { bench.conditions.last == "refused wiped" }
                #expect(await bench.ask { Kept.accept($0, "1") } == "refused")
                #expect(bench.log.contains { $0.contains("restart batond") })
            }
        }

        @Test("F38 a wrong password is said so, and let in once it is right")
        func password() async throws {
            let server = try RedisServer(["requirepass", "secret"])
            try await StateBench.run(server.endpoint) { bench in
                await bench.until { bench.conditions.last == "refused forbidden" }
                let client = try RedisClient(server.socket)
                try client.ask("AUTH", "secret")
                try client.ask("CONFIG", "SET", "requirepass", "")
                await bench.ready()
            }
        }

        @Test("a Redis that may evict is refused", arguments: ["allkeys-lru"])
        func evicting(policy: String) async throws {
            let server = try RedisServer(["maxmemory-policy", policy])
            try await StateBench.run(server.endpoint) { bench in
                await bench.until { bench.conditions.last == "refused unsafe" }
                #expect(bench.log.contains { $0.contains("maxmemory-policy noeviction") })
            }
        }

        @Test("F23 a full Redis refuses what is new and keeps what is owned")
        func full() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                let client = try RedisClient(server.socket)
                try client.ask("CONFIG", "SET", "maxmemory", "1mb")
                #expect(await bench.ask { Kept.accept($0, "2") } == "refused")
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                try client.ask("CONFIG", "SET", "maxmemory", "0")
                #expect(await bench.ask { Kept.accept($0, "2") } == "accepted")
            }
        }

        @Test("S2-46 what a dead instance had in hand is taken over; what one leaves, at once")
        func takeover() async throws {
            let server = try RedisServer()
            let settings = StateBench.settings {
                $0.lease = .milliseconds(300)
                $0.fence = .milliseconds(200)
                $0.grace = .milliseconds(200)
            }
            try await StateBench.run(server.endpoint, settings) { first in
                await first.ready()
                _ = await first.ask(1...200) { Kept.accept($0, "\($0)") }
                first.store?.close()
                let second = StateBench(first.loop)
                second.open(try RedisEndpoint(server.endpoint), settings, name: "c")
                await second.until { second.claimed.count == 200 }
                #expect(Set(second.claimed.map(\.id)).count == 200)
                #expect(second.claimed.allSatisfy { $0.owner == "c#2" })
                #expect(await second.ask { Kept.finish($0, "7") } == "kept")
                await withCheckedContinuation { left in second.store?.leave { left.resume() } }
                let third = StateBench(first.loop)
                third.open(try RedisEndpoint(server.endpoint), settings, name: "d")
                await third.ready()
                #expect(await third.claim(500).count == 199)
                third.store?.close()
            }
        }

        @Test(
            "G6 whoever is lost from sight and renews no more is taken over before its lease ends")
        func lostFromSight() async throws {
            let server = try RedisServer()
            let settings = StateBench.settings { $0.lease = .seconds(60) }
            try await StateBench.run(server.endpoint, settings) { first in
                await first.ready()
                _ = await first.ask(1...300) { Kept.accept($0, "\($0)") }
                let second = StateBench(first.loop)
                second.open(try RedisEndpoint(server.endpoint), settings, name: "c")
                await second.ready()
                let word = StateCommand.Deposit(
                    key: Kept.key("7"), name: "1/1/1", message: Kept.message("done"))
                #expect(await second.ask { .deposit($0, word) } == "kept for b#1")
                #expect(await second.ask { .deposit($0, word) } == "kept for b#1")
                #expect(await second.ask { .words($0, Kept.key("7")) } == "done")
                try RedisClient(server.socket).ask("SET", "baton:d:\(Kept.key("8"))", "nonsense")
                #expect(await second.ask { .words($0, Kept.key("8")) } == "")
                try RedisClient(server.socket).ask("DEL", "baton:d:\(Kept.key("8"))")
                // One that is seen, or renews, keeps what it has.
                second.store?.lost("b")
                second.store?.lost("x")
                try await first.loop.sleep(for: .milliseconds(200))
                #expect(second.claimed.isEmpty)
                first.store?.close()
                await second.until { second.claimed.count == 300 }
                let all = second.claimed
                #expect(Set(all.map(\.id)).count == 300 && all.allSatisfy { $0.owner == "c#2" })
                #expect(all.allSatisfy { $0.fence > 2 && $0.wasOwned })
                let words = all.first { $0.id == "7" }?.words ?? []
                #expect(words.map(\.content.array) == [Array("done".utf8)])
                #expect(all.allSatisfy { $0.id == "7" || $0.words.isEmpty })
                #expect(await second.ask { Kept.finish($0, "7") } == "kept")
                #expect(await second.ask { .deposit($0, word) } == "over")
                second.store?.close()
            }
        }

        @Test("F15 what is started again under its name has at once what its earlier life had")
        func successor() async throws {
            let server = try RedisServer()
            let settings = StateBench.settings { $0.lease = .seconds(60) }
            try await StateBench.run(server.endpoint, settings) { first in
                await first.ready()
                _ = await first.ask(1...3) { Kept.accept($0, "\($0)") }
                first.store?.close()
                let second = StateBench(first.loop)
                second.open(try RedisEndpoint(server.endpoint), settings)
                await second.ready()
                await second.until { second.claimed.count == 3 }
                #expect(second.claimed.allSatisfy { $0.owner == "b#2" && $0.wasOwned })
                second.store?.close()
            }
        }

        @Test("B89 a record that is destroyed is said to be so and keeps nobody else from working")
        func corrupt() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                let client = try RedisClient(server.socket)
                for id in ["1", "2", "3"] {
                    #expect(await bench.ask { Kept.accept($0, id, waits: id != "3") } != "")
                }
                try client.ask("SET", "baton:r:\(Kept.key("1"))", "nonsense")
                try client.ask("DEL", "baton:r:\(Kept.key("3"))")
                try client.ask("LPUSH", "baton:r:\(Kept.key("3"))", "x")
                #expect(await bench.claim(10).map(\.id) == ["2"])
                #expect(await bench.ask { Kept.finish($0, "3") } == "unreadable")
                #expect(await bench.ask { Kept.finish($0, "2") } == "kept")
                #expect(await bench.ask { Kept.accept($0, "1") } == "unreadable")
                #expect(await bench.ask { .read($0, Kept.key("1"), from: 1) } == "unreadable")
            }
        }
    }
}
