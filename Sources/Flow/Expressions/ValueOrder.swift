import Document

/// The order of all values: null, false, true, numbers, strings, arrays, objects. Numbers compare
/// exactly, integers with doubles too; NaN is less than any number; strings compare by their bytes.
enum ValueOrder {
    static func compare(_ left: Value, _ right: Value, _ fuel: Fuel) throws(Failure) -> Int {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.string(let a), .string(let b)):
            let shorter = min(a.utf8.count, b.utf8.count)
            if shorter > 64 { try fuel.charge(steps: shorter / 64) }
            return compare(a, b)
        case (.array(let a), .array(let b)):
            for index in 0..<min(a.count, b.count) {
                if index & 15 == 15 { try fuel.step() }
                let order = try compare(a[index], b[index], fuel)
                if order != 0 { return order }
            }
            return a.count < b.count ? -1 : a.count > b.count ? 1 : 0
        case (.object(let a), .object(let b)): return try compare(a, b, fuel)
        default:
            let (a, b) = (left.rank, right.rank)
            guard a == b else { return a < b ? -1 : 1 }
            return a == numberRank ? compareNumbers(left, right) : 0
        }
    }

    static func same(_ left: Value, _ right: Value, _ fuel: Fuel) throws(Failure) -> Bool {
        try compare(left, right, fuel) == 0
    }

    static func compare(_ left: String, _ right: String) -> Int {
        var (a, b) = (left.utf8.makeIterator(), right.utf8.makeIterator())
        while true {
            switch (a.next(), b.next()) {
            case (nil, nil): return 0
            case (nil, _): return -1
            case (_, nil): return 1
            case (let x?, let y?) where x != y: return x < y ? -1 : 1
            default: continue
            }
        }
    }

    /// The keys of an object, sorted by their bytes.
    static func keys(_ object: ObjectValue) -> [String] {
        object.keys.sorted { compare($0, $1) < 0 }
    }

    /// The positions of values in their order; equal ones stay as they were.
    static func sorted(_ values: [Value], _ fuel: Fuel) throws(Failure) -> [Int] {
        try fuel.charge(steps: values.count)
        do {
            return try values.indices.sorted {
                try fuel.step()
                let order = try compare(values[$0], values[$1], fuel)
                return order == 0 ? $0 < $1 : order < 0
            }
        } catch {
            throw error as? Failure ?? Failure("\(error)")
        }
    }

    /// First the sorted keys decide, then the values in the order of the keys.
    private static func compare(
        _ left: ObjectValue, _ right: ObjectValue, _ fuel: Fuel
    ) throws(Failure) -> Int {
        try fuel.charge(steps: (left.count + right.count) / 4 + 1)
        let (a, b) = (keys(left), keys(right))
        for index in 0..<min(a.count, b.count) {
            let order = compare(a[index], b[index])
            if order != 0 { return order }
        }
        if a.count != b.count { return a.count < b.count ? -1 : 1 }
        for key in a {
            let order = try compare(left[key] ?? .null, right[key] ?? .null, fuel)
            if order != 0 { return order }
        }
        return 0
    }

    private static func compareNumbers(_ left: Value, _ right: Value) -> Int {
        if let a = Numbers.whole(left), let b = Numbers.whole(right) {
            return a < b ? -1 : a > b ? 1 : 0
        }
        if let a = Numbers.whole(left), case .number(let b) = right { return compare(a, b) }
        if let b = Numbers.whole(right), case .number(let a) = left {
            return a.isNaN ? -1 : -compare(b, a)
        }
        guard let a = left.number, let b = right.number else { return 0 }
        return a.isNaN || a < b ? -1 : a == b ? 0 : 1
    }

    /// The whole part of a double is compared as an integer, then its fraction decides.
    private static func compare(_ integer: Int128, _ double: Double) -> Int {
        guard let whole = Int128(exactly: double.rounded(.down)) else {
            return double.isNaN || double < 0 ? 1 : -1
        }
        if integer != whole { return integer < whole ? -1 : 1 }
        return double > double.rounded(.down) ? -1 : 0
    }

    private static let numberRank = 3
}

extension Value {
    fileprivate var rank: Int {
        switch self {
        case .null: 0
        case .bool(let bool): bool ? 2 : 1
        case .integer, .unsigned, .number: 3
        case .string: 4
        case .array: 5
        case .object: 6
        }
    }

    enum Kind: String {
        case null, boolean, number, string, array, object
    }

    /// What `type` says.
    var kind: Kind {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .integer, .unsigned, .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Everything is true but null and false.
    @inline(__always)
    var isTrue: Bool {
        switch self {
        case .null, .bool(false): false
        default: true
        }
    }

    @inline(__always)
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}
