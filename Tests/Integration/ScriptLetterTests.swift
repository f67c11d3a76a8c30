import TestKit
import Testing

/// What each script that changes a request answers, the first time and again.
extension Integration {
    @Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct ScriptLetterTests {
        private typealias Request = ScriptBench.Request
        private typealias Ending = ScriptBench.Ending
        private let bench: ScriptBench
        private let now = "\(ScriptBench.start)"

        init() throws {
            bench = try ScriptBench()
            try bench.register("a", "b")
        }

        private func key(_ number: Int) -> String { ScriptBench.key(number) }

        private func advance(_ number: Int, _ step: Int, _ me: String = "a#1") throws -> String {
            try bench.word(
                "advance", me, now, key(number), "\(step)", "1", "echo", "i", "5", "next", "9", "r")
        }

        private func start(
            _ number: Int, _ step: Int, _ attempt: Int = 1, _ me: String = "a#1"
        ) throws -> String {
            try bench.word("start", me, now, key(number), "\(step)", "\(attempt)", "echo", "i")
        }

        private func park(_ number: Int, _ step: Int, _ me: String = "a#1") throws -> String {
            try bench.word("park", me, now, key(number), "\(step)", "1", "echo", "i", "lost")
        }

        private func resolve(_ number: Int, _ verdict: String) throws -> String {
            try bench.word("resolve", now, key(number), verdict, "anna", "code", "99", "output")
        }

        @Test("accept tells new requests from all kinds of known ones")
        func accept() throws {
            let waiting = Request(2).with { $0.waits = true }
            #expect(try bench.accept("a#1", Request(1), waiting, Request(1), waiting) == "AWOP")
            #expect(try bench.accept("a#1", Request(1), waiting) == "OP")
            #expect(try bench.accept("b#2", Request(1)) == "R")
            let other = Request(1).with { $0.body = String(repeating: "c", count: 22) }
            #expect(try bench.accept("a#1", other, Request(3), other) == "CAC")
            #expect(try park(3, 1) == "K")
            #expect(try bench.accept("a#1", Request(3)) == "U")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try bench.accept("a#1", Request(1)) == "T")
        }

        @Test("packed requests are told from known ones, and kept as far as there is room")
        func packed() throws {
            bench.packs = true
            let other = Request(9).with { $0.tenant = "other" }
            #expect(try bench.accept("a#1", held: 2, Request(1)) == "A")
            #expect(
                try bench.accept("a#1", held: 2, Request(2), Request(3), other, Request(1))
                    == "AQAO")
            #expect(try bench.accept("b#2", held: 2, Request(2), Request(4)) == "RQ")
            #expect(try bench.finish("a#1", Ending(2)) == "K")
            #expect(try bench.accept("a#1", held: 2, Request(5), Request(2)) == "AT")
            #expect(try bench.accept("c#9", Request(6), Request(7)) == "LL")
        }

