import Telemetry
import Testing

@testable import Store

@Suite struct RedisGreetingTests {
    private static let scripts = [RedisScript(name: "one", text: "return 1")]
    private static let digest = RedisReply.bytes(Array(String(repeating: "a", count: 40).utf8))

    private static func info(_ version: String, loading: Int = 0) -> RedisReply {
        let text =
            "# Server\r\nredis_version:\(version)\r\nrun_id:r1\r\nloading:\(loading)\r\n"
            + "role:master\r\nodd line\r\n"
        return .bytes(Array(text.utf8))
    }

    private static func setting(_ name: String, _ value: String) -> RedisReply {
        .array([.bytes(Array(name.utf8)), .bytes(Array(value.utf8))])
    }

    private static let ok = RedisReply.status("OK")
    private static let good: [RedisReply] = [
        ok, ok, ok, info("7.0.15"), setting("maxmemory-policy", "noeviction"),
        setting("appendonly", "yes"), setting("appendfsync", "everysec"), digest,
    ]

    private static func greeting() -> RedisGreeting {
        let place = RedisEndpoint.Place.unix("/s")
        let endpoint = RedisEndpoint(place, user: "me", password: "hidden", database: 2)
        return RedisGreeting(endpoint, name: "a b#1", scripts: scripts)
    }

    /// The verdict, in words, when one answer of a good greeting is another.
    private static func verdict(_ place: Int? = nil, _ reply: RedisReply = ok) -> String {
        var greeting = greeting()
        var replies = good
        if let place { replies[place] = reply }
        for reply in replies {
            switch greeting.answer(reply) {
            case .ready(let facts)?: return "ready \(facts.version) \(facts.policy ?? "-")"
            case .postponed(let reason)?: return "postponed \(reason)"
            case .refused(let fault)?: return "\(fault.code) \(fault)"
            case nil: continue
            }
        }
        return "none"
    }

    @Test("Everything is said anew each time: who, where, what for, and the scripts")
    func steps() throws {
        let words = Self.greeting().steps.map { $0.words.joined(separator: " ") }
        #expect(
            words == [
                "AUTH me hidden", "SELECT 2", "CLIENT SETNAME a-b#1", "INFO",
                "CONFIG GET maxmemory-policy", "CONFIG GET appendonly", "CONFIG GET appendfsync",
                "SCRIPT LOAD return 1",
            ])
        let plain = RedisGreeting(try RedisEndpoint("unix:/s"), name: "n", scripts: [])
        #expect(plain.steps.map(\.step) == [.name, .facts, .policy, .appendOnly, .appendSync])
    }

    @Test("A good greeting gives the facts and the digests of the scripts")
    func facts() throws {
        var greeting = Self.greeting()
        var last: RedisGreeting.Verdict?
        for reply in Self.good { last = greeting.answer(reply) }
        guard case .ready(let facts)? = last else {
            Issue.record("no verdict")
            return
        }
        #expect(facts.version == "7.0.15" && facts.runID == "r1" && facts.role == "master")
        #expect(facts.policy == "noeviction" && facts.appendOnly == true)
        #expect(facts.appendSync == "everysec" && !facts.isLoading)
        #expect(greeting.digests == ["one": String(repeating: "a", count: 40)])
    }

    private static let table: [(place: Int, reply: RedisReply, begins: String)] = [
        (
            0, .error("WRONGPASS invalid username-password pair"),
            "forbidden Redis does not take this"
        ),
        (0, .error("ERR AUTH <password> called without any password"), "forbidden Redis does not"),
        (1, .error("ERR DB index is out of range"), "address this database"),
        (1, .error("NOAUTH Authentication required."), "forbidden Redis wants a password"),
        (2, .error("NOPERM no"), "ready 7.0.15"),
        (2, .error("ERR unknown command"), "ready 7.0.15"),
        (3, .error("NOAUTH Authentication required."), "forbidden Redis wants a password"),
        (3, .error("NOPERM no"), "forbidden this user of Redis may not"),
        (3, .error("BUSY Redis is busy running a script"), "postponed BUSY"),
        (3, .error("ERR max number of clients reached"), "postponed ERR max"),
        (3, .error("DENIED Redis is running in protected mode"), "forbidden Redis does not let"),
        (3, .error("ERR odd"), "postponed ERR odd"),
        (3, info("7.0.15", loading: 1), "postponed Redis is loading"),
        (3, info("6.0.16"), "unsafe this Redis is of version 6.0.16; 6.2"),
        (3, info("6.2.0"), "ready 6.2.0 noeviction"),
        (3, info("10.0"), "ready 10.0 noeviction"),
        (3, .null, "unsafe this Redis is of version ?"),
        (3, .bytes([0xff, 0xfe]), "unsafe this Redis is of version ?"),
        (4, .error("NOPERM no"), "ready 7.0.15 -"),
        (4, .array([]), "ready 7.0.15 -"),
        (4, .array([.null]), "ready 7.0.15 -"),
        (4, .array([.null, .integer(1)]), "ready 7.0.15 -"),
        (5, .null, "ready 7.0.15 noeviction"),
        (7, .error("NOPERM no"), "forbidden this user"),
        (7, .error("LOADING Redis is loading the dataset in memory"), "postponed LOADING"),
        (7, .error("MASTERDOWN Link with MASTER is down"), "postponed MASTERDOWN"),
        (7, .error("ERR Error compiling script"), "refused Redis does not take script one"),
        (7, .integer(1), "postponed Redis answered a script with no digest"),
    ]

    @Test("What each answer means at each step")
    func verdicts() {
        #expect(Self.verdict() == "ready 7.0.15 noeviction")
        for (place, reply, begins) in Self.table {
            let verdict = Self.verdict(place, reply)
            #expect(verdict.hasPrefix(begins), "\(reply) at \(place): \(verdict)")
            #expect(!verdict.contains("hidden"))
        }
    }

    @Test("An answer after the last changes nothing")
    func surplus() {
        var greeting = Self.greeting()
        for reply in Self.good { _ = greeting.answer(reply) }
        let verdict = greeting.answer(.error("NOAUTH"))
        #expect(verdict == nil)
    }

    @Test("Where Sentinels lead, only a master will do, and the profile ha asks for its replicas")
    func led() throws {
        func verdict(_ role: RedisReply) throws -> String {
            var greeting = RedisGreeting(
                try RedisEndpoint("unix:/s"), name: "n", scripts: [], wantsMaster: true,
                asksReplicas: true)
            #expect(
                greeting.steps.suffix(3).map(\.words) == [
                    ["ROLE"], ["CONFIG", "GET", "min-replicas-to-write"],
                    ["CONFIG", "GET", "min-replicas-max-lag"],
                ])
            let first = Self.good[2...6] + [role]
            for reply in first {
                if case .postponed(let reason)? = greeting.answer(reply) { return reason }
            }
            _ = greeting.answer(Self.setting("min-replicas-to-write", "1"))
            let last = greeting.answer(Self.setting("min-replicas-max-lag", "5"))
            guard case .ready(let facts)? = last else { return "none" }
            return "\(facts.minReplicas ?? -1) \(facts.maxLag ?? -1)"
        }
        #expect(try verdict(.array([.text("master"), .integer(0), .array([])])) == "1 5")
        #expect(try verdict(.error("NOPERM")) == "1 5")
        #expect(try verdict(.array([.text("slave")])).contains("is a slave for now"))
    }
}
