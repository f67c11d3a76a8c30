import TestKit

/// Goes at random over all scripts, each call made twice, and holds what they answer and what is
/// there against the model.
struct ScriptWalk {
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    let bench: ScriptBench
    var model = ScriptModel()
    var random: SplitMix64
    var now = ScriptBench.start
    /// Those that live, those that others take over, and all there ever were.
    var living: [String] = []
    var dying: [String] = []
    var all: [String] = []
    /// The events that were seen, by key and time of the request: they must never change.
    var seen: [String: [ScriptBench.Answer]] = [:]
    static let universe = 14

    init(_ bench: ScriptBench, seed: UInt64) throws {
        self.bench = bench
        random = SplitMix64(seed: seed)
        for name in ["a", "b"] { try register(name) }
    }

    /// Walks; throws where something is not as it should be.
    mutating func run(_ steps: Int) throws {
        for step in 0..<steps {
            now += 10
            try turn()
            if step % 4 == 3 { try checkAll() }
        }
        try checkAll()
        try end()
    }

    mutating func register(_ name: String) throws {
        let answer = try bench.call("register", name, "1000000", "generation")
        let me = "\(name)#\(answer.list?[0].text ?? "")"
        living.append(me)
        all.append(me)
    }

    func expect(_ actual: String, _ wanted: String, _ what: String) throws {
        guard actual == wanted else {
            throw Mismatch(description: "\(what): \(actual), and not \(wanted)")
        }
    }

    // MARK: - Choices

    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }
    mutating func isOne(of count: Int) -> Bool { number(1...count) == 1 }
    mutating func someone() -> String {
        (isOne(of: 8) ? all : living).randomElement(using: &random) ?? ""
    }
    mutating func key() -> String { ScriptBench.key(number(1...Self.universe)) }
    /// Most often one that the model says it makes sense for.
    mutating func key(_ fits: (ScriptModel.Request) -> Bool) -> String {
        let keys = model.requests.filter { fits($0.value) }.map(\.key).sorted()
        return isOne(of: 5) ? key() : keys.randomElement(using: &random) ?? key()
    }
    /// A running request and most often its owner.
    mutating func running() -> (key: String, me: String) {
        let key = key { $0.state == "R" }
        let owner = model.requests[key]?.owner ?? ""
        return (key, isOne(of: 3) || owner.isEmpty ? someone() : owner)
    }
    mutating func step(_ key: String) -> Int {
        let kept = model.requests[key]?.kept ?? 0
        return isOne(of: 5) ? number(1...kept + 2) : kept + 1
    }

    private mutating func turn() throws {
        switch number(0...21) {
        case 0...3: try accept()
        case 4...7: try finish()
        case 8, 9: try advance()
        case 10: try start()
        case 11: try park()
        case 12: try release()
        case 13: try resolve()
        case 14: try cancel()
        case 15: try (isOne(of: 2) ? revive() : discard())
        case 16, 17: try claim()
        case 18: try adopt()
        case 19, 20: try journal()
        default: try (isOne(of: 2) ? effect() : repair())
        }
    }
}
