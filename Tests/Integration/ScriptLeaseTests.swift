import TestKit
import Testing

/// Leases, hand-over and taking over.
extension Integration {
    @Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct ScriptLeaseTests {
        private typealias Request = ScriptBench.Request
        private let bench: ScriptBench
        private let now = "\(ScriptBench.start)"

        init() throws { bench = try ScriptBench() }

        private func keys(_ answer: RedisClient.Answer, after first: Int = 0) -> [String] {
            (answer.list ?? []).dropFirst(first).map { $0.list?[0].text ?? "" }
        }

        @Test("each registration has an epoch of its own; the data keeps its name")
        func register() throws {
            let first = try bench.call("register", "a", "5000", "one").list?.map { $0.text }
            let second = try bench.call("register", "a", "5000", "two").list?.map { $0.text }
            #expect(first?[0] == "1" && second?[0] == "2")
            #expect(first?[1] == "one" && second?[1] == "one")
            try bench.client.ask("SET", "baton:v", "2")
            #expect(throws: ScriptBench.Fault.self) { try bench.register("b") }
            try bench.client.ask("SET", "baton:v", "1")
            try bench.client.ask("SET", "baton:tok", "many")
            #expect(throws: ScriptBench.Fault.self) { try bench.register("b") }
            #expect(try bench.word("floor", "41") == "1041")
            #expect(try bench.call("register", "b", "5000", "x").list?[0].text == "1042")
            #expect(try bench.word("floor", "7") == "2042")
        }

        @Test("a lease is kept, lost, or finds other data")
        func renew() throws {
            try bench.register("a")
            try bench.call("freeze", "echo", "1", "why")
            try bench.call("freeze", "other", "1", "why")
            try bench.call("freeze", "other", "0", "")
            let answer = try bench.call("renew", "a#1", "5000", "generation").list
            #expect(answer?[0].text == "OK" && answer?[2].number == 0)
            #expect(ScriptBench.fields(answer?[3]) == ["echo": "why"])
            let word = { (me: String, data: String) in
                try bench.call("renew", me, "5000", data).list?.first?.text
            }
            #expect(try word("a#9", "generation") == "LOST" && word("a#1", "other") == "WIPED")
            try bench.client.ask("FLUSHALL")
            #expect(try word("a#1", "generation") == "WIPED")
        }

        @Test("the clock of leases never goes back")
        func clock() throws {
            try bench.client.ask("SET", "baton:now", "9000000000000")
            let answer = try bench.call("register", "a", "5000", "generation").list
            #expect(answer?[2].text == "9000000000000")
            #expect(try bench.client.ask("ZSCORE", "baton:inst", "a#1").text == "9000000005000")
            #expect(try bench.call("dying").list == [])
            try bench.client.ask("SET", "baton:now", "9000000009000")
            #expect(try bench.call("dying").list?.map { $0.text } == ["a#1"])
        }

        @Test("the highest priority is claimed first, then the oldest")
        func claim() throws {
            try bench.register("a")
            for (number, priority) in [(1, 0), (2, 5), (3, 0), (4, 9), (5, 5)] {
                let request = Request(number).with { ($0.waits, $0.priority) = (true, priority) }
                _ = try bench.accept("a#1", now: ScriptBench.start + number, request)
            }
            #expect(try bench.call("claim", "b#7", now, "3").text == "NOLEASE")
            let first = keys(try bench.call("claim", "a#1", now, "3"))
            #expect(first == [4, 2, 5].map(ScriptBench.key))
            #expect(keys(try bench.call("claim", "a#1", now, "9")) == [1, 3].map(ScriptBench.key))
            #expect(try bench.client.ask("SCARD", "baton:own:a#1").number == 5)
            #expect(try bench.record(4)["own"] == "a#1")
        }

        @Test(
            "G5 a dead one's requests are taken over in slices, also when the taker dies half-way")
        func adopt() throws {
            try bench.register("a", "b", "c")
            for number in 1...7 { _ = try bench.accept("a#1", Request(number)) }
            #expect(try bench.word("adopt", "b#2", "a#1", "3000", "0", "3") == "ALIVE")
            #expect(try bench.word("adopt", "x#9", "a#1", "3000", "0", "3") == "NOLEASE")
            try bench.client.ask("ZADD", "baton:inst", "1", "a#1")
            #expect(try bench.call("dying").list?.map { $0.text } == ["a#1"])
            let first = try bench.call("adopt", "b#2", "a#1", "3000", "0", "3")
            #expect(first.list?[0].number == 4 && first.list?.count == 4)
            // Here b dies; c goes on with what is left of a, and takes over what b had taken.
            #expect(try bench.call("dying").list?.map { $0.text } == ["a#1"])
            #expect(try bench.call("renew", "a#1", "1", "generation").list?[0].text == "LOST")
            let second = try bench.call("adopt", "c#3", "a#1", "3000", "0", "9")
            #expect(second.list?[0].number == 0 && second.list?.count == 5)
            let third = try bench.call("adopt", "c#3", "b#2", "3000", "1", "9")
            #expect(third.list?.count == 4)
            let all = Set(keys(second, after: 1) + keys(third, after: 1))
            #expect(all == Set((1...7).map(ScriptBench.key)))
            #expect(try bench.call("dying").list == [])
            #expect(try bench.client.ask("SCARD", "baton:own:c#3").number == 7)
            #expect(try bench.accept("a#1", Request(8), Request(9)) == "LL")
            #expect(try bench.finish("a#1", ScriptBench.Ending(1)) == "F")
            #expect(try bench.finish("c#3", ScriptBench.Ending(1)) == "K")
        }

        @Test("who leaves leaves its work to be taken over at once")
        func leave() throws {
            try bench.register("a", "b")
            _ = try bench.accept("a#1", Request(1))
            for _ in 0..<2 { #expect(try bench.word("leave", "a#1") == "OK") }
            #expect(try bench.call("dying").list?.map { $0.text } == ["a#1"])
            #expect(try bench.call("adopt", "b#2", "a#1", "3000", "0", "3").list?.count == 2)
            #expect(try bench.finish("b#2", ScriptBench.Ending(1)) == "K")
            #expect(try bench.word("leave", "b#2") == "OK")
            #expect(try bench.client.ask("EXISTS", "baton:inst", "baton:dead").number == 0)
        }
    }
}
