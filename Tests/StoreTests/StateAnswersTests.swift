import Testing
import Wire

@testable import Store

/// Replies of Redis as answers to commands.
@Suite struct StateAnswersTests {
    private func batch(_ commands: String) throws -> StateBatches.Batch {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add(commands)
        return try #require(line.take(window: 1) { _ in true }.first)
    }

    @Test("each letter of accept is a verdict, in the order of the commands")
    func accepts() throws {
        let answers = StateAnswers(
            try batch("a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11"), .text("AOWRPUTCQBX"))
        let verdicts = answers.replies.compactMap { reply -> AcceptVerdict? in
            if case .accepted(_, let verdict) = reply { verdict } else { nil }
        }
        #expect(
            verdicts == [
                .accepted, .accepted, .waits, .known(.running), .known(.ready),
                .known(.uncertain), .ended, .conflict, .tenantBusy, .readyBusy,
                .unreadable,
            ])
        #expect(answers.spoilt == [Sample.key("11")])
    }

    @Test("B89 each letter of a change says whether it is kept; a record may make no sense")
    func changes() throws {
        let answers = StateAnswers(try batch("f1 f2 f3 f4"), .text("KFGX"))
        let keepings = answers.replies.compactMap { reply -> Keeping? in
            if case .finished(_, let keeping) = reply { keeping } else { nil }
        }
        #expect(keepings == [.kept, .fenced, .gone, .unreadable])
        #expect(answers.spoilt == [Sample.key("4")])
    }

    @Test(
        "an answer of the wrong length or kind takes nothing for kept",
        arguments: [
            RedisReply.text("K"), .text("KKK"), .null, .integer(2), .array([.text("KK")]),
            .bytes([0xff, 0xff]),
        ])
    func nonsense(reply: RedisReply) throws {
        let answers = StateAnswers(try batch("f1 f2"), reply)
        #expect(answers.replies.count == 2 && answers.spoilt.count == 2)
        for reply in answers.replies {
            guard case .finished(_, .fenced) = reply else {
                Issue.record("\(reply)")
                continue
            }
        }
    }

    @Test(
        "each word about a request that a person decides on has its meaning",
        arguments: [
            ("K", Decided.done), ("OK", .done), ("G", .unknown), ("R", .state(.running)),
            ("S", .state(.succeeded)), ("N", .state(.failed)),
        ])
    func decisions(word: String, decided: Decided) throws {
        let answers = StateAnswers(try batch("c1"), .text(word))
        guard case .decided(1, let found)? = answers.replies.first else {
            Issue.record("\(answers.replies)")
            return
        }
        #expect(found == decided)
    }

    @Test(
        "what can be neither read nor decided is unreadable, with the reason",
        arguments: ["r1", "c1"])
    func failures(command: String) throws {
        let answers = StateAnswers(try batch(command), .text("X"))
        guard case .unreadable(1, let reason)? = answers.replies.first else {
            Issue.record("\(answers.replies)")
            return
        }
        #expect(reason.hasPrefix("what the store holds of this request cannot be read"))
    }

    @Test("the answers about an effect have their meaning, and anything else has none")
    func effects() {
        func word(_ reply: RedisReply) -> String {
            switch EffectVerdict(reply) {
            case .go: "go"
            case .skip(let content): "skip \(content.count)"
            case .unknown: "unknown"
            case .stale: "stale"
            case nil: "nothing"
            }
        }
        #expect(word(.text("GO")) == "go" && word(.status("OK")) == "go")
        #expect(word(.array([.text("SKIP"), .bytes([1, 2])])) == "skip 2")
        #expect(word(.text("UNKNOWN")) == "unknown" && word(.text("GONE")) == "stale")
        #expect(word(.array([.text("SKIP")])) == "nothing" && word(.integer(1)) == "nothing")
    }

    @Test("figures are read by agent and hour; what makes no sense is left out")
    func figures() throws {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add(.figures(4, hours: 2))
        let batch = try #require(line.take(window: 1) { _ in true }.first)
        let reply: RedisReply = .array([
            .array([
                .text("17"), .flat(["b n": "2", "a n": "3", "a f": "1", "a ms": "30", "odd": "1"]),
            ]),
            .null, .array([.text("x"), .array([])]),
        ])
        guard case .figures(4, let figures)? = StateAnswers(batch, reply).replies.first else {
            Issue.record("no figures")
            return
        }
        #expect(
            figures == [
                AgentFigures(agent: "a", hour: 17, count: 3, failed: 1, milliseconds: 30),
                AgentFigures(agent: "b", hour: 17, count: 2, failed: 0, milliseconds: 0),
            ])
    }

    @Test(
        "a list tells its rows and how many there are in all; a row that makes no sense is left out"
    )
    func list() throws {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        let query = StateCommand.ListQuery(kind: .open, tenant: nil, offset: 0, limit: 9)
        line.add(.list(4, query))
        let batch = try #require(line.take(window: 1) { _ in true }.first)
        let row: RedisReply = .array([
            .text("\(Sample.key("1"))"), .flat(["v": "1", "id": "1", "st": "R"]),
        ])
        let answers = StateAnswers(batch, .array([.integer(7), row, .array([.text("x")]), .null]))
        guard case .listed(4, let rows, total: 7)? = answers.replies.first else {
            Issue.record("\(answers.replies)")
            return
        }
        #expect(rows.map(\.id) == ["1"] && answers.corrupt.count == 2)
    }

    @Test(
        "each error of Redis is waited for, mended or taken for broken",
        arguments: [
            ("OOM command not allowed when used memory > 'maxmemory'.", RedisTrouble.later),
            ("MISCONF Errors writing to the AOF file: No space left on device", .later),
            ("NOREPLICAS Not enough good replicas to write.", .later),
            ("READONLY You can't write against a read only replica.", .later),
            ("LOADING Redis is loading the dataset in memory", .later),
            ("BUSY Redis is busy running a script.", .later),
            ("ERR max number of clients reached", .later),
            ("NOAUTH Authentication required.", .forbidden),
            ("NOPERM this user has no permissions", .forbidden),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", .broken),
            ("ERR user_script:1: something", .broken), ("", .broken),
        ])
    func troubles(error: String, trouble: RedisTrouble) {
        #expect(RedisTrouble(error) == trouble)
    }
}
