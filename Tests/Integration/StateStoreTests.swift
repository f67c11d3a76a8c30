import Reactor
import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// The store on a real Redis: every command once around, and everything that can go wrong.
    @Suite(
        .serialized, .timeLimit(.minutes(2)),
        .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct StateStoreTests {
        // MARK: - Once around

        @Test("a request is accepted once, finished once, and tells its four events")
        func direct() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                #expect(await bench.ask { Kept.accept($0, "1", body: "[]") } == "conflict")
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                #expect(await bench.ask { Kept.finish($0, "1", .failed) } == "fenced")
                #expect(await bench.ask { Kept.finish($0, "2") } == "gone")
                #expect(await bench.ask { Kept.accept($0, "1") } == "ended")
                let request = try #require(await bench.read("1"))
                #expect(request.id == "1" && request.tenant == "t" && request.deadline == 5)
                #expect(request.input?.content.array == Array("{}".utf8))
                #expect(request.output?.content.array == Array("out".utf8))
                #expect(request.events.map(\.number) == [1, 2, 3, 4])
                #expect(request.events.last?.kind == "succeeded")
                #expect(await bench.read("1", from: 4)?.events.count == 1)
                #expect(await bench.read("2") == nil)
            }
        }

        @Test("S5-27 a request of several steps keeps them, and is parked until a person decides")
        func steps() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                let advance = StateCommand.Advance(
                    key: Kept.key("1"), step: 1, attempt: 1, agent: "cost", instance: "w.1",
                    took: 5, next: "food", result: Kept.message("first"))
                #expect(await bench.ask { .advance($0, advance) } == "kept")
                #expect(await bench.ask { .advance($0, advance) } == "kept")
                let start = StateCommand.StepStart(
                    key: Kept.key("1"), step: 2, attempt: 1, agent: "food", instance: "f.1")
                #expect(await bench.ask { .start($0, start) } == "kept")
                let parking = StateCommand.Parking(
                    key: Kept.key("1"), step: 2, attempt: 1, agent: "food", instance: "f.1",
                    reason: "lost")
                #expect(await bench.ask { .park($0, parking) } == "kept")
                #expect(
                    await bench.ask { Kept.accept($0, "1") } == "known(Store.StoredState.uncertain)"
                )
                #expect(await bench.list(.uncertain).rows.map(\.id) == ["1"])
                let again = StateCommand.Resolution(verdict: .again, output: nil, code: "")
                #expect(
                    await bench.ask { .resolve($0, Kept.key("1"), again, by: "me") } == "done")
                let claimed = await bench.claim(5)
                #expect(claimed.map(\.id) == ["1"])
                #expect(claimed.first?.lastResult?.content.array == Array("first".utf8))
                #expect(claimed.first?.steps.map(\.number) == [1])
                let request = try #require(await bench.read("1"))
                #expect(request.state == .running && request.owner == "b#1")
                let numbers = request.events.map(\.number)
                #expect(numbers == Array(1...UInt64(numbers.count)))
                #expect(request.events.contains { $0.kind == "resolved" && $0.code == "me" })
            }
        }

        @Test("what waits is cancelled or claimed; a dead letter is tried again or let go")
        func decisions() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                for id in ["1", "2"] {
                    #expect(await bench.ask { Kept.accept($0, id, waits: true) } == "waits")
                }
                #expect(await bench.ask { .cancel($0, Kept.key("1"), by: "me") } == "done")
                await bench.until { bench.news.ready == 1 }
                #expect(await bench.claim(10).map(\.id) == ["2"])
                #expect(await bench.claim(10).isEmpty)
                #expect(
                    await bench.ask { .cancel($0, Kept.key("2"), by: "me") }
                        == "state(Store.StoredState.running)")
                #expect(await bench.ask { Kept.finish($0, "2", .failed, isDead: true) } == "kept")
                #expect(await bench.list(.dead).total == 1)
                #expect(await bench.ask { .revive($0, Kept.key("2"), by: "me") } == "done")
                #expect(await bench.claim(10).map(\.id) == ["2"])
                #expect(await bench.ask { .release($0, Kept.key("2")) } == "kept")
                #expect(await bench.claim(10).map(\.id) == ["2"])
                #expect(await bench.ask { Kept.finish($0, "2", .failed, isDead: true) } == "kept")
                #expect(await bench.ask { .discard($0, Kept.key("2")) } == "done")
                #expect(await bench.ask { .discard($0, Kept.key("9")) } == "unknown")
                #expect(await bench.list(.finished).total == 2)
            }
        }

        @Test("S2-73 effects, frozen agents and figures are kept")
        func others() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                #expect(await bench.ask { Kept.accept($0, "1") } == "accepted")
                let effect = StateCommand.Effect(
                    key: Kept.key("1"), step: 1, call: "mail", isUnsafe: true)
                #expect(await bench.ask { .beginEffect($0, effect) } == "go")
                #expect(await bench.ask { .beginEffect($0, effect) } == "unknown")
                let result = ContentBytes([1, 2, 3])
                #expect(await bench.ask { .endEffect($0, effect, result: result) } == "go")
                #expect(await bench.ask { .beginEffect($0, effect) } == "skip 3")
                #expect(
                    await bench.ask { .freeze($0, agent: "cost", true, reason: "dear") } == "done")
                await bench.until { bench.news.frozen == ["cost": "dear"] }
                #expect(
                    await bench.ask { .freeze($0, agent: "cost", false, reason: "") } == "done")
                await bench.until { bench.news.frozen.isEmpty }
                #expect(await bench.ask { Kept.finish($0, "1") } == "kept")
                #expect(await bench.ask { .figures($0, hours: 2) } == "figures")
                #expect(bench.figures.map(\.agent) == ["cost"])
                #expect(bench.figures.first?.count == 1 && bench.figures.first?.milliseconds == 5)
                let wall = UInt64(bench.loop.now.nanoseconds / 1_000_000)
                #expect((bench.store?.time ?? 0) > wall)
            }
        }

        @Test("S2-43 S2-44 S2-72 copies of a request stand where readers of old look")
        func projections() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                _ = await bench.ask { Kept.accept($0, "1", projection: "autobot:orchestrator:") }
                _ = await bench.ask { Kept.finish($0, "1", projection: "autobot:orchestrator:") }
                let client = try RedisClient(server.socket)
                let key = "autobot:orchestrator:metrics:1"
                while try client.ask("EXISTS", key).number == 0 { _ = await bench.read("1") }
                let request = try client.ask("GET", "autobot:orchestrator:request:1").text ?? ""
                #expect(request.contains("\"status\":\"succeeded\""))
                let figures = try client.ask("GET", key).text ?? ""
                for member in [
                    "\"success\":true", "\"request_id\":\"1\"", "\"execution_time_ms\":5",
                    "\"agents_used\":[\"cost\"]", "\"routing_time_ms\":", "\"timestamp\":",
                    "\"user_satisfaction\":null", "\"cache_hit_rate\":null",
                ] {
                    #expect(figures.contains(member))
                }
                #expect(try client.ask("TTL", key).number ?? 0 > 86_000)
            }
        }

        @Test("S2-42 S2-45 E6 an agent's figures stand below the prefix, beside those of requests")
        func agentProjections() async throws {
            let server = try RedisServer()
            try await StateBench.run(server.endpoint) { bench in
                await bench.ready()
                let client = try RedisClient(server.socket)
                let key = "autobot:orchestrator:metrics:agent:cost"
                for (place, id) in ["1", "2"].enumerated() {
                    _ = await bench.ask { Kept.accept($0, id, projection: "autobot:orchestrator:") }
                    _ = await bench.ask { Kept.finish($0, id, projection: "autobot:orchestrator:") }
                    let count = "\(place + 1)"
                    while try client.ask("HGET", key, "calls").text != count {
                        _ = await bench.read(id)
                    }
                }
                #expect(try client.ask("EXISTS", "autobot:orchestrator:metrics:2").number == 1)
            }
        }
    }
}
