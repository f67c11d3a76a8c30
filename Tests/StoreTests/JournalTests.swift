import Testing
import Wire

@testable import Store

/// Journals of requests in memory, and the form they have on their way.
@Suite struct JournalTests {
    private typealias Journaling = StateCommand.Journaling

    private func journaling(
        _ id: String = "a", after: Int, _ entries: [String], bodies: [String: Int] = [:]
    ) -> Journaling {
        Journaling(
            key: Sample.key(id), after: after,
            entries: entries.map { Journaling.Entry(bytes: Array($0.utf8)) },
            bodies: bodies.map {
                Journaling.Body(digest: $0, bytes: [UInt8](repeating: 1, count: $1))
            })
    }

    private func keep(_ store: inout MemoryStore, _ item: Journaling) -> Keeping? {
        guard case .journaled(1, let keeping) = store.perform(.journal(1, item), at: 5) else {
            return nil
        }
        return keeping
    }

    @Test("entries are kept once, in order, while the request runs")
    func keeping() {
        var store = MemoryStore()
        #expect(keep(&store, journaling(after: 0, ["1"])) == .gone)
        _ = store.perform(Sample.accept(1, "a"), at: 0)
        #expect(keep(&store, journaling(after: 1, ["2"])) == .fenced)
        #expect(keep(&store, journaling(after: 0, ["1", "2"])) == .kept)
        #expect(keep(&store, journaling(after: 0, ["1", "2"])) == .kept)
        #expect(keep(&store, journaling(after: 1, ["2"])) == .kept)
        #expect(keep(&store, journaling(after: 1, ["2", "3"])) == .fenced)
        #expect(keep(&store, journaling(after: 2, ["3"])) == .kept)
        _ = store.perform(Sample.finish(1, "a"), at: 6)
        #expect(keep(&store, journaling(after: 2, ["3"])) == .kept)
        #expect(keep(&store, journaling(after: 3, ["4"])) == .fenced)
        guard
            case .journalPage(1, let page?) = store.perform(
                .readJournal(1, Sample.key("a"), from: 0), at: 7)
        else {
            Issue.record("it has no journal")
            return
        }
        #expect(page.entries == ["1", "2", "3"].map { Array($0.utf8) } && page.next == nil)
    }

    @Test("a page ends after 256 entries or 256 KiB, but has one entry at least")
    func pages() {
        var journal = MemoryJournal()
        journal.append(journaling(after: 0, (0..<600).map(String.init)))
        let count = JournalPage.mostEntries
        #expect(journal.page(from: 0).entries.count == count)
        #expect(journal.page(from: 0).next == count)
        #expect(journal.page(from: 590).entries.count == 10 && journal.page(from: 590).next == nil)
        #expect(journal.page(from: 600) == JournalPage() && journal.page(from: 999).next == nil)
        journal.append(journaling(after: 600, ["a", "b"], bodies: ["large": 1 << 20]))
        #expect(journal.page(from: 590).entries.count == 10 && journal.page(from: 590).next == 600)
        let large = journal.page(from: 600)
        #expect(large.entries == [[97]] && large.next == 601)
        #expect(large.bodies["large"]?.count == 1 << 20)
        #expect(journal.page(from: 601) == JournalPage(entries: [[98]]))
    }

    @Test("a body is kept once, and comes with the entry that it came first with")
    func bodies() {
        var journal = MemoryJournal()
        journal.append(journaling(after: 0, ["a"], bodies: ["x": 3]))
        journal.append(journaling(after: 1, ["b"], bodies: ["x": 3, "y": 4]))
        #expect(journal.size == 9)
        #expect(Set(journal.page(from: 0).bodies.keys) == ["x", "y"])
        #expect(Set(journal.page(from: 1).bodies.keys) == ["y"])
    }

    @Test("notes become events of the request")
    func notes() throws {
        var store = MemoryStore()
        _ = store.perform(Sample.accept(1, "a"), at: 0)
        var item = journaling(after: 0, ["1", "2"])
        item.entries[1].note = Journaling.Note(
            event: "done", step: 2, attempt: 1, agent: "cost", instance: "w.1", took: 9)
        #expect(keep(&store, item) == .kept)
        guard case .read(2, let request?) = store.perform(Sample.read(2, "a"), at: 6) else {
            Issue.record("there is no request")
            return
        }
        #expect(request.journalLength == 2)
        #expect(request.events.map(\.kind) == ["accepted", "dispatched", "done"])
        #expect(request.events.last?.step == 2 && request.events.last?.took == 9)
    }

    @Test("a workflow's text is set once, and kept for longer each time")
    func workflows() {
        var texts = MemoryWorkflows()
        let day: UInt64 = 86_400_000
        texts.keep("d", [1], at: 0)
        texts.keep("d", [2], at: 300 * day)
        #expect(texts.text("d", at: 600 * day) == [1])
        #expect(texts.text("d", at: 701 * day) == nil && texts.text("e", at: 0) == nil)
        texts.keep("d", [3], at: 702 * day)
        #expect(texts.text("d", at: 703 * day) == [3])
    }

    @Test("one tick's journals travel in one call, in which a long one has no others beside it")
    func batches() throws {
        var line = StateBatches(limit: 64, byteLimit: 20_000)
        for number in 1...3 {
            line.add(.journal(UInt64(number), journaling("\(number)", after: 0, ["e"])))
        }
        line.add(.journal(4, journaling("4", after: 0, [], bodies: ["x": 20_000])))
        line.add(Sample.finish(5, "1"))
        let batches = line.take(window: 9) { _ in true }
        #expect(batches.map(\.commands.count) == [3, 1, 1])
        let call = StateCall(
            batches[0], by: StateCall.Asker(me: "a#1", now: 7), StoreSettings())
        #expect(call.script.name == "journal" && call.arguments.count == 2 + 3 * 6)
    }

    @Test("the answer of a page is read; one that makes no sense is said to be so")
    func replies() throws {
        var line = StateBatches(limit: 64, byteLimit: 4000)
        line.add(.readJournal(1, Sample.key("a"), from: 5))
        let batch = try #require(line.take(window: 1) { _ in true }.first)
        let sound = RedisReply.array([
            .integer(8), .array([.text("e")]), .array([.text("d"), .text("b")]),
        ])
        guard case .journalPage(1, let page?) = StateAnswers(batch, sound).replies.first else {
            Issue.record("it was not read")
            return
        }
        #expect(page == JournalPage(entries: [[101]], bodies: ["d": [98]], next: 6))
        guard case .journalPage(1, nil) = StateAnswers(batch, .null).replies.first else {
            Issue.record("there is none")
            return
        }
        let odd: [RedisReply] = [
            .text("X"), .integer(1), .array([]), .array([.text("a"), .array([]), .array([])]),
            .array([.integer(8), .array([]), .array([])]),
            .array([.integer(6), .array([.integer(1)]), .array([])]),
            .array([.integer(6), .array([.text("e")]), .array([.text("d")])]),
        ]
        for reply in odd {
            guard case .unreadable(1, _) = StateAnswers(batch, reply).replies.first else {
                Issue.record("\(reply) was read")
                continue
            }
        }
    }
}
