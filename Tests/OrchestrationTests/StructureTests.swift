import Bus
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import Orchestration

/// The tables under the conductor, each against the simplest thing that could be right.
@Suite struct StructureTests {
    @Test("the deadline wheel does what a plain dictionary of moments does")
    func wheel() {
        for seed in UInt64(0)..<50 {
            var random = SplitMix64(seed: seed)
            var wheel = DeadlineWheel()
            var model: [Int: Instant] = [:]
            var now = Instant(nanoseconds: Int64.random(in: 0...1 << 50, using: &random))
            for _ in 0..<400 {
                let slot = Int.random(in: 0..<60, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let delay = Int64.random(in: -100...200_000, using: &random)
                    let due = now + .milliseconds(delay >> Int64.random(in: 0...12, using: &random))
                    wheel.set(slot, due: due)
                    model[slot] = due
                case 5..<7:
                    wheel.remove(slot)
                    model[slot] = nil
                default:
                    let step = Int64.random(in: 0...100_000, using: &random)
                    now = now + .milliseconds(step >> Int64.random(in: 0...12, using: &random))
                    let due = model.filter { $0.value <= now }.map(\.key)
                    for slot in due { model[slot] = nil }
                    #expect(wheel.takeDue(by: now).sorted() == due.sorted())
                }
                #expect(wheel.count == model.count)
            }
        }
    }

    @Test("the wheel takes moments beyond all time, and clocks that jump")
    func wheelExtremes() {
        var wheel = DeadlineWheel()
        wheel.set(3, due: .distantFuture)
        wheel.set(1, due: Instant(nanoseconds: .min))
        #expect(wheel.takeDue(by: .zero) == [1])
        #expect(wheel.takeDue(by: Instant(nanoseconds: 1 << 60)) == [])
        #expect(wheel.takeDue(by: .zero) == [])
        #expect(wheel.takeDue(by: .distantFuture) == [3])
    }

    @Test("a deque does what an array does")
    func deque() {
        var random = SplitMix64(seed: 4)
        var deque = Deque<Int>()
        var model: [Int] = []
        for step in 0..<20_000 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                deque.append(step)
                model.append(step)
            case 2, 3: #expect(deque.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            default: #expect(deque.first == model.first)
            }
            #expect(deque.count == model.count && deque.isEmpty == model.isEmpty)
        }
    }

    @Test("lists of slots do what arrays do, many on the same links")
    func slotLists() {
        var random = SplitMix64(seed: 5)
        var links = SlotLinks()
        var lists = [SlotList](repeating: SlotList(), count: 3)
        var model = [[Int]](repeating: [], count: 3)
        for _ in 0..<5000 {
            let list = Int.random(in: 0..<3, using: &random)
            let slot = Int.random(in: 0..<40, using: &random)
            if let home = model.firstIndex(where: { $0.contains(slot) }) {
                lists[home].remove(slot, &links)
                model[home].removeAll { $0 == slot }
            } else if Bool.random(using: &random) {
                lists[list].append(slot, &links)
                model[list].append(slot)
            } else {
                lists[list].prepend(slot, &links)
                model[list].insert(slot, at: 0)
            }
            for list in 0..<3 {
                #expect(lists[list].members(links) == model[list])
                #expect(lists[list].count == model[list].count)
                #expect(lists[list].first == model[list].first)
            }
        }
    }

    @Test("a token names one use of a slot")
    func tokens() {
        var table = RequestTable()
        let key = RequestKey(scope: 1, id: "a")
        let slot = table.take(key)
        table[slot].state = .active
        let token = table.token(slot)
        #expect(table.slot(token: token) == slot && table.slot(key) == slot)
        table.release(slot)
        #expect(table.slot(token: token) == nil && table.slot(key) == nil)
        #expect(table.take(key) == slot)
        table[slot].state = .active
        #expect(table.slot(token: token) == nil)
        #expect(table.slot(key) == slot && table.count == 1)
        #expect(table.slot(token: .max) == nil)
    }

    @Test("instances take turns, and those without a place are passed over")
    func turns() {
        var registry = Registry()
        let agent = AgentDescription(name: "a")
        for index in 0..<4 {
            let peer = PeerID(index: UInt32(index), generation: 1)
            let worker = Registry.Worker(
                peer: peer, instance: "\(index)", version: "", capacity: index == 2 ? 0 : 1)
            _ = registry.add(worker, serving: [agent])
        }
        func choose(_ instance: String? = nil) -> Int? {
            registry.choose(0, instance: instance, at: .zero)
        }
        #expect((0..<6).map { _ in choose() } == [0, 1, 3, 0, 1, 3])
        registry.workers[1].pausedUntil = Instant(nanoseconds: 5)
        #expect(choose() == 0)
        #expect(choose() == 3)
        #expect(choose("3") == 3)
        #expect(choose("1") == nil)
        registry.remove(3)
        registry.remove(0)
        #expect(choose() == nil)
        #expect(registry.choose(0, instance: nil, at: Instant(nanoseconds: 5)) == 1)
        #expect(Array(registry.agentNames) == ["a"])
    }
}

