import Document
import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// What earlier versions left in Redis can be read, gone on with and decided about.
    @Suite(
        .serialized,
        .enabled(if: RedisServer.isInstalled && CommandLineCluster.isBuilt)
    )
    struct StoreFixtureTests {
        private let redis: RedisServer

        /// Lays the store of a version into a Redis of its own.
        init() throws { redis = try Self.restored("every-state") }

        private static func restored(_ name: String) throws -> RedisServer {
            let redis = try RedisServer()
            let shell = try CommandLineCluster(nil)
            let file = "\(Products.root)/Tests/Fixtures/v1/store/\(name).backup"
            let told = shell.run("$B store restore \(file) --store \(redis.endpoint); echo $?")
            #expect(told.hasSuffix("\n0\n"))
            return redis
        }

        /// Nothing is too old to be kept.
        private var settings: StoreSettings {
            StateBench.settings {
                $0.retention = .seconds(100 * 365 * 86_400)
                $0.grace = .milliseconds(50)
            }
        }

        private func key(_ id: String) -> RecordKey { RecordKey(tenant: "default", id: id) }

        @Test("B89 a store of version 1 is read in every state, with events without a gap")
        func reads() async throws {
            let states: [(StateCommand.ListQuery.Kind, [String])] = [
                (.finished, ["pipeline-txjkkszuxj52", "igrv3hl5zyrbolmfn6qggup5ga-1"]),
                (.uncertain, ["7ll72ffrwdtkb41t5d3tph7pbv-1"]),
                (.dead, ["3gr0x5u1r8muvsh6yv06phkxz8-1"]),
            ]
            try await StateBench.run(redis.endpoint, settings) { bench in
                await bench.ready()
                for (kind, ids) in states {
                    #expect(await bench.list(kind).rows.map(\.id) == ids)
                    for id in ids {
                        let request = try #require(await bench.read(key(id)))
                        let numbers = request.events.map(\.number)
                        #expect(numbers == Array(1...UInt64(max(1, numbers.count))))
                        #expect(request.input?.content.count ?? 0 > 0)
                    }
                }
                let pipeline = try #require(await bench.read(key("pipeline-txjkkszuxj52")))
                #expect(pipeline.steps.map(\.number) == [1] && pipeline.output != nil)
            }
        }

        @Test(
            "what an instance of version 1 had in hand is taken over, and its dead letters revived")
        func goesOn() async throws {
            try await StateBench.run(redis.endpoint, settings) { bench in
                await bench.ready()
                await bench.until { !bench.claimed.isEmpty }
                #expect(bench.claimed.map(\.id) == ["u1gn71qfupryq15kpldq026j9c-1"])
                let dead = key("3gr0x5u1r8muvsh6yv06phkxz8-1")
                #expect(await bench.ask { .revive($0, dead, by: "me") } == "done")
                #expect(await bench.claim(1).map(\.key) == [dead])
                let parked = key("7ll72ffrwdtkb41t5d3tph7pbv-1")
                let again = StateCommand.Resolution(verdict: .again, code: "")
                #expect(await bench.ask { .resolve($0, parked, again, by: "me") } == "done")
                #expect(await bench.claim(1).map(\.key) == [parked])
            }
        }

        @Test("B89 journals of version 1 are read, and gone on with by whoever takes over")
        func journals() async throws {
            let redis = try Self.restored("journals")
            try await StateBench.run(redis.endpoint, settings) { bench in
                await bench.ready()
                await bench.until { !bench.claimed.isEmpty }
                let taken = try #require(bench.claimed.first)
                #expect(taken.journalLength == 3)
                let page = try #require(await bench.page(taken.key))
                let entries = page.entries.map { String(decoding: $0, as: UTF8.self) }
                #expect(entries == (0..<3).map { "{\"entry\":\($0)}" } && page.next == nil)
                let text = Array("what the first entry refers to".utf8)
                #expect(Array(page.bodies.values) == [text])
                let item = StateCommand.Journaling(
                    key: taken.key, after: 3,
                    entries: [StateCommand.Journaling.Entry(bytes: [1])])
                #expect(await bench.ask { .journal($0, item) } == "kept")

                let ended = try #require(await bench.read(key("journal-1")))
                #expect(ended.state == .succeeded && ended.journalLength == 300)
                let first = try #require(await bench.page(ended.key))
                #expect(first.next == 256 && first.bodies.count == 2)
                #expect(await bench.page(ended.key, from: 256)?.entries.count == 44)
                let digest = String(repeating: "d", count: 22)
                #expect(await bench.ask { .workflow($0, digest: digest) } == "23")
            }
        }
    }
}
