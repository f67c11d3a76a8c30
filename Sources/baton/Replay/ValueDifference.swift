import Document

/// Where two JSON values differ, and what stands there in each: nothing, if one has no such place.
///
/// Pure. The order of members counts for nothing, and 1 and 1.0 are the same number.
struct ValueDifference: Sendable, Hashable {
    let path: ValuePath
    let recorded: Value?
    let now: Value?

    /// All differences, at most so many, in the order of the recorded value and then of the other.
    static func all(
        _ recorded: Value, _ now: Value, ignoring: [ValuePath] = [], most: Int = 100
    ) -> [ValueDifference] {
        var search = Search(ignoring: ignoring, most: most)
        search.compare(recorded, now, ValuePath())
        return search.found
    }

    static func first(
        _ recorded: Value, _ now: Value, ignoring: [ValuePath] = []
    ) -> ValueDifference? {
        all(recorded, now, ignoring: ignoring, most: 1).first
    }

    private struct Search {
        let ignoring: [ValuePath]
        let most: Int
        var found: [ValueDifference] = []

        mutating func compare(_ recorded: Value?, _ now: Value?, _ path: ValuePath) {
            guard found.count < most, !ignoring.contains(where: { $0.covers(path) }) else { return }
            switch (recorded, now) {
            case (.object(let old), .object(let new)): compare(old, new, path)
            case (.array(let old), .array(let new)):
                for index in 0..<max(old.count, new.count) {
                    compare(recorded?[index], now?[index], path.element(index))
                }
            case (let old?, let new?) where Self.isSame(old, new): break
            case (nil, nil): break
            default: found.append(ValueDifference(path: path, recorded: recorded, now: now))
            }
        }

        private mutating func compare(_ old: ObjectValue, _ new: ObjectValue, _ path: ValuePath) {
            for (name, value) in old { compare(value, new[name], path.member(name)) }
            for (name, value) in new where old[name] == nil {
                compare(nil, value, path.member(name))
            }
        }

        private static func isSame(_ old: Value, _ new: Value) -> Bool {
            switch (old, new) {
            case (.number(let number), .integer(let integer)),
                (.integer(let integer), .number(let number)):
                Int64(exactly: number) == integer
            case (.number(let number), .unsigned(let unsigned)),
                (.unsigned(let unsigned), .number(let number)):
                UInt64(exactly: number) == unsigned
            case (.number(let first), .number(let second)): first == second
            default: old == new
            }
        }
    }
}

extension ValueDifference {
    var json: Value {
        var object: ObjectValue = ["path": .string(path.description)]
        object["recorded"] = recorded
        object["now"] = now
        return .object(object)
    }
}
