import Testing

@testable import Store

@Suite struct ReplicatedCallerTests {
    private static let late = "UNCONFIRMED no replica has confirmed it in time"

    /// What a call is told after these outcomes, in the order in which they come.
    private static func told(
        _ script: RedisScript = .finish, _ outcomes: [RedisLink.Outcome]
    ) -> (told: [RedisLink.Outcome], sent: [String]) {
        let played = PlayedCaller()
        played.plays = [:]
        let caller = ReplicatedCaller(played)
        var told: [RedisLink.Outcome] = []
        caller.call(script, key: "", RedisArguments()) { told.append($0) }
        for outcome in outcomes { played.answer(outcome) }
        return (told, played.history)
    }

    private static let rows: [(outcomes: [RedisLink.Outcome], told: [RedisLink.Outcome])] = [
        ([.reply(.text("K"))], []),
        ([.reply(.text("K")), .reply(.integer(1))], [.reply(.text("K"))]),
        ([.reply(.text("K")), .reply(.integer(2))], [.reply(.text("K"))]),
        ([.reply(.text("K")), .reply(.integer(0))], [.reply(.error(late))]),
        ([.reply(.text("K")), .reply(.error("ERR x"))], [.reply(.error("UNCONFIRMED ERR x"))]),
        ([.reply(.text("K")), .reply(.null)], [.reply(.error(late))]),
        ([.reply(.text("K")), .unknown(reason: "cut")], [.unknown(reason: "cut")]),
        ([.unknown(reason: "cut"), .unknown(reason: "cut")], [.unknown(reason: "cut")]),
        // What was refused has changed nothing, and need not be waited for.
        ([.reply(.error("NOREPLICAS x"))], [.reply(.error("NOREPLICAS x"))]),
        (
            [.reply(.error("NOREPLICAS x")), .reply(.integer(0))],
            [.reply(.error("NOREPLICAS x"))]
        ),
    ]

    @Test("a change counts once a replica has it", arguments: rows.indices)
    func confirmed(_ row: Int) {
        let told = Self.told(.finish, Self.rows[row].outcomes)
        #expect(told.told == Self.rows[row].told)
        #expect(told.sent == ["finish", "WAIT"])
    }

    @Test("what only asks, and what only tidies up, waits for nobody")
    func unconfirmed() {
        for script in [RedisScript.read, .list, .trim, .renew] {
            let told = Self.told(script, [.reply(.text("x"))])
            #expect(told.told == [.reply(.text("x"))])
            #expect(told.sent == [script.name])
        }
    }

    @Test("a takeover without a replica's word is unknown, and looked for again")
    func adopted() {
        let told = Self.told(.adopt, [.reply(.array([])), .reply(.integer(0))])
        #expect(told.told == [.unknown(reason: "no replica has confirmed it")])
    }

    @Test("a script that Redis had forgotten is confirmed by a word after it")
    func forgotten() {
        let played = PlayedCaller()
        played.plays = [:]
        let caller = ReplicatedCaller(Forgetting(played))
        var told: [RedisLink.Outcome] = []
        caller.call(.finish, key: "", RedisArguments()) { told.append($0) }
        // The link sends the script once more, after the first word was asked for.
        played.answer(.reply(.error("NOSCRIPT")))
        played.answer(.reply(.integer(1)))
        #expect(told.isEmpty && played.names == ["finish"])
        played.answer(.reply(.text("K")))
        #expect(told.isEmpty && played.names == ["WAIT"])
        played.answer(.reply(.integer(1)))
        #expect(told == [.reply(.text("K"))])
    }
}

/// A connection that sends a forgotten script again, as the link does.
private final class Forgetting: ScriptCaller {
    private let caller: PlayedCaller

    init(_ caller: PlayedCaller) { self.caller = caller }

    var isReady: Bool { true }
    func open() {}
    func close() {}

    func send(_ command: [String], _ done: @escaping (RedisLink.Outcome) -> Void) {
        caller.send(command, done)
    }

    func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (RedisLink.Outcome) -> Void
    ) {
        let caller = caller
        caller.call(script, key: key, arguments) { outcome in
            guard outcome == .reply(.error("NOSCRIPT")) else { return done(outcome) }
            caller.call(script, key: key, arguments, done)
        }
    }
}