/// The store that forgets with its process.
@Suite struct MemoryStoreTests {
    private let key = RequestKey(scope: 1, id: "a")

    private func accept(
        _ store: inout MemoryStore, _ id: String, _ text: String = "x", receiver: String = "cost",
        at now: Instant = .zero
    ) -> String {
        let command = StoreCommand.accept(
            1, RequestKey(scope: 1, id: id), receiver: receiver, ContentBytes(Array(text.utf8)))
        guard case .accepted(_, let verdict) = store.perform(command, at: now) else { return "" }
        switch verdict {
        case .accepted: return "accepted"
        case .finished(.result(let content, _, _)): return "result \(content.count)"
        case .finished(.failure(let error)): return "failure \(error.code)"
        case .refused(let fault): return "refused \(fault.code.rawValue)"
        }
    }

    private func finish(
        _ store: inout MemoryStore, _ id: String, _ size: Int, at now: Instant = .zero
    ) {
        let outcome = Outcome.result(
            ContentBytes([UInt8](repeating: 0, count: size)),
            sender: Outcome.Sender(agent: "a", instance: "1"), contentType: "")
        _ = store.perform(.finish(1, RequestKey(scope: 1, id: id), outcome), at: now)
    }

    @Test("a request is known until it is forgotten, and its first outcome stands")
    func repeats() {
        var store = MemoryStore()
        #expect(accept(&store, "a") == "accepted")
        #expect(accept(&store, "a") == "accepted")
        #expect(accept(&store, "a", "y") == "refused invalid")
        #expect(accept(&store, "a", receiver: "other") == "refused invalid")
        finish(&store, "a", 3)
        finish(&store, "a", 4)
        #expect(accept(&store, "a") == "result 3")
        #expect(accept(&store, "a", "y") == "refused invalid")
        finish(&store, "never", 1)
        #expect(store.count == 1)
    }

    @Test("finished requests are forgotten after the retention, open ones never")
    func retention() {
        var store = MemoryStore(limits: Limits(), retention: .seconds(10))
        _ = accept(&store, "open")
        _ = accept(&store, "a")
        finish(&store, "a", 3)
        let late = Instant.zero + .seconds(11)
        #expect(accept(&store, "a", "y", at: late) == "accepted")
        #expect(accept(&store, "open", "y", at: late) == "refused invalid")
    }

    @Test("what is remembered is bounded in number and in bytes")
    func bounds() {
        var limits = Limits()
        limits.finishedKept = 5
        limits.finishedBytes = 100_000
        var store = MemoryStore(limits: limits)
        for number in 0..<50 {
            _ = accept(&store, "r\(number)")
            finish(&store, "r\(number)", 10)
            #expect(store.count <= 6)
        }
        #expect(accept(&store, "r49") == "result 10")
        #expect(accept(&store, "r0", "y") == "accepted")
        for number in 100..<110 {
            _ = accept(&store, "r\(number)")
            finish(&store, "r\(number)", 40_000)
        }
        #expect(store.count <= 3)
    }
}
