import Testing

@testable import Store

/// The store over connections that a test plays: what leaves when, and that each command is
/// answered once.
@Suite struct StateStoreTests {
    private func item(_ id: String, owner: String = "b#7") -> RedisReply {
        .array([
            .text("\(Sample.key(id))"),
            .flat(["v": "1", "id": id, "st": "R", "own": owner, "at": "1"]), .bytes([0, 0]), .null,
            .null, .array([]), .array([]),
        ])
    }

    @Test("before the store is reached nothing new is taken, and nothing is answered at once")
    func notReached() throws {
        let bench = try StoreBench()
        bench.perform([
            Sample.accept(1, "1"), Sample.cancel(2, "1"), Sample.read(3, "1"), .claim(4),
        ])
        #expect(bench.replies == ["a1 refused", "2 failed", "3 failed", "claimed 0"])
        #expect(bench.settled == 1 && !bench.cameWithin)
        #expect(bench.work.history.isEmpty)
    }

    @Test("the commands of a tick leave in one call of each kind and are answered in order")
    func gathers() throws {
        let bench = try StoreBench()
        bench.connect()
        #expect(bench.conditions == ["away", "ready 7"])
        bench.perform([
            Sample.accept(1, "1"), Sample.finish(8, "8"), Sample.accept(2, "2"),
            Sample.read(3, "1"),
        ])
        #expect(bench.work.names == ["accept", "finish", "read"])
        let arguments = bench.work.waiting[0].arguments
        #expect(arguments.count == 4 + 5 + 2 * 5 && arguments[0] == "b#7" && arguments[1] == "1000")
        #expect(arguments[4...8] == ["lean", "2", "1", "t", "2"])
        #expect(arguments[9] == Sample.key("1").description)
        #expect(bench.work.waiting[1].arguments.count == 6 + 12)
        bench.answer(.text("AC"))
        bench.answer(.text("K"))
        bench.answer(.null)
        #expect(bench.replies == ["a1", "a2 conflict", "f8 kept", "r3 nothing"])
        #expect(bench.settled == 3)
    }

