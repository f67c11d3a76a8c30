import TestKit
import Testing

/// Whatever stands in Redis, each script answers, and those that are sound go on.
extension Integration {
    @Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct ScriptCorruptionTests {
        private typealias Request = ScriptBench.Request
        private typealias Ending = ScriptBench.Ending
        private let bench: ScriptBench
        private let now = "\(ScriptBench.start)"
        private let key = ScriptBench.key(1)

        init() throws {
            bench = try ScriptBench()
            try bench.register("a", "b")
        }

        /// Ways to spoil the record of a request that runs and has a stream.
        static let spoils: [[String]] = [
            ["HDEL", "r", "st"], ["HSET", "r", "st", "?"], ["HSET", "r", "st", ""],
            ["HDEL", "r", "own"], ["HSET", "r", "rev", "many"], ["HSET", "r", "rev", "-5"],
            ["HSET", "r", "rev", "99999999999999999999"], ["HSET", "r", "ns", "1e300"],
            ["HSET", "r", "ns", "-1"], ["HDEL", "r", "tn"], ["HDEL", "r", "at"],
            ["HSET", "r", "at", "-99999999999999999999"], ["SET", "r", "text"],
            ["SET", "r", "1R"], ["SET", "r", ""], ["SADD", "r", "member"], ["SET", "e", "text"],
            ["HSET", "r", "rev", "2"], ["SET", "s", "text"], ["HSET", "i", "a", "b"],
            ["HSET", "r", "own", "stranger#999"], ["HSET", "r", "pr", "1e999"], ["DEL", "r"],
            ["HSET", "r", "ns", "999999999999"], ["HSET", "r", "jn", "1e9"],
            ["HSET", "r", "jn", "2"], ["HDEL", "r", "jn"], ["HSET", "r", "jz", "-1"],
            ["SET", "j", "text"], ["SET", "jb", "text"], ["DEL", "jb"], ["DEL", "j"],
            ["LSET", "j", "0", "x"], ["LSET", "j", "0", "\u{7f}"],
        ]

        @Test(
            "B89 a spoilt record is no script's error, and the next one is served",
            arguments: spoils)
        func spoilt(words: [String]) throws {
            for number in 1...2 {
                #expect(try bench.accept("a#1", Request(number)) == "A")
                try bench.call(
                    "start", "a#1", now, ScriptBench.key(number), "1", "1", "echo", "i")
                try bench.call("journal", bytes: journal("a#1", ScriptBench.key(number), after: 0))
            }
            let target = words[1] == "s" ? "baton:s:\(key):1" : "baton:\(words[1]):\(key)"
            if words[0] == "SET" || words[0] == "SADD" || words[1] == "i" {
                try bench.client.ask("DEL", target)
            }
            _ = try bench.client.ask([words[0], target] + words.dropFirst(2))
            try callAll()
            #expect(try bench.accept("b#2", Request(3)) == "A")
            let sound = try bench.finish("a#1", Ending(2))
            let owner = try bench.record(2)["own"] ?? ""
            #expect(sound == "K" || owner == "b#2")
            #expect(try bench.finish("b#2", Ending(3)) == "K")
        }

        /// An entry of a journal, and what it refers to.
        private func journal(_ me: String, _ key: String, after: Int) -> [[UInt8]] {
            [me, now, key, "\(after)", "1", "1", "entry", "", "body", "bytes"].map {
                Array($0.utf8)
            }
        }

        /// Each script on the spoilt request; an error of a script throws.
        private func callAll() throws {
            _ = try bench.accept("a#1", Request(1), Request(1).with { $0.waits = true })
            _ = try bench.call("read", key, "0")
            for kind in ["open", "ready", "uncertain", "dead", "finished"] {
                try bench.call("list", kind, "", "0", "9")
                try bench.call("list", kind, "t", "0", "9")
            }
            try bench.call("advance", "a#1", now, key, "1", "1", "echo", "i", "5", "next", "9", "r")
            try bench.call("start", "a#1", now, key, "1", "2", "echo", "i")
            try bench.call("journal", bytes: journal("a#1", key, after: 1))
            try bench.call("read_journal", key, "0", "256", "1000")
            try bench.call("effect", "a#1", key, "1 call", "1", "")
            try bench.call("effect_done", "a#1", key, "1 call", "result")
            try bench.call("repair", "a#1", "50", now)
            try bench.call("release", "a#1", now, key)
            try bench.client.ask("ZADD", "baton:ready", "1", key)
            try bench.call("claim", "a#1", now, "9")
            try bench.call("park", "a#1", now, key, "1", "1", "echo", "i", "lost")
            for verdict in ["A", "D", "F"] {
                try bench.call("resolve", now, key, verdict, "anna", "", "9", "output")
            }
            try bench.call("cancel", now, key, "anna")
            try bench.call("adopt", "b#2", "a#1", "0", "1", "9")
            let dead = Ending(1).with { ($0.state, $0.isDead) = ("F", true) }
            _ = try bench.finish("b#2", dead)
            _ = try bench.finish("a#1", dead, Ending(1))
            try bench.call("revive", now, key, "anna")
            try bench.call("discard", now, key)
            try bench.client.ask("RPUSH", "baton:fin", "nonsense", "\(key) 1 1 +")
            try bench.call("trim", now, "0", "0", "0", "500")
        }

        @Test("B89 whatever byte of a lean record is wrong, or missing, no script fails")
        func bytes() throws {
            for seed in Seeds.share(0, of: 1, count: 60) {
                let bench = try ScriptCorruptionTests(bench: try ScriptBench(bench.server))
                do {
                    try bench.disturb(SplitMix64(seed: seed))
                } catch {
                    Issue.record("\(error); again: \(Seeds.replay(seed, "ScriptCorruptionTests"))")
                    return
                }
            }
        }

        private init(bench: ScriptBench) throws {
            self.bench = bench
            try bench.register("a", "b")
        }

        private func disturb(_ generator: SplitMix64) throws {
            var random = generator
            #expect(try bench.accept("a#1", Request(1)) == "A")
            if Bool.random(using: &random) {
                #expect(try bench.finish("a#1", Ending(1)) == "K")
            }
            guard case .bytes(var record) = try bench.client.ask("GET", "baton:r:\(key)") else {
                throw ScriptBench.Fault(description: "it is not lean")
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<record.count, using: &random)
                record[place] = UInt8.random(in: 0...255, using: &random)
            }
            let length = Int.random(in: 0...record.count, using: &random)
            if Int.random(in: 0...2, using: &random) == 0 { record = Array(record[..<length]) }
            let words = ["SET", "baton:r:\(key)"].map { Array($0.utf8) }
            try bench.client.ask(bytes: words + [record])
            try callAll()
        }

