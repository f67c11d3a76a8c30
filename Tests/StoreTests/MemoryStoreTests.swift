import Store
import Testing
import Wire

/// The store that forgets with its process.
@Suite struct MemoryStoreTests {
    private func key(_ id: String) -> RecordKey { RecordKey(tenant: "t", id: id) }

    private func accept(
        _ store: inout MemoryStore, _ id: String, _ text: String = "x", waits: Bool = false,
        priority: Int = 0, at now: UInt64 = 0
    ) -> AcceptVerdict? {
        let acceptance = StateCommand.Acceptance(
            key: key(id), id: id, tenant: "t", agent: "cost", body: Digest(text), accepted: now,
            deadline: now + 1000, priority: priority, waits: waits,
            input: StoredMessage(envelope: [], content: ContentBytes(Array(text.utf8))))
        guard case .accepted(1, let verdict) = store.perform(.accept(1, acceptance), at: now)
        else { return nil }
        return verdict
    }

    @discardableResult
    private func finish(
        _ store: inout MemoryStore, _ id: String, _ size: Int, isDead: Bool = false,
        instance: String = "1", at now: UInt64 = 0
    ) -> Keeping? {
        let ending = StateCommand.Ending(
            key: key(id), state: isDead ? .failed : .succeeded, step: 1, attempt: 1, agent: "cost",
            instance: instance, code: isDead ? "lost" : "", took: 5, isDead: isDead, size: size,
            output: StoredMessage(
                envelope: [], content: ContentBytes([UInt8](repeating: 0, count: size))))
        guard case .finished(1, let keeping) = store.perform(.finish(1, ending), at: now) else {
            return nil
        }
        return keeping
    }

    private func read(
        _ store: inout MemoryStore, _ id: String, from: UInt64 = 1
    ) -> StoredRequest? {
        guard case .read(1, let request) = store.perform(.read(1, key(id), from: from), at: 0)
        else { return nil }
        return request
    }

    private func decide(_ store: inout MemoryStore, _ command: StateCommand) -> Decided? {
        guard case .decided(1, let decided) = store.perform(command, at: 0) else { return nil }
        return decided
    }

    @Test("a request is known until it is forgotten, and its first outcome stands")
    func repeats() {
        var store = MemoryStore()
        #expect(accept(&store, "a") == .accepted)
        #expect(accept(&store, "a") == .accepted)
        #expect(accept(&store, "a", "y") == .conflict)
        #expect(finish(&store, "a", 3) == .kept)
        #expect(finish(&store, "a", 3) == .kept)
        #expect(finish(&store, "a", 4, instance: "2") == .fenced)
        #expect(accept(&store, "a") == .ended)
        #expect(accept(&store, "a", "y") == .conflict)
        #expect(finish(&store, "never", 1) == .gone)
        #expect(read(&store, "a")?.output?.content.count == 3)
        #expect(store.count == 1)
    }

    @Test("finished requests are forgotten after the retention, open ones never")
    func retention() {
        var settings = StoreSettings()
        settings.retention = .seconds(10)
        var store = MemoryStore(settings)
        _ = accept(&store, "open")
        _ = accept(&store, "a")
        finish(&store, "a", 3)
        #expect(accept(&store, "a", "y", at: 11_000) == .accepted)
        #expect(accept(&store, "open", "y", at: 11_000) == .conflict)
    }

    @Test("what is remembered is bounded in number and in bytes")
    func bounds() {
        var settings = StoreSettings()
        settings.finishedKept = 5
        settings.finishedBytes = 100_000
        var store = MemoryStore(settings)
        for number in 0..<50 {
            _ = accept(&store, "r\(number)")
            finish(&store, "r\(number)", 10)
            #expect(store.count <= 6)
        }
        #expect(accept(&store, "r49") == .ended)
        #expect(accept(&store, "r0", "y") == .accepted)
        for number in 100..<110 {
            _ = accept(&store, "r\(number)")
            finish(&store, "r\(number)", 40_000)
        }
        #expect(store.count <= 3)
    }

