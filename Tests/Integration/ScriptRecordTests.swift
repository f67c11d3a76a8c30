import TestKit
import Testing

/// What is kept, shown, counted and forgotten.
extension Integration {
    @Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct ScriptRecordTests {
        private typealias Request = ScriptBench.Request
        private typealias Ending = ScriptBench.Ending
        private let bench: ScriptBench
        private let now = "\(ScriptBench.start)"

        init() throws {
            bench = try ScriptBench()
            try bench.register("a")
        }

        @Test("bytes of any kind and size come back as they were", arguments: [1, 4096, 300_000])
        func bytes(size: Int) throws {
            var random = SplitMix64(seed: UInt64(size))
            let input = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            let output = Array(input.reversed())
            let id = String(decoding: [0, 10, 13, 32, 37], as: UTF8.self)
            let request = Request(1).with { ($0.input, $0.id) = (input, id) }
            #expect(try bench.accept("a#1", request) == "A")
            #expect(try bench.finish("a#1", Ending(1).with { $0.output = output }) == "K")
            let item = try bench.call("read", ScriptBench.key(1), "0").list
            #expect(item?[2] == .bytes(input) && item?[3] == .bytes(output))
            #expect(try bench.record(1)["id"] == id)
        }

        @Test("what is packed leaves the same behind as what is not, also asked again")
        func packing() throws {
            var left: [[RedisClient.Answer]] = []
            for packs in [false, true] {
                try bench.client.ask("FLUSHALL", "SYNC")
                try bench.register("a")
                bench.packs = packs
                let others = Request(2).with { ($0.tenant, $0.priority) = ("other", 7) }
                for letters in ["AAA", "OOO"] {
                    #expect(try bench.accept("a#1", Request(1), others, Request(3)) == letters)
                }
                let accepted = try kept()
                let failed = Ending(1).with { ($0.state, $0.code) = ("F", "bad") }
                for _ in 0..<2 {
                    #expect(try bench.finish("a#1", failed) == "K")
                    #expect(try bench.finish("a#1", Ending(2)) == "K")
                    #expect(try bench.finish("a#1", failed.with { $0.attempt = "2" }) == "F")
                }
                left.append(accepted + (try kept()))
            }
            #expect(left[0] == left[1])
        }

        /// All that one, two and three left behind, as it lies there.
        private func kept() throws -> [RedisClient.Answer] {
            var answers: [RedisClient.Answer] = []
            for number in 1...3 {
                let key = ScriptBench.key(number)
                answers.append(try bench.client.ask("GET", "baton:r:\(key)"))
                answers.append(try bench.client.ask("GET", "baton:i:\(key)"))
            }
            answers.append(try bench.client.ask("SORT", "baton:own:a#1", "ALPHA"))
            answers.append(try bench.client.ask("HMGET", "baton:q", "t", "other"))
            answers.append(try bench.client.ask("LRANGE", "baton:fin", "0", "-1"))
            answers.append(try bench.client.ask("GET", "baton:finb"))
            let hour = ScriptBench.start / 3_600_000
            answers.append(try bench.client.ask("HGETALL", "baton:m:\(hour)"))
            return answers
        }

        @Test("a lean record is taken apart alike by all scripts")
        func reading() throws {
            let function = { (name: String) in
                let text = try ScriptBench.text(name)
                let begin = text.firstRange(of: "local function opened")?.lowerBound
                let end = text.firstRange(of: "string.sub(record, place)\nend")?.upperBound
                return begin.flatMap { begin in end.map { String(text[begin..<$0]) } }
            }
            let prelude = try function("prelude")
            #expect(prelude != nil)
            #expect(try function("read") == prelude && function("list") == prelude)
        }

        @Test("lists show each kind, all or one tenant's, in stretches")
        func lists() throws {
            for number in 1...6 {
                let request = Request(number).with {
                    $0.tenant = number % 2 == 0 ? "even" : "odd"
                    $0.waits = number == 1
                }
                _ = try bench.accept("a#1", request)
            }
            let dead = Ending(5).with { ($0.state, $0.isDead) = ("F", true) }
            #expect(try bench.finish("a#1", Ending(3), Ending(4), dead) == "KKK")
            try bench.call("park", "a#1", now, ScriptBench.key(6), "1", "1", "echo", "i", "lost")
            #expect(try list("finished", "", 0, 9) == "2: 4 3")
            #expect(try list("finished", "", 1, 9) == "2: 3")
            #expect(try list("finished", "even", 0, 9) == "1: 4")
            #expect(try list("dead", "", 0, 9) == "1: 5")
            #expect(try list("ready", "odd", 0, 9) == "1: 1")
            #expect(try list("uncertain", "", 0, 9) == "1: 6")
            #expect(try list("open", "", 0, 9) == "3: 2 1 6")
            #expect(try list("open", "", 1, 1) == "3: 1")
            #expect(try list("open", "even", 1, 9) == "2: 6")
            #expect(try list("open", "nobody", 0, 9) == "0: ")
        }

        /// The total and the numbers of the requests.
        private func list(
            _ kind: String, _ tenant: String, _ offset: Int, _ limit: Int
        ) throws -> String {
            let answer = try bench.call("list", kind, tenant, "\(offset)", "\(limit)").list ?? []
            let keys = answer.dropFirst().map { $0.list?[0].text?.dropFirst() ?? "" }
            let numbers = keys.map { String(Int($0) ?? -1) }.joined(separator: " ")
            return "\(answer.first?.number ?? -1): \(numbers)"
        }

        @Test("S5-29 what ended is forgotten by number, bytes and age, and nothing else stays")
        func trims() throws {
            let size = try bench.client.ask("DBSIZE").number
            var kept = ScriptBench.Retention()
            for (turn, limit) in ["count", "bytes", "age"].enumerated() {
                for number in 1...30 { _ = try bench.accept("a#1", Request(number)) }
                for number in 1...10 {
                    try bench.call(
                        "advance", "a#1", now, ScriptBench.key(number), "1", "1", "echo", "i", "5",
                        "next", "9", "result")
                    try bench.call(
                        "effect", "a#1", ScriptBench.key(number), "2 call", "1", "word")
                }
                kept = ScriptBench.Retention()
                if limit == "count" { kept.count = 5 }
                if limit == "bytes" { kept.bytes = 5500 }
                if limit == "age" { kept.milliseconds = 45 }
                for number in 1...30 {
                    let now = ScriptBench.start + turn * 1000 + number * 10
                    let big = number % 3 == 0 ? 5000 : 5
                    let ending = Ending(number).with { $0.output = Array(repeating: 7, count: big) }
                    #expect(try bench.finish("a#1", now: now, keeping: kept, ending) == "K")
                }
                #expect(try bench.client.ask("LLEN", "baton:fin").number == 5, "by \(limit)")
                #expect(try bench.client.ask("GET", "baton:finb").number == 5000)
                let trimmed = try bench.call("trim", now, "0", "0", "0", "500")
                #expect(trimmed.number == 5)
                let hours = 1
                #expect(try bench.client.ask("DBSIZE").number == (size ?? 0) + hours)
            }
        }

        @Test("a trim goes as far as it is told")
        func slices() throws {
            for number in 1...40 {
                _ = try bench.accept("a#1", Request(number))
                _ = try bench.finish("a#1", Ending(number))
            }
            #expect(try bench.call("trim", now, "99999", "10", "9999999", "25").number == 25)
            #expect(try bench.call("trim", now, "99999", "10", "9999999", "25").number == 5)
            #expect(try bench.call("trim", now, "99999", "10", "9999999", "25").number == 0)
        }

        @Test("five hundred requests go in one call, and not one more")
        func many() throws {
            let word = { (text: String) in Array(text.utf8) }
            let accept = { (count: Int) in
                let opening = ["a#1", now, "1000", "1000"].map(word)
                let requests = (1...count).map { Request($0).words }
                return try bench.call("accept", bytes: opening + requests.flatMap { $0 }).text
            }
            #expect(throws: ScriptBench.Fault.self) { try accept(501) }
            #expect(try accept(500) == String(repeating: "A", count: 500))
            for number in 1...250 {
                try bench.call(
                    "advance", "a#1", now, ScriptBench.key(number), "1", "1", "echo", "i", "5",
                    "next", "9", "result")
            }
            let opening = ["a#1", now, "0", "0", "0", "9"].map(word)
            let endings = (1...500).map { Ending($0).words }
            let letters = try bench.call("finish", bytes: opening + endings.flatMap { $0 }).text
            #expect(letters == String(repeating: "K", count: 500))
            #expect(try bench.client.ask("LLEN", "baton:fin").number == 0)
            #expect(try bench.client.ask("KEYS", "baton:*:k*").list?.isEmpty == true)
        }

        @Test("G4 an effect happens once, or somebody is told that nobody knows")
        func effects() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            let key = ScriptBench.key(1)
            let ask = { (call: String, unsafe: String, word: String) in
                try bench.call("effect", "a#1", key, "1 \(call)", unsafe, word)
            }
            #expect(try ask("x", "1", "first").text == "GO")
            #expect(try ask("x", "1", "first").text == "GO", "the same asking")
            #expect(try ask("x", "1", "second").text == "UNKNOWN")
            #expect(try ask("x", "1", "first").text == "UNKNOWN")
            #expect(try ask("y", "0", "first").text == "GO")
            #expect(try ask("y", "0", "second").text == "GO")
            let done = { (call: String) in
                try bench.word("effect_done", "a#1", key, "1 \(call)", "it\0")
            }
            #expect(try done("y") == "OK" && done("y") == "OK")
            let skip = try ask("y", "1", "third").list?.map { $0.text }
            #expect(skip == ["SKIP", "it\0"])
            #expect(try bench.word("effect", "b#2", key, "1 y", "0", "") == "STALE")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            #expect(try ask("y", "0", "").text == "STALE" && done("y") == "STALE")
            #expect(try bench.word("effect", "a#1", ScriptBench.key(7), "1 y", "0", "") == "GONE")
            let events = try bench.call("read", key, "0").list?[6].list?.map { $0.list?[0].text }
            #expect(events == ["3", "4"])
        }

        @Test("figures are counted by hour, and copies are written where a user wants them")
        func figures() throws {
            #expect(try bench.accept("a#1", Request(1)) == "A")
            #expect(try bench.finish("a#1", Ending(1)) == "K")
            let hours = try bench.call("figures", now, "2").list
            #expect(hours?.count == 1)
            #expect(hours?[0].list?[0].text == "\(ScriptBench.start / 3_600_000)")
            #expect(ScriptBench.fields(hours?[0].list?[1])["echo ms"] == "5")
            let hour = "baton:m:\(ScriptBench.start / 3_600_000)"
            #expect(try (bench.client.ask("TTL", hour).number ?? 0) > 604_000)
            for metrics in ["", "{}"] {
                try bench.call(
                    "project", "seed:", "id", "echo", "{\"a\":1}", "60", metrics, "90", "0", "7")
            }
            #expect(try bench.client.ask("GET", "seed:request:id").text == "{\"a\":1}")
            #expect(try bench.client.ask("GET", "seed:metrics:id").text == "{}")
            let sums = ScriptBench.fields(
                try bench.client.ask("HGETALL", "seed:metrics:agent:echo"))
            #expect(sums == ["calls": "1", "failures": "1", "total_ms": "7"])
        }
    }
}