        @Test("G10 accept keeps nothing of what its tenant or the queue has no room for")
        func limits() throws {
            let others = Request(9).with { $0.tenant = "other" }
            let answer = try bench.accept(
                "a#1", held: 2, Request(1), Request(2), Request(3), others, Request(3))
            #expect(answer == "AAQAQ")
            let waiting = [4, 5].map { number in Request(number).with { $0.waits = true } }
            #expect(
                try bench.accept("a#1", waiting: 1, waiting[0], waiting[1], waiting[0]) == "WBP")
            #expect(try bench.record(3).isEmpty && bench.record(5).isEmpty)
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try bench.accept("a#1", held: 3, Request(3), Request(6)) == "AQ")
        }

        @Test("a record that cannot be lean has the same life", arguments: [22, 5])
        func finish(letters: Int) throws {
            let body = String(repeating: "b", count: letters)
            let requests = (1...3).map { number in Request(number).with { $0.body = body } }
            #expect(try bench.accept("a#1", requests[0], requests[1], requests[2]) == "AAA")
            #expect(try bench.finish("b#2", Ending(1)) == "F")
            #expect(try bench.finish("a#1", Ending(1), Ending(1), Ending(7)) == "KKG")
            let failed = Ending(1).with { $0.state = "F" }
            let second = Ending(1).with { $0.attempt = "2" }
            let elsewhere = Ending(1).with { $0.instance = "echo-2" }
            #expect(try bench.finish("a#1", failed, second, elsewhere) == "FFF")
            #expect(try bench.finish("a#1", Ending(2).with { $0.state = "?" }) == "X")
            let dead = Ending(2).with { ($0.state, $0.code, $0.isDead) = ("F", "bad", true) }
            #expect(try bench.finish("a#1", dead, dead, Ending(3)) == "KKK")
            let record = try bench.record(1)
            #expect(record["st"] == "S" && record["att"] == "1" && record["in"] == "echo-1")
            #expect(record["en"] == "\(ScriptBench.start + 10)" && record["tk"] == "5")
            #expect(try bench.record(2)["cd"] == "bad")
            #expect(try bench.client.ask("HLEN", "baton:q").number == 0)
            #expect(try bench.client.ask("LLEN", "baton:fin").number == 2)
            let hour = ScriptBench.start / 3_600_000
            let figures = try bench.client.ask("HMGET", "baton:m:\(hour)", "echo n", "echo f")
            #expect(figures.list?.map { $0.text } == ["3", "1"])
        }

        @Test("advance keeps each step once, in order, for the owner")
        func steps() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            #expect(try advance(1, 2) == "F")
            #expect(try advance(1, 1, "b#2") == "F")
            #expect(try advance(1, 1) == "K" && advance(1, 1) == "K")
            #expect(try advance(1, 2) == "K" && advance(1, 1) == "K")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try advance(1, 2) == "K" && advance(1, 3) == "F")
            #expect(try advance(7, 1) == "G")
            #expect(try bench.record(1)["rev"] == "8")
        }

        @Test("start keeps an attempt once")
        func starts() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            #expect(try start(1, 2) == "F")
            #expect(try start(1, 1, 1, "b#2") == "F")
            #expect(try start(1, 1) == "K" && start(1, 1) == "K")
            #expect(try bench.record(1)["rev"] == "3")
            #expect(try start(1, 1, 2) == "K" && start(1, 1, 1) == "K")
            #expect(try bench.record(1)["rev"] == "4")
            #expect(try park(1, 1) == "K" && start(1, 1, 1) == "K" && start(1, 1, 2) == "F")
            #expect(try start(7, 1) == "G")
        }

        @Test("attempts are counted for the owner, never back, and whoever takes over is told")
        func attempts() throws {
            func attempt(_ number: Int, _ count: Int, _ me: String = "a#1") throws -> String {
                try bench.word("attempt", me, now, key(number), "\(count)")
            }
            #expect(try bench.accept("a#1", Request(1), Request(2)) == "AA")
            #expect(try attempt(1, 3) == "K" && attempt(1, 2) == "K")
            #expect(try bench.record(1)["na"] == "3" && bench.record(1)["rev"] == nil)
            #expect(try attempt(1, 4, "b#2") == "F" && attempt(7, 2) == "G")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try attempt(1, 4) == "F")
            #expect(try bench.word("attempt", "a#1", now, key(2), "x") == "X")
        }

        @Test("what is parked waits for a person, who may say three things")
        func parking() throws {
            #expect(try bench.accept("a#1", Request(1), Request(2), Request(3)) == "AAA")
            #expect(try resolve(1, "D") == "R" && resolve(7, "D") == "G")
            #expect(try park(1, 2) == "F" && park(1, 1, "b#2") == "F" && park(7, 1) == "G")
            for number in 1...3 {
                #expect(try park(number, 1) == "K" && park(number, 1) == "K")
            }
            for (number, verdict, other) in [(1, "D", "F"), (2, "F", "A"), (3, "A", "D")] {
                #expect(try resolve(number, verdict) == "K" && resolve(number, verdict) == "K")
                #expect(try resolve(number, other) == ["S", "F", "A"][number - 1])
            }
            #expect(try (1...3).map { try bench.record($0)["st"] } == ["S", "F", "A"])
            #expect(try bench.record(2)["cd"] == "code")
            #expect(try bench.client.ask("ZCARD", "baton:unc").number == 0)
            #expect(try bench.client.ask("HGET", "baton:q", "t").text == "1")
            let item = try bench.call("read", key(1), "5").list
            #expect(item?[3].text == "output")
            let kinds = item?[6].list?.map { ScriptBench.fields($0.list?[1])["t"] }
            #expect(kinds == ["succeeded"])
        }

        @Test("release lets a request wait in its old place")
        func release() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            #expect(try bench.word("release", "b#2", now, key(1)) == "F")
            #expect(try bench.word("release", "a#1", now, key(1), key(7), key(1)) == "KGK")
            let score = try bench.client.ask("ZSCORE", "baton:ready", key(1)).text
            #expect(score == "\(90_000_000_000_000 + ScriptBench.start)")
            #expect(try park(1, 1) == "F")
        }

        @Test("cancel ends what nobody has in hand")
        func cancel() throws {
            let waiting = Request(2).with { $0.waits = true }
            #expect(try bench.accept("a#1", Request(1), waiting, Request(3)) == "AWA")
            #expect(try park(3, 1) == "K")
            let cancel = { (number: Int) in
                try bench.word("cancel", now, key(number), "anna")
            }
            #expect(try cancel(1) == "R" && cancel(7) == "G")
            for number in 2...3 { #expect(try cancel(number) == "K" && cancel(number) == "K") }
            #expect(try bench.record(2)["cd"] == "anna" && bench.record(3)["st"] == "C")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try cancel(1) == "S")
            #expect(
                try bench.client.ask("EXISTS", "baton:ready", "baton:unc", "baton:q").number == 0)
        }

        @Test("a dead letter can be tried again with all it was, or be let go")
        func dead() throws {
            let dead = (1...2).map { number in
                Ending(number).with { ($0.state, $0.code, $0.isDead) = ("F", "bad", true) }
            }
            #expect(try bench.accept("a#1", Request(1), Request(2), Request(3)) == "AAA")
            #expect(try bench.finish("a#1", dead[0], dead[1], Ending(3)) == "KKK")
            let decide = { (what: String, number: Int) in
                try bench.call(what, now, key(number), "anna").text ?? ""
            }
            #expect(try decide("revive", 3) == "S" && decide("revive", 7) == "G")
            #expect(try decide("revive", 1) == "K" && decide("revive", 1) == "K")
            let item = try bench.call("read", key(1), "0").list
            let kinds = item?[6].list?.map { ScriptBench.fields($0.list?[1])["t"] }
            #expect(kinds == ["done", "failed", "revived"])
            #expect(item?[2].text == "input" && item?[3] == RedisClient.Answer.none)
            #expect(try decide("discard", 1) == "N" && decide("discard", 3) == "N")
            #expect(try decide("discard", 2) == "K" && decide("discard", 2) == "K")
            #expect(try decide("discard", 7) == "G" && decide("revive", 2) == "F")
            #expect(try bench.client.ask("ZCARD", "baton:dlq").number == 0)
            #expect(try bench.client.ask("LLEN", "baton:fin").number == 2)
        }

        @Test("above their number the oldest dead letters go the way of all others")
        func deadLimit() throws {
            #expect(try bench.accept("a#1", Request(1), Request(2), Request(3)) == "AAA")
            let kept = ScriptBench.Retention(dead: 2)
            for number in 1...3 {
                let dead = Ending(number).with { ($0.state, $0.isDead) = ("F", true) }
                #expect(try bench.finish("a#1", now: 1000 + number, keeping: kept, dead) == "K")
            }
            let left = try bench.client.ask("ZRANGE", "baton:dlq", "0", "-1").list?.map { $0.text }
            #expect(left == [key(2), key(3)])
            #expect(try bench.client.ask("LRANGE", "baton:fin", "0", "-1").list?.count == 1)
        }
    }
}