        @Test("B89 what cannot be read is answered as such")
        func letters() throws {
            #expect(try bench.accept("a#1", Request(1), Request(2)) == "AA")
            try bench.client.ask("SET", "baton:r:\(key)", "nonsense")
            #expect(try bench.accept("a#1", Request(1)) == "X")
            #expect(try bench.finish("a#1", Ending(1), Ending(2)) == "XK")
            #expect(try bench.word("cancel", now, key, "anna") == "X")
            #expect(try bench.word("release", "a#1", now, key) == "X")
            #expect(try bench.word("effect", "a#1", key, "1 c", "1", "") == "X")
            #expect(try bench.word("read", key, "0") == "X")
        }

        @Test(
            "B89 an index of another type is made anew, and repair fills it again",
            arguments: ["own:a#1", "ready", "unc", "dlq", "fin", "finb", "q", "m:472222", "mend"])
        func indexes(name: String) throws {
            let waits = Request(2).with { $0.waits = true }
            #expect(try bench.accept("a#1", Request(1), waits, Request(3), Request(4)) == "AWAA")
            try bench.call("park", "a#1", now, ScriptBench.key(3), "1", "1", "echo", "i", "lost")
            let dead = Ending(4).with { ($0.state, $0.isDead) = ("F", true) }
            #expect(try bench.finish("a#1", dead) == "K")
            try bench.client.ask("DEL", "baton:\(name)")
            try bench.client.ask("SETBIT", "baton:\(name)", "3", "1")
            for _ in 0..<3 { try bench.call("repair", "a#1", "500", now) }
            #expect(try bench.client.ask("SISMEMBER", "baton:own:a#1", key).number == 1)
            #expect(try bench.client.ask("ZCARD", "baton:ready").number == 1)
            #expect(try bench.client.ask("ZCARD", "baton:unc").number == 1)
            #expect(try bench.client.ask("ZCARD", "baton:dlq").number == 1)
            #expect(try bench.accept("a#1", Request(5)) == "A")
            #expect(try bench.finish("a#1", Ending(1), Ending(5)) == "KK")
            #expect(try bench.call("claim", "a#1", now, "9").list?.count == 1)
            try bench.call("renew", "a#1", "5000", "generation")
        }

