import Testing

@testable import Store

/// Commands on their way out: what travels together, in which order, and what goes again.
@Suite struct StateBatchesTests {
    @Test(
        "commands gather by kind, and those of one request keep their order",
        arguments: [
            ("a1 a2 a3", "a1 a2 a3"),
            ("a1 f8 a2 f9", "a1 a2 | f8 f9"),
            ("a1 f1", "a1 | f1"),
            ("f1 a2 f2", "f1 | a2 | f2"),
            ("f1 a2 f3 f2 f4", "f1 f3 | a2 | f2 f4"),
            ("f1 v2 f2 v3 f3", "f1 | v2 v3 | f2 f3"),
            ("a1 c1 a2 a1", "a1 a2 | c1 | a1"),
            ("c1 c2", "c1 | c2"),
            ("r1 f1 r1", "r1 | f1 | r1"),
            ("f1 r1 f2 f1", "f1 f2 | r1 | f1"),
        ])
    func order(commands: String, batches: String) {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add(commands)
        #expect(line.taken() == batches)
        #expect(line.waiting.isEmpty)
    }

    @Test("a call has at most so many commands, and so many bytes unless one alone has more")
    func limits() {
        var line = StateBatches(limit: 3, byteLimit: 1 << 20)
        line.add("a1 a2 a3 a4 f9 a5 a6 a7")
        #expect(line.taken() == "a1 a2 a3 | a4 a5 a6 | f9 | a7")
        line = StateBatches(limit: 64, byteLimit: 1000)
        line.add(Sample.accept(1, "1", bytes: 5000))
        line.add(Sample.accept(2, "2", bytes: 500))
        line.add(Sample.accept(3, "3", bytes: 500))
        #expect(line.taken() == "a1 | a2 | a3")
    }

    @Test("what has left takes nothing more, and at most a window is under way")
    func window() throws {
        var line = StateBatches(limit: 2, byteLimit: 1 << 20)
        line.add("a1 a2 a3 a4 a5")
        #expect(line.taken(window: 2) == "a1 a2 | a3 a4")
        line.add("a6 a7")
        #expect(line.taken(window: 2) == "")
        let first = try #require(line.sent.first?.number)
        #expect(line.done(first)?.commands.count == 2)
        #expect(line.done(first) == nil)
        #expect(line.taken(window: 2) == "a5 a6")
    }

    @Test("a call that could still grow waits for one of its sort, and for no question")
    func eager() throws {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("r1 r2 f3")
        #expect(line.take(window: 64, eager: 1) { _ in true }.count == 3)
        line.add("r4 f5")
        #expect(line.take(window: 64, eager: 1) { _ in true }.map(\.kind) == [.question])
        let first = try #require(line.sent.first { $0.kind == .finish }?.number)
        _ = line.done(first)
        line.add("f6")
        #expect(line.take(window: 64, eager: 1) { _ in true }.map(\.commands.count) == [2])
    }

    @Test("questions for words travel together and pass what may not leave")
    func words() {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("a1 w1 w2 w3")
        let taken = line.take(window: 64) { $0.kind.isQuestion }
        #expect(taken.map(\.kind) == [.words] && taken.map(\.commands.count) == [3])
        #expect(line.waiting.map(\.kind) == [.accept])
    }

    @Test("of some requests, those are told of which something is pending, or must be kept")
    func pending() {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("a1 f2")
        _ = line.taken()
        line.add("r3 v4")
        let keys = Set(["2", "3", "4", "5"].map { Sample.key($0) })
        #expect(line.pending(among: keys) == Set(["2", "3", "4"].map { Sample.key($0) }))
        #expect(line.owned(among: keys) == Set(["2", "4"].map { Sample.key($0) }))
    }

    @Test("what goes again goes in its old place, before everything newer, and takes nothing more")
    func again() {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("a1 f2")
        #expect(line.taken() == "a1 | f2")
        line.add("f1 a3")
        for batch in line.sent.reversed() {
            guard let batch = line.done(batch.number) else { continue }
            line.again(batch, isUncertain: true)
        }
        line.add("a4 f5")
        #expect(line.waiting.map(\.isUncertain) == [true, true, false, false])
        #expect(line.taken() == "a1 | f2 | f1 f5 | a3 a4")
    }

    @Test("one that spoils the others goes alone, and in order")
    func apart() throws {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("a1 a2 a3")
        #expect(line.taken() == "a1 a2 a3")
        line.add("a4")
        let batch = try #require(line.sent.first.flatMap { line.done($0.number) })
        line.apart(batch)
        #expect(line.taken() == "a1 | a2 | a3 | a4")
    }

    @Test("nothing but a question overtakes a command of its request that is held back")
    func held() {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("f1 a2 c1 c3 r1 a1")
        #expect(line.taken { !$0.kind.isOwned } == "a2 | c3 | r1")
        #expect(line.taken() == "f1 | c1 | a1")
    }

    @Test("what never left can be taken back, what may have run cannot")
    func withdrawn() throws {
        var line = StateBatches(limit: 64, byteLimit: 1 << 20)
        line.add("a1")
        _ = line.taken()
        let batch = try #require(line.sent.first.flatMap { line.done($0.number) })
        line.again(batch, isUncertain: true)
        line.add("a2 f3 c4")
        #expect(line.withdraw { !$0.isOwned }.map(\.short) == ["a2", "c4"])
        #expect(line.keys == [Sample.key("1"), Sample.key("3")])
        #expect(line.taken() == "a1 | f3")
    }

    @Test("after a thousand ticks nothing is left behind")
    func clean() {
        var line = StateBatches(limit: 8, byteLimit: 1 << 20)
        for tick in 0..<1000 {
            line.add("a\(tick) f\(tick) r\(tick)")
            for batch in line.take(window: 100, where: { _ in true }) {
                #expect(line.done(batch.number) != nil)
            }
        }
        #expect(line.isEmpty && line.keys.isEmpty)
    }
}
