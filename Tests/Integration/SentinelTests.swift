import Reactor
import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// The profile ha over a real master, its replicas and its Sentinels.
    @Suite(
        .serialized, .timeLimit(.minutes(2)),
        .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct SentinelTests {
        private static let settings = StateBench.settings { $0.profile = .ha }

        /// Accepts so many requests and finishes each that was accepted; what was refused, or what
        /// nobody knows, is asked for again under the same id, as a client does it.
        private static func work(_ bench: StateBench, _ ids: ClosedRange<UInt64>) async {
            let far: UInt64 = 1 << 20
            var ended = Set<UInt64>()
            bench.heard = { [weak bench] reply in
                guard let bench else { return }
                switch reply {
                case .accepted(let token, .accepted), .accepted(let token, .known):
                    bench.store?.perform([Kept.finish(far + token, "\(token)")])
                case .finished(let token, .kept): ended.insert(token - far)
                default: break
                }
            }
            bench.perform(ids.map { Kept.accept($0, "\($0)") })
            while ended.count < ids.count {
                try? await bench.loop.sleep(for: .milliseconds(5))
                guard bench.store?.isReady == true else { continue }
                let again = ids.filter { ["refused", "unknown"].contains(bench.replies[$0]?.last) }
                for token in again { bench.forget(token) }
                if !again.isEmpty { bench.perform(again.map { Kept.accept($0, "\($0)") }) }
            }
        }

        /// Everything that was said to be kept is there.
        private static func agree(_ bench: StateBench, _ count: Int) async {
            #expect(await bench.list(.finished, limit: 1).total == count)
            let open = await bench.list(.open, limit: 3)
            #expect(open.total == 0, "\(open.rows)")
        }

        @Test("F29 the master is killed among two thousand commands: nothing acknowledged is lost")
        func killed() async throws {
            let trio = try RedisTrio()
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.ready()
                async let all: Void = Self.work(bench, 1...1000)
                await bench.until { bench.replies.count > 300 }
                trio.servers[0].kill()
                await all
                await Self.agree(bench, 1000)
                #expect(trio.masters.count == 1 && trio.masters != [0])
                // The epochs of before are never given out again, whatever the new one had heard.
                #expect(bench.conditions.last == "ready 1002")
                // What was the master comes back as a replica of the one that is.
                try trio.servers[0].start()
                try trio.awaitWhole()
                #expect(trio.masters.count == 1 && trio.masters != [0])
                await Self.work(bench, 2001...2100)
                await Self.agree(bench, 1100)
            }
        }

        @Test("F29 both connections move when Sentinels are told to take another master")
        func moved() async throws {
            let trio = try RedisTrio()
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.ready()
                // Whoever answered first is listened to, by one connection for all.
                let listeners = try trio.sentinels[0].ask("CLIENT", "LIST").text ?? ""
                #expect(listeners.split(separator: "\n").count { $0.contains("sub=1") } >= 1)
                async let all: Void = Self.work(bench, 1...1000)
                await bench.until { bench.replies.count > 300 }
                _ = try trio.sentinels[1].ask("SENTINEL", "FAILOVER", RedisTrio.name)
                await all
                await bench.ready(2)
                await Self.agree(bench, 1000)
                #expect(trio.masters != [0])
            }
        }

        @Test("F31 without replicas new work is refused, reads go on, and one replica is enough")
        func alone() async throws {
            let trio = try RedisTrio()
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.ready()
                await Self.work(bench, 1...10)
                for replica in trio.servers.dropFirst() { replica.kill() }
                #expect(await bench.ask { Kept.accept($0, "a") } != "accepted")
                #expect(await bench.ask { Kept.accept($0, "b") } == "refused")
                #expect(await bench.read("3")?.state == .succeeded)
                await bench.until { bench.conditions.last == "fenced" }
                #expect(
                    bench.log.last { $0.contains("decides nothing") }?.contains("NOREPLICAS")
                        == true)
                #expect(await bench.read("4")?.state == .succeeded)
                #expect(await bench.ask { Kept.accept($0, "b") } == "refused")
                try trio.start(2, following: 0)
                await bench.ready(2)
                await Self.work(bench, 11...20)
                #expect(await bench.list(.finished, limit: 1).total == 20)
            }
        }

        @Test("F31 a replica that has stopped answering confirms nothing: what is asked is unknown")
        func unconfirmed() async throws {
            let trio = try RedisTrio(silence: 60_000)
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.ready()
                for replica in trio.servers.dropFirst() { replica.pause() }
                #expect(await bench.ask { Kept.accept($0, "a") } == "unknown")
                for replica in trio.servers.dropFirst() { replica.resume() }
                await bench.until { bench.store?.isReady == true }
                // It was kept all the same, and is handed out by itself.
                await bench.until { !bench.claimed.isEmpty }
                #expect(bench.claimed.map(\.id) == ["a"])
                await Self.work(bench, 1...10)
            }
        }

        @Test("F32 without Sentinels nobody becomes a master: all is refused until they are back")
        func blind() async throws {
            let trio = try RedisTrio()
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.ready()
                for sentinel in trio.sentinels { sentinel.kill() }
                await Self.work(bench, 1...100)
                trio.servers[0].kill()
                await bench.until { bench.conditions.last == "away" }
                #expect(await bench.ask { Kept.accept($0, "a") } == "refused")
                #expect(trio.masters == [])
                for sentinel in trio.sentinels { try sentinel.start() }
                await bench.until { bench.conditions.last?.hasPrefix("ready") == true }
                #expect(trio.masters.count == 1)
                await Self.work(bench, 101...200)
                await Self.agree(bench, 200)
            }
        }

        @Test(
            "a name that no Sentinel knows, and a Redis that does not ask for replicas, are faults")
        func refused() async throws {
            let trio = try RedisTrio()
            let other = trio.endpoint.replacing("/\(RedisTrio.name)", with: "/other")
            try await StateBench.run(other, Self.settings) { bench in
                await bench.until { bench.conditions.last == "refused address" }
            }
            let client = try RedisClient(trio.servers[0].socket)
            _ = try client.ask("CONFIG", "SET", "min-replicas-to-write", "0")
            try await StateBench.run(trio.endpoint, Self.settings) { bench in
                await bench.until { bench.conditions.last == "refused unsafe" }
            }
        }
    }
}
