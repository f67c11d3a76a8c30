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
}