        @Test("B89 a count of requests that is none begins anew")
        func quotas() throws {
            for wrong in ["many", "-7", "9223372036854775807", "1e300"] {
                try bench.client.ask("HSET", "baton:q", "t", wrong)
                #expect(try ["A", "O"].contains(bench.accept("a#1", Request(1))), "\(wrong)")
                #expect(try bench.finish("a#1", Ending(1)) == "K")
                try bench.call("trim", now, "0", "0", "0", "9")
            }
        }

        @Test("B90 repair drops what has no sound record and counts it, without going in circles")
        func repair() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            let strangers = (10...14).map { ScriptBench.key($0) }
            for stranger in strangers {
                try bench.client.ask("SADD", "baton:own:a#1", stranger)
                for index in ["ready", "unc", "dlq"] {
                    try bench.client.ask("ZADD", "baton:\(index)", "1", stranger)
                }
            }
            try bench.client.ask("ZADD", "baton:ready", "1", key)
            var sums = [0, 0, 0, 0, 0, 0]
            for _ in 0..<12 {
                let mended = try bench.call("repair", "a#1", "3", now).list?.map { $0.number ?? 0 }
                sums = zip(sums, mended ?? []).map { $0 + $1 }
            }
            #expect(sums == [5, 6, 5, 5, 0, 0])
            #expect(try bench.client.ask("SMEMBERS", "baton:own:a#1").list?.count == 1)
        }

        @Test("B90 a record that its index lost, or whose owner nobody knows, comes back")
        func lost() throws {
            let waits = Request(2).with { $0.waits = true }
            #expect(try bench.accept("a#1", Request(1), waits) == "AW")
            try bench.client.ask("ZADD", "baton:inst", "1", "gone#77")
            #expect(try bench.accept("gone#77", Request(3)) == "A")
            try bench.client.ask("ZREM", "baton:inst", "gone#77")
            try bench.client.ask("DEL", "baton:own:a#1", "baton:ready", "baton:own:gone#77")
            var mended = 0
            for _ in 0..<20 {
                mended += try bench.call("repair", "a#1", "5", now).list?[4].number ?? 0
            }
            #expect(mended == 3)
            #expect(try bench.client.ask("ZSCORE", "baton:ready", ScriptBench.key(2)).text != nil)
            #expect(try bench.call("dying").list?.map { $0.text } == ["gone#77"])
            let adopted = try bench.call("adopt", "b#2", "gone#77", "3000", "0", "9")
            #expect(adopted.list?.count == 2)
            #expect(try bench.client.ask("SISMEMBER", "baton:own:a#1", key).number == 1)
        }

        @Test("B90 claim and adopt drop what they cannot hand out, and show it")
        func dropped() throws {
            let waits = (1...2).map { number in Request(number).with { $0.waits = true } }
            #expect(try bench.accept("a#1", waits[0], waits[1], Request(3), Request(4)) == "WWAA")
            try bench.client.ask("SET", "baton:r:\(key)", "nonsense")
            try bench.client.ask("SET", "baton:r:\(ScriptBench.key(3))", "nonsense")
            try bench.client.ask("ZADD", "baton:ready", "0", ScriptBench.key(9))
            #expect(try bench.call("claim", "a#1", now, "9").list?.count == 1)
            let adopted = try bench.call("adopt", "b#2", "a#1", "0", "1", "9")
            #expect(adopted.list?.count == 3 && adopted.list?[0].number == 0)
            #expect(try bench.client.ask("ZCARD", "baton:bad").number == 2)
            #expect(try bench.client.ask("EXISTS", "baton:ready", "baton:own:a#1").number == 0)
        }

        @Test("when memory is full nothing new is kept, and what runs still ends")
        func full() throws {
            #expect(try bench.accept("a#1", Request(1), Request(2)) == "AA")
            try bench.client.ask("CONFIG", "SET", "maxmemory", "1000")
            #expect(throws: ScriptBench.Fault.self) { try bench.accept("a#1", Request(3)) }
            #expect(try bench.record(3).isEmpty)
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            try bench.call("park", "a#1", now, ScriptBench.key(2), "1", "1", "echo", "i", "lost")
            #expect(try bench.record(2)["st"] == "U")
        }
    }
}
