import TestKit
import Testing

@testable import Orchestration

/// Places that open and close, against an array of truths.
@Suite struct OpenSetTests {
    @Test("it does what an array of truths does")
    func model() {
        for seed in UInt64(0)..<40 {
            var random = SplitMix64(seed: seed)
            var set = OpenSet()
            var model: [Bool] = []
            for _ in 0..<600 {
                let place = model.isEmpty ? 0 : Int.random(in: 0..<model.count, using: &random)
                switch Int.random(in: 0..<7, using: &random) {
                case 0...2:
                    let isOpen = Bool.random(using: &random)
                    set.append(isOpen)
                    model.append(isOpen)
                case 3 where !model.isEmpty:
                    set.removeBySwap(place)
                    model.swapAt(place, model.count - 1)
                    model.removeLast()
                case 4...5 where !model.isEmpty:
                    set[place].toggle()
                    model[place].toggle()
                default: break
                }
                let isSame = agrees(set, model, from: place)
                #expect(isSame)
            }
        }
    }

    private func agrees(_ set: OpenSet, _ model: [Bool], from start: Int) -> Bool {
        let open = model.indices.filter { model[$0] }
        let next = open.first { $0 >= start } ?? open.first
        return set.size == model.count && set.count == open.count && set.next(from: start) == next
            && open.indices.allSatisfy { set.place(ranked: $0) == open[$0] }
            && set.place(ranked: open.count) == nil && set.place(ranked: -1) == nil
            && set.next(from: model.count) == open.first
    }

    @Test("nothing is found where nothing is")
    func empty() {
        let set = OpenSet()
        #expect(set.next(from: 0) == nil && set.place(ranked: 0) == nil)
    }
}
