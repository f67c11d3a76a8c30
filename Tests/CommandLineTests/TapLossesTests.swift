import Testing

@testable import baton

/// What was lost is counted once, whoever tells of it.
@Suite struct TapLossesTests {
    private static func tally(
        _ number: UInt64, _ published: [(String, UInt64)], epoch: String = "e"
    ) throws -> TapTally {
        let rows = published.map { #"{"topic":"\#($0.0)","published":\#($0.1)}"# }
        let text = """
            {"orchestrator":"o1","epoch":"\(epoch)","number":\(number),"spans":0,\
            "subscriptions":[\(rows.joined(separator: ","))]}
            """
        return try #require(TapTally(Array(text.utf8)))
    }

    @Test("a gap is a loss to whoever sees everything, and to nobody else")
    func gaps() {
        var all = TapLosses(topics: ["e/"])
        var some = TapLosses(topics: ["a/echo"])
        for number in [5, 6, 9, 10, 20] as [UInt64] {
            all.heard(number, under: "e/TASK")
            some.heard(number, under: "a/echo")
        }
        #expect(all.lost == 11)
        #expect(some.lost == 0)
    }

    @Test("what a tally has more than came was lost")
    func tallies() throws {
        var losses = TapLosses(topics: ["a/cost", "a/echo"])
        losses.heard(1, under: "a/echo")
        losses.tell(try Self.tally(3, [("a/echo", 40), ("a/cost", 2), ("e/", 99)]))
        #expect(losses.lost == 0)
        for number in 4...6 as ClosedRange<UInt64> { losses.heard(number, under: "a/echo") }
        losses.heard(7, under: "a/costs")
        losses.tell(try Self.tally(9, [("a/echo", 45), ("a/cost", 3)]))
        #expect(losses.lost == 2)
        losses.tell(try Self.tally(9, [("a/echo", 45), ("a/cost", 3)]))
        #expect(losses.lost == 2)
    }

    @Test("gap and tally tell of the same loss, which counts once")
    func once() throws {
        var losses = TapLosses(topics: ["e/"])
        losses.heard(1, under: "e/TASK")
        losses.tell(try Self.tally(1, [("e/", 1)]))
        // The gap is seen first.
        losses.heard(4, under: "e/TASK")
        #expect(losses.lost == 2)
        losses.tell(try Self.tally(4, [("e/", 4)]))
        #expect(losses.lost == 2)
        // The tally is seen first.
        losses.tell(try Self.tally(7, [("e/", 7)]))
        #expect(losses.lost == 5)
        losses.heard(8, under: "e/TASK")
        #expect(losses.lost == 5)
        // The tally was written before what was published before it.
        losses.heard(try Self.tally(7, [("e/", 7)]), 8)
        losses.heard(9, under: "e/TASK")
        #expect(losses.lost == 5)
    }

    @Test("events that passed while a tally was on its way are not lost")
    func slack() throws {
        var losses = TapLosses(topics: ["a/x"])
        // Two were published between its writing and its sending; here they came before it.
        losses.heard(try Self.tally(10, [("a/x", 10)]), 12)
        losses.tell(try Self.tally(12, [("a/x", 12)]))
        #expect(losses.lost == 0)
        // That one was exact, so the next is counted from it.
        losses.tell(try Self.tally(13, [("a/x", 13)]))
        #expect(losses.lost == 1)
        // More came than it knows of: that is no gain.
        for number in 14...16 as ClosedRange<UInt64> { losses.heard(number, under: "a/x") }
        losses.heard(try Self.tally(14, [("a/x", 14)]), 16)
        losses.tell(try Self.tally(16, [("a/x", 16)]))
        #expect(losses.lost == 1)
    }

    @Test("an orchestrator that begins anew, or was away, is no loss")
    func anew() throws {
        var losses = TapLosses(topics: ["e/"])
        losses.heard(100, under: "e/TASK")
        losses.tell(try Self.tally(100, [("e/", 100)]))
        losses.heard(1, under: "e/TASK")
        losses.tell(try Self.tally(1, [("e/", 1)], epoch: "f"))
        losses.interrupted()
        losses.heard(500, under: "e/TASK")
        losses.tell(try Self.tally(500, [("e/", 480)], epoch: "f"))
        losses.heard(501, under: "e/TASK")
        #expect(losses.lost == 0)
    }

    @Test("a subscription that was counted from nothing meanwhile is compared whole")
    func fresh() throws {
        var losses = TapLosses(topics: ["a/x"])
        losses.tell(try Self.tally(1, []))
        losses.heard(2, under: "a/x")
        losses.tell(try Self.tally(4, [("a/x", 3)]))
        #expect(losses.lost == 2)
    }

    @Test(
        "what is no tally is none",
        arguments: [
            "", "{}", "[]", #"{"orchestrator":"o1"}"#, #"{"number":-1,"orchestrator":"a"}"#,
        ])
    func odd(text: String) { #expect(TapTally(Array(text.utf8)) == nil) }

    @Test("numbers at the end of all numbers do no harm")
    func extremes() throws {
        var losses = TapLosses(topics: ["e/"])
        losses.heard(.max, under: "e/TASK")
        losses.heard(0, under: "e/TASK")
        losses.tell(try Self.tally(.max, [("e/", .max)]))
        losses.tell(try Self.tally(.max, [("e/", .max)]))
        losses.heard(.max, under: "e/TASK")
        losses.heard(1, under: "e/TASK")
    }
}

extension TapLosses {
    /// A tally that was published as soon as it was written.
    fileprivate mutating func tell(_ tally: TapTally) { heard(tally, tally.number) }
}
