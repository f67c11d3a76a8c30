import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// Events and schedules in a real Redis, beside those in memory: what both say has to be the
    /// same.
    @Suite(
        .serialized, .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct EventScriptTests {
        private static func event(_ id: Int, size: Int = 10, tenant: String = "t") -> StateCommand {
            .event(
                1,
                .publish(
                    EventCommand.Event(
                        tenant: tenant, source: "s", id: "\(id)",
                        bytes: [UInt8](repeating: UInt8(ascii: "x"), count: size))))
        }

        @Test("G3 any sequence of events leaves the same logs in memory and in Redis")
        func events() throws {
            let server = try RedisServer()
            for seed in Seeds.share(0, of: 1, count: 2) {
                var random = SplitMix64(seed: seed)
                var bench = try SessionBench(on: server)
                var places = [LogPosition.start, .end]
                for _ in 0..<150 {
                    bench.pass(
                        UInt64([0, 0, 1, 20, 90_000_000].randomElement(using: &random) ?? 0))
                    let tenant = ["t", "u"].randomElement(using: &random) ?? ""
                    if Bool.random(using: &random) {
                        let id = Int.random(in: 0...60, using: &random)
                        let size = Int.random(in: 0...3, using: &random) == 0 ? 90_000 : 20
                        let reply = try bench.both(Self.event(id, size: size, tenant: tenant))
                        if case .event(_, .published(let place, _)) = reply { places.append(place) }
                    } else {
                        let after = places.randomElement(using: &random) ?? .start
                        try bench.both(.event(1, .read(tenant: tenant, after: after)))
                    }
                }
            }
        }

        @Test("any sequence of firings and pauses leaves the same schedules in memory and in Redis")
        func schedules() throws {
            let server = try RedisServer()
            for seed in Seeds.share(0, of: 1, count: 6) {
                var random = SplitMix64(seed: seed)
                var bench = try SessionBench(on: server)
                let keys = ["a", "b"].map {
                    ScheduleKey(tenant: "t", namespace: "default", name: $0)
                }
                try bench.accept("r1")
                for step in 0..<150 {
                    bench.pass(UInt64(Int.random(in: 0...50, using: &random)))
                    let key = keys[Int.random(in: 0...1, using: &random)]
                    let place = LogPosition(
                        milliseconds: UInt64(Int.random(in: 95...105, using: &random)),
                        number: UInt64(Int.random(in: 0...11, using: &random)))
                    switch Int.random(in: 0...6, using: &random) {
                    case 0: try bench.both(.schedule(1, .pause(key, by: "me")))
                    case 1: try bench.both(.schedule(1, .resume(key)))
                    case 2, 3:
                        try bench.both(
                            .schedule(
                                1,
                                .fired(
                                    ScheduleCommand.Firing(
                                        key: key, due: place.milliseconds,
                                        record: SessionBench.record("r1"), request: "r1",
                                        position: Bool.random(using: &random) ? place : nil))))
                    default:
                        let rule = Int.random(in: 0...9, using: &random) == 0 ? "r2" : "r1"
                        try bench.both(
                            .schedule(
                                1,
                                .read(keys.map { ScheduleCommand.Entry(key: $0, rule: rule) })))
                    }
                    if step == 75 { try bench.finish("r1", .failed) }
                }
            }
        }

        @Test("a log or a schedule of another kind is begun anew; a lost index repeats no place")
        func spoilt() throws {
            let bench = try SessionBench()
            let client = bench.redis.client
            let log = EventCommand.log(of: "t").description
            _ = try bench.asked(Self.event(1))
            _ = try client.ask(["DEL", "baton:ei:\(log)"])
            guard
                case .event(_, .published(let place, let before?)) = try bench.asked(Self.event(2))
            else {
                Issue.record("nothing was kept")
                return
            }
            #expect(before < place && before.milliseconds > 0)
            for key in ["baton:ev:\(log)", "baton:ei:\(log)"] {
                _ = try client.ask(["SET", key, "old"])
                _ = try bench.asked(.event(1, .read(tenant: "t", after: .start)))
                guard case .event(_, .published(_, _?)) = try bench.asked(Self.event(3)) else {
                    Issue.record("nothing was kept")
                    return
                }
                _ = try client.ask(["DEL", "baton:ev:\(log)", "baton:ei:\(log)"])
            }
            let key = ScheduleKey(tenant: "t", namespace: "n", name: "a")
            _ = try client.ask(["SET", "baton:sc:\(key.digest)", "old"])
            let entry = ScheduleCommand.Entry(key: key, rule: "r")
            guard
                case .schedule(_, .states(let states)) = try bench.asked(
                    .schedule(1, .read([entry])))
            else { return }
            #expect(states.first?.since == bench.now)
        }

        @Test("a log holds ten thousand events, and those of a day")
        func bounds() throws {
            let bench = try SessionBench()
            let log = EventCommand.log(of: "t").description
            for id in 0..<(EventCommand.mostEvents + 50) { _ = try bench.asked(Self.event(id)) }
            #expect(
                try bench.redis.client.ask("XLEN", "baton:ev:\(log)").number
                    == EventCommand.mostEvents)
            #expect(
                try bench.redis.client.ask("HLEN", "baton:ei:\(log)").number
                    == EventCommand.mostEvents + 2)
        }
    }
}
