import Wire

/// A request of one step as Redis holds it in one string, which `accept.lua` describes: how it
/// begins, and how it ends.
struct LeanRecord {
    /// The record of a request that has not ended.
    let bytes: [UInt8]

    private enum Place {
        static let ended = 36
        static let priority = 48
        static let lengths = 49
        static let instance = 53
        static let texts = 55
    }

    private static let longestOutput = 4096

    /// The record of a request that this instance accepts; nothing where it does not fit.
    init?(_ item: StateCommand.Acceptance, of me: String, at now: UInt64) {
        let texts = [me, item.tenant, item.id, item.agent]
        guard !item.waits, now < 1 << 47, item.deadline < 1 << 47,
            texts.allSatisfy({ $0.utf8.count < 256 })
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(texts.reduce(Place.texts) { $0 + $1.utf8.count })
        bytes.append(UInt8(ascii: "1"))
        bytes.append(UInt8(ascii: "R"))
        item.body.forEachLetter { bytes.append($0) }
        bytes.append(now, bytes: 6)
        bytes.append(item.deadline, bytes: 6)
        for _ in Place.ended..<Place.priority { bytes.append(0) }
        bytes.append(UInt8(min(9, max(0, item.priority))))
        for text in texts { bytes.append(UInt8(truncatingIfNeeded: text.utf8.count)) }
        bytes.append(0)
        bytes.append(0)
        for text in texts { bytes.append(contentsOf: text.utf8) }
        self.bytes = bytes
    }

    var tenant: ArraySlice<UInt8> { text(1) }
    private var agent: ArraySlice<UInt8> { text(3) }

    private func text(_ number: Int) -> ArraySlice<UInt8> {
        var start = Place.texts
        for place in 0..<number { start += Int(bytes[Place.lengths + place]) }
        return bytes[start..<start + Int(bytes[Place.lengths + number])]
    }

    /// Whether it stays one string when it ends so.
    func fits(_ ending: StateCommand.Ending) -> Bool {
        ending.state.isTerminal && !ending.isDead && ending.step == 1 && ending.size >= 0
            && ending.took < 1 << 32 && (0..<1 << 16).contains(ending.attempt)
            && ending.output.count <= Self.longestOutput && ending.instance.utf8.count < 256
            && ending.code.utf8.count < 256 && !ending.agent.isEmpty
            && ending.agent.utf8.elementsEqual(agent)
    }

    /// How the record begins once it has ended; instance, code and output follow.
    func beginning(_ ending: StateCommand.Ending, at now: UInt64) -> [UInt8] {
        var start: [UInt8] = []
        start.reserveCapacity(bytes.count)
        start.append(UInt8(ascii: "1"))
        start.append(contentsOf: ending.state.rawValue.utf8)
        start.append(contentsOf: bytes[2..<Place.ended])
        start.append(now, bytes: 6)
        start.append(ending.took, bytes: 4)
        start.append(UInt64(ending.attempt), bytes: 2)
        start.append(contentsOf: bytes[Place.priority..<Place.instance])
        start.append(UInt8(truncatingIfNeeded: ending.instance.utf8.count))
        start.append(UInt8(truncatingIfNeeded: ending.code.utf8.count))
        start.append(contentsOf: bytes[Place.texts...])
        return start
    }
}

extension [UInt8] {
    /// Adds the lowest bytes of a number, the high one first.
    fileprivate mutating func append(_ number: UInt64, bytes count: Int) {
        for place in (0..<count).reversed() {
            append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
        }
    }
}