    @Test("the events of a request have the numbers 1, 2, 3 and so on, and can be had from any")
    func events() {
        var store = MemoryStore()
        _ = accept(&store, "a")
        finish(&store, "a", 3)
        let events = read(&store, "a")?.events ?? []
        #expect(events.map(\.kind) == ["accepted", "dispatched", "done", "succeeded"])
        #expect(events.map(\.number) == [1, 2, 3, 4])
        #expect(read(&store, "a", from: 3)?.events.map(\.number) == [3, 4])
    }

    @Test("who waits for an owner is handed out by priority, then in order of arrival")
    func line() {
        var settings = StoreSettings()
        settings.ready = 3
        var store = MemoryStore(settings)
        #expect(accept(&store, "a", waits: true) == .waits)
        #expect(accept(&store, "b", waits: true, priority: 5) == .waits)
        #expect(accept(&store, "c", waits: true) == .waits)
        #expect(accept(&store, "d", waits: true) == .readyBusy)
        guard case .claimed(let taken) = store.perform(.claim(2), at: 0) else { return }
        #expect(taken.map(\.id) == ["b", "a"])
        #expect(taken.allSatisfy { $0.state == .running })
    }

    @Test("a dead letter is kept, can be tried again, or let go")
    func deadLetters() {
        var store = MemoryStore()
        _ = accept(&store, "a")
        finish(&store, "a", 3, isDead: true)
        #expect(decide(&store, .revive(1, key("b"), by: "me")) == .unknown)
        #expect(decide(&store, .revive(1, key("a"), by: "me")) == .done)
        #expect(read(&store, "a")?.state == .ready)
        #expect(decide(&store, .revive(1, key("a"), by: "me")) == .state(.ready))
        _ = store.perform(.claim(1), at: 0)
        finish(&store, "a", 3, isDead: true)
        #expect(decide(&store, .discard(1, key("a"))) == .done)
        #expect(decide(&store, .discard(1, key("a"))) == .state(.failed))
    }

    @Test("what is parked rests until a person decides")
    func parked() {
        var store = MemoryStore()
        _ = accept(&store, "a")
        let parking = StateCommand.Parking(
            key: key("a"), step: 1, attempt: 1, agent: "cost", instance: "1", reason: "lost")
        guard case .parked(1, .kept) = store.perform(.park(1, parking), at: 0) else {
            Issue.record("it was not parked")
            return
        }
        #expect(finish(&store, "a", 1) == .fenced)
        #expect(accept(&store, "a") == .known(.uncertain))
        let done = StateCommand.Resolution(verdict: .done, output: nil, code: "")
        #expect(decide(&store, .resolve(1, key("a"), done, by: "me")) == .done)
        #expect(read(&store, "a")?.state == .succeeded)
    }

    @Test("an effect is had once: what came of it is handed out, what is not known is said")
    func effects() {
        var store = MemoryStore()
        _ = accept(&store, "a")
        func begin(_ call: String, isUnsafe: Bool) -> String {
            let effect = StateCommand.Effect(
                key: key("a"), step: 1, call: call, isUnsafe: isUnsafe)
            guard case .effect(1, let verdict) = store.perform(.beginEffect(1, effect), at: 0)
            else { return "" }
            switch verdict {
            case .go: return "go"
            case .skip: return "skip"
            case .unknown: return "unknown"
            case .stale: return "stale"
            }
        }
        #expect(begin("pay", isUnsafe: true) == "go")
        #expect(begin("pay", isUnsafe: true) == "unknown")
        #expect(begin("mail", isUnsafe: false) == "go")
        #expect(begin("mail", isUnsafe: false) == "go")
        let effect = StateCommand.Effect(key: key("a"), step: 1, call: "mail", isUnsafe: false)
        _ = store.perform(.endEffect(1, effect, result: ContentBytes([1])), at: 0)
        #expect(begin("mail", isUnsafe: false) == "skip")
        finish(&store, "a", 1)
        #expect(begin("mail", isUnsafe: false) == "stale")
    }
}
