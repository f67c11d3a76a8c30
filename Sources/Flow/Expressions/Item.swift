import Document

/// A value under way through an evaluation, with a bound on how deep it is nested. Values are freed
/// and compared by recursion, so none may grow deeper than a stack is long.
struct Item {
    var value: Value
    /// At least the true depth; a scalar has none.
    var depth: Int32

    /// A value that has no members.
    @inline(__always)
    init(flat value: Value) {
        self.value = value
        depth = 0
    }

    @inline(__always)
    init(_ value: Value, depth: Int32) {
        self.value = value
        self.depth = value.isContainer ? depth : 0
    }

    /// What a caller hands in comes from documents, and they are no deeper than this.
    static let deepestInput: Int32 = 128
    /// No value within an evaluation is deeper.
    static let deepest: Int32 = 200

    /// The true depth of a value. Values may share their parts, so that a small one is endless to
    /// walk: each part costs a step, and each 64 bytes of text.
    static func measure(_ value: Value, _ fuel: Fuel) throws(Failure) -> Int32 {
        try fuel.step()
        var deepest: Int32 = 0
        switch value {
        case .array(let array):
            for element in array { deepest = max(deepest, try measure(element, fuel)) }
        case .object(let object):
            for (_, value) in object { deepest = max(deepest, try measure(value, fuel)) }
        case .string(let text):
            try fuel.charge(steps: text.utf8.count / 64)
            return 0
        default: return 0
        }
        return deepest + 1
    }
}

/// Where a value stands in what a path expression is about.
enum Trail {
    /// Nobody asks for paths.
    case none
    case at([Value])
    /// The value was made, and stands nowhere.
    case lost

    @inline(__always)
    var isAsked: Bool { if case .none = self { false } else { true } }

    /// The trail of a value that an operation made.
    @inline(__always)
    var made: Trail { isAsked ? .lost : .none }

    @inline(__always)
    func appending(_ key: @autoclosure () -> Value) -> Trail {
        if case .at(let path) = self { .at(path + [key()]) } else { self }
    }
}

/// What names stand for while an expression is evaluated: a chain that mirrors the scopes of the
/// text, so that a name is a number of steps.
final class Environment {
    enum Entry {
        case value(Item)
        case closure(Code, Environment?)
    }

    let entry: Entry
    let parent: Environment?
    /// How long the chain below is, closures included: it is freed by recursion.
    let length: Int

    init(_ entry: Entry, _ parent: Environment?) {
        self.entry = entry
        self.parent = parent
        var length = parent?.length ?? 0
        if case .closure(_, let captured) = entry { length = max(length, captured?.length ?? 0) }
        self.length = length + 1
    }

    static let longest = 1000
}