    @Test(
        "an ending is packed once what it ends was kept by this lease, and only the first time",
        arguments: [("A", "K", [22, 18]), ("O", "K", [18, 18]), ("A", "F", [22, 18])])
    func packs(accepted: String, ended: String, counts: [Int]) throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.accept(1, "1")])
        bench.answer(.text(accepted))
        for count in counts {
            bench.perform([Sample.finish(8, "1")])
            #expect(bench.work.waiting.map(\.arguments.count) == [count])
            bench.answer(.text(ended))
        }
    }

    @Test("a call with a request in it twice, or one that fits no string, is not packed")
    func packsNot() throws {
        for commands in [
            [Sample.accept(1, "1"), Sample.accept(2, "1")],
            [Sample.accept(1, String(repeating: "x", count: 256)), Sample.accept(2, "2")],
        ] {
            let bench = try StoreBench()
            bench.connect()
            bench.perform(commands)
            #expect(bench.work.waiting.map(\.arguments.count) == [4 + 2 * 9])
        }
    }

    @Test("F36 what was cut off is asked again in its old order, before anything newer")
    func repeats() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.accept(1, "1"), Sample.finish(8, "8"), Sample.read(3, "1")])
        let before = bench.work.waiting.map(\.lasting)
        bench.cut()
        #expect(bench.replies == ["3 failed"])
        bench.perform([Sample.finish(9, "9"), Sample.accept(2, "2")])
        #expect(bench.replies == ["3 failed", "a2 refused"])
        bench.connect()
        #expect(bench.work.names == ["accept", "finish", "finish"])
        #expect(bench.work.waiting.prefix(2).map(\.lasting) == Array(before.prefix(2)))
        bench.answer(.text("O"))
        bench.answer(.text("K"))
        bench.answer(.text("G"))
        #expect(bench.replies.suffix(3) == ["a1", "f8 kept", "f9 gone"])
        #expect(bench.conditions == ["away", "ready 7", "away", "ready 7"])
    }

    @Test("what waited for room when the store went away is refused, for it never left")
    func withdrawn() throws {
        let bench = try StoreBench { $0.batch = 1 }
        bench.connect()
        bench.perform((1...70).map { Sample.accept($0, "\($0)") })
        #expect(bench.work.names.count == 64)
        bench.cut()
        #expect(bench.replies == (65...70).map { "a\($0) refused" })
        bench.connect()
        for _ in 1...64 { bench.answer(.text("A")) }
        #expect(bench.replies.suffix(64) == (1...64).map { "a\($0)" })
    }

    @Test("F23 a full store refuses what is new; what is owned waits and is tried again")
    func full() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.accept(1, "1"), Sample.finish(8, "8")])
        bench.answer(.error("OOM command not allowed when used memory > 'maxmemory'."))
        bench.answer(.error("MISCONF Errors writing to the AOF file"))
        #expect(bench.replies == ["a1 refused"] && bench.work.names == [])
        bench.perform([Sample.finish(9, "9"), Sample.accept(2, "2")])
        #expect(bench.work.names == ["accept"])
        bench.answer(.text("A"))
        bench.pass(100)
        #expect(bench.work.names == ["finish", "finish"])
        bench.answer(.error("BUSY Redis is busy running a script."))
        bench.answer(.error("BUSY Redis is busy running a script."))
        bench.pass(150)
        #expect(bench.work.names == [])
        bench.pass(400)
        bench.answer(.text("K"))
        bench.answer(.text("K"))
        #expect(bench.replies == ["a1 refused", "a2", "f8 kept", "f9 kept"])
    }

    @Test("an accept that may have run is not called refused because the store is full then")
    func uncertainAccept() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.accept(1, "1")])
        bench.cut()
        bench.connect()
        bench.answer(.error("OOM command not allowed"))
        #expect(bench.replies == [])
        bench.pass(100)
        bench.answer(.text("O"))
        #expect(bench.replies == ["a1"])
    }

    @Test("B89 one command that a script fails on does not keep the others from being kept")
    func apart() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.finish(1, "1"), Sample.finish(2, "2"), Sample.finish(3, "3")])
        bench.answer(.error("WRONGTYPE Operation against a key"))
        #expect(bench.work.names == ["finish", "finish", "finish"])
        bench.answer(.text("K"))
        bench.answer(.error("WRONGTYPE Operation against a key"))
        bench.answer(.text("K"))
        #expect(bench.replies == ["f1 kept", "f2 unreadable", "f3 kept"])
    }

    @Test("F19 an instance that cannot renew its lease stops, but for questions, and comes back")
    func fenced() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.pulse.plays["renew"] = nil as RedisReply?
        bench.pass(250)
        bench.pass(3249)
        #expect(bench.conditions == ["away", "ready 7"])
        bench.pass(1)
        #expect(bench.conditions == ["away", "ready 7", "fenced"])
        bench.perform([Sample.accept(1, "1"), Sample.finish(8, "8"), Sample.read(3, "1")])
        #expect(bench.replies == ["a1 refused"] && bench.work.names == ["read"])
        bench.answer(.null)
        bench.pass(500)
        let late: RedisReply = .array([.text("OK"), .text("2000"), .integer(0), .array([])])
        bench.on { _ in bench.pulse.answer(.reply(late)) }
        #expect(bench.conditions == ["away", "ready 7", "fenced"])
        bench.pass(250)
        bench.on { _ in bench.pulse.answer(.reply(late)) }
        #expect(bench.conditions == ["away", "ready 7", "fenced", "ready 7"])
        #expect(bench.work.names == ["finish"])
    }

    @Test("G14 after a lost lease it takes back what it owned, then asks again under its new name")
    func lost() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.inHand = [Sample.key("8")]
        bench.perform([Sample.finish(8, "8"), Sample.accept(1, "1")])
        bench.cut()
        bench.pulse.plays["renew"] = .array([.text("LOST")])
        bench.pulse.plays["register"] = .array([.text("9"), .text("g"), .text("3000")])
        bench.connect()
        #expect(bench.work.names == ["adopt"])
        #expect(bench.work.waiting[0].arguments[..<2] == ["b#9", "b#7"])
        #expect(bench.work.waiting[0].arguments[3] == "1")
        bench.pulse.plays["renew"] = .array([.text("OK"), .text("1"), .integer(0), .array([])])
        bench.answer(.array([.integer(1), item("8"), item("1"), item("5")]))
        #expect(bench.work.names == ["adopt"] && bench.replies == [])
        bench.answer(.array([.integer(0), item("6")]))
        #expect(bench.conditions == ["away", "ready 7", "away", "fenced", "ready 9"])
        #expect(bench.claimed == [Sample.key("5"), Sample.key("6")])
        #expect(bench.work.names == ["finish", "accept", "repair"])
        #expect(bench.work.waiting.map { $0.arguments[0] } == ["b#9", "b#9", "b#9"])
    }

    @Test("F19 a server that started anew is not written to before no number can come again")
    func restarted() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.finish(8, "8")])
        bench.cut()
        bench.pulse.plays["register"] = .array([.text("1008"), .text("g"), .text("3000")])
        bench.pulse.plays["floor"] = nil as RedisReply?
        bench.connect(run: "r2")
        #expect(bench.pulse.names == ["floor"] && bench.pulse.waiting[0].arguments == ["7"])
        #expect(bench.work.names == [])
        bench.on { _ in bench.pulse.answer(.reply(.text("1007"))) }
        #expect(bench.work.names == ["adopt"])
        bench.answer(.array([.integer(0)]))
        #expect(bench.work.names == ["finish"])
        #expect(bench.work.waiting[0].arguments[0] == "b#1008")
    }

    @Test("wiped data end everything, and the message says what to do", arguments: [false, true])
    func wiped(inTheMiddle: Bool) throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.finish(8, "8")])
        if inTheMiddle { bench.cut() }
        bench.pulse.plays["renew"] = .array([.text("WIPED")])
        bench.pass(250)
        if inTheMiddle { bench.connect() }
        #expect(bench.conditions.last == "refused wiped")
        let sent = bench.work.history.count
        bench.perform([Sample.finish(9, "9"), Sample.accept(1, "1"), Sample.read(3, "1")])
        bench.pass(5000)
        #expect(bench.work.history.count == sent)
        #expect(bench.replies == ["a1 refused", "3 failed"])
    }

    @Test("a password that is refused while it runs is said once, and mended when it is let in")
    func forbidden() throws {
        let bench = try StoreBench()
        bench.connect()
        let good = bench.pulse.plays["renew"]
        bench.pulse.plays["renew"] = .error("NOAUTH Authentication required.")
        bench.pass(250)
        bench.pass(250)
        #expect(bench.conditions == ["away", "ready 7", "refused forbidden"])
        bench.pulse.plays["renew"] = good
        bench.pass(250)
        #expect(bench.conditions == ["away", "ready 7", "refused forbidden", "ready 7"])
    }

    @Test("what a lost answer to a claim gave is found again and handed out")
    func recounts() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.work.plays["SSCAN"] = .some(nil)
        bench.inHand = [Sample.key("1")]
        bench.perform([.claim(10), Sample.finish(2, "2")])
        bench.cut()
        #expect(bench.replies == ["claimed 0"])
        bench.connect()
        #expect(bench.work.names == ["SSCAN", "finish"])
        let keys = ["1", "2", "3"].map { RedisReply.text("\(Sample.key($0))") }
        bench.answer(.array([.text("0"), .array(keys)]))
        bench.answer(.text("K"))
        #expect(bench.work.names == ["read"])
        bench.answer(item("3"))
        #expect(bench.claimed == [Sample.key("3")])
    }

    @Test("B89 a claimed record that nobody can read is ended as a dead letter")
    func corrupt() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([.claim(10)])
        let broken: RedisReply = .array([.text("\(Sample.key("4"))"), .flat(["st": "R"])])
        bench.answer(.array([item("3"), broken, .null]))
        #expect(bench.claimed == [Sample.key("3")])
        #expect(bench.work.names == ["finish"])
        let arguments = bench.work.waiting[0].arguments
        #expect(arguments[6] == "\(Sample.key("4"))" && arguments[7] == "F")
        #expect(arguments[12] == "corrupt" && arguments[14] == "1")
        bench.answer(.text("K"))
        #expect(bench.replies == ["claimed 1"])
    }

    @Test("F26 others are taken over in slices: who left at once, who died after two looks")
    func adopts() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.pulse.plays["dying"] = .array([.text("x#1"), .text("b#7")])
        bench.pass(1000)
        #expect(bench.work.names == ["adopt"])
        #expect(bench.work.waiting[0].arguments[..<2] == ["b#7", "x#1"])
        #expect(bench.work.waiting[0].arguments[2] == "4000000000000")
        bench.answer(.text("ALIVE"))
        for _ in 1...2 {
            bench.pass(1000)
            bench.answer(.text("ALIVE"))
        }
        for _ in 1...4 { bench.pass(250) }
        #expect(bench.work.waiting[0].arguments[2] == "3000")
        bench.answer(.array([.integer(1), item("1"), item("2")]))
        bench.answer(.array([.integer(0), item("3")]))
        #expect(bench.replies == ["claimed 2", "claimed 1"])
    }

    @Test("F11 what is said after an adoption is told after what was adopted")
    func adoptsFirst() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.pulse.plays["dying"] = .array([.text("x#1")])
        bench.pass(1000)
        bench.perform([Sample.accept(2, "1")])
        #expect(bench.work.names == ["adopt", "accept"])
        let adopted = item("1")
        bench.on { _ in
            bench.work.answer(.reply(.array([.integer(0), adopted])))
            bench.work.answer(.reply(.text("O")))
        }
        #expect(bench.replies == ["claimed 1", "a2"])
    }

    @Test("trimming goes on at once while there is much to trim")
    func trims() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.work.plays["trim"] = nil as RedisReply?
        bench.pass(1000)
        bench.answer(.integer(500))
        #expect(bench.work.names == ["trim"])
        bench.answer(.integer(499))
        #expect(bench.work.names == [])
    }

    @Test("news come when they differ, not with each renewal")
    func news() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.pulse.plays["renew"] = .array([
            .text("OK"), .text("5000"), .integer(3), .flat(["cost": "too dear"]),
        ])
        bench.pass(250)
        bench.pass(250)
        #expect(bench.news == [StoreNews(frozen: ["cost": "too dear"], ready: 3, time: 5000)])
    }

    @Test("leaving waits for what is under way, gives back what is owned, and then the name")
    func leaves() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.finish(1, "1")])
        bench.leave()
        bench.perform([Sample.accept(2, "2")])
        #expect(bench.work.names == ["finish"] && bench.replies == ["a2 refused"])
        bench.answer(.text("K"))
        #expect(bench.work.names == ["SRANDMEMBER"])
        bench.answer(.array([.text("\(Sample.key("5"))")]))
        #expect(bench.work.names == ["release"])
        bench.answer(.text("K"))
        bench.answer(.array([]))
        #expect(bench.work.names == ["leave"] && !bench.hasLeft)
        bench.answer(.text("OK"))
        #expect(bench.hasLeft && bench.work.isClosed && bench.pulse.isClosed)
    }

    @Test("leaving a store that does not answer takes no longer than an answer may")
    func leavesDead() throws {
        let bench = try StoreBench()
        bench.connect()
        bench.perform([Sample.finish(1, "1")])
        bench.leave()
        bench.pass(1999)
        #expect(!bench.hasLeft)
        bench.pass(1)
        #expect(bench.hasLeft)
        let other = try StoreBench()
        other.leave()
        #expect(other.hasLeft)
    }

    @Test("F29 what no replica confirmed: new is unknown, owned goes again until it is sure")
    func unconfirmed() throws {
        let bench = try StoreBench()
        bench.connect()
        let error = RedisReply.error("UNCONFIRMED no replica")
        bench.perform([Sample.accept(1, "1"), Sample.finish(8, "8"), Sample.cancel(2, "9")])
        for _ in 0..<3 { bench.answer(error) }
        #expect(bench.replies.count == 2 && bench.replies[0].hasPrefix("a1 unknown"))
        #expect(bench.replies[0].contains("send it again under the same id"))
        #expect(bench.replies[1] == "2 failed")
        #expect(bench.work.names.isEmpty, "it is held back for a moment")
        for pause in [100, 200, 400] {
            bench.pass(pause)
            #expect(bench.work.names == ["finish"])
            bench.answer(error)
        }
        bench.pass(800)
        bench.answer(.text("K"))
        #expect(bench.replies.dropFirst(2) == ["f8 kept"])
    }

    @Test("F31 a master that is moved, starting or without replicas refuses for now, no more")
    func troubles() {
        let errors = [
            "READONLY You can't write", "NOREPLICAS Not enough", "MASTERDOWN Link", "LOADING Redis",
        ]
        for error in errors { #expect(RedisTrouble(error) == .later) }
        #expect(RedisTrouble("UNCONFIRMED x") == .unconfirmed)
    }
}
