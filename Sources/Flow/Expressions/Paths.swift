import Document

/// Reading, writing and deleting what stands at a key, an index or a slice.
enum Paths {
    static let longest = 100

    /// What `.[key]` gives.
    static func get(_ value: Value, _ key: Value, _ fuel: Fuel) throws(Failure) -> Value {
        switch (value, key) {
        case (.object(let object), .string(let name)): return object[name] ?? .null
        case (.array(let array), .integer(let index)):
            let position = index < 0 ? index &+ Int64(array.count) : index
            return position >= 0 && position < array.count ? array[Int(position)] : .null
        case (.array(let array), .number), (.array(let array), .unsigned):
            guard let index = Numbers.position(key) else { return .null }
            return array[safe: index < 0 ? index + array.count : index] ?? .null
        case (.array, .object(let bounds)), (.null, .object(let bounds)):
            let (from, to) = try self.bounds(bounds)
            return try slice(value, from, to, fuel)
        case (.array(let array), .array(let part)):
            return try indices(of: part, in: array, fuel)
        case (.null, .string), (.null, .integer), (.null, .number), (.null, .unsigned),
            (.null, .null):
            return .null
        default: throw refusal(value, key)
        }
    }

    static func refusal(_ value: Value, _ key: Value) -> Failure {
        if case .string(let name) = key {
            return Failure("Cannot index \(value.kind.rawValue) with \"\(name)\"")
        }
        return Failure("Cannot index \(value.kind.rawValue) with \(key.kind.rawValue)")
    }

    /// What `.[from:to]` gives.
    static func slice(
        _ value: Value, _ from: Value, _ to: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        switch value {
        case .null: return .null
        case .array(let array):
            let range = try range(from, to, count: array.count)
            try fuel.charge(range.count * Fuel.element)
            return .array(Array(array[range]))
        case .string(let text):
            try fuel.charge(text.utf8.count)
            let range = try range(from, to, count: text.unicodeScalars.count)
            return .string(Texts.slice(text, range))
        default: throw Failure("Cannot index \(value.kind.rawValue) with object")
        }
    }

    /// The positions between two bounds: from rounded down, to rounded up, both clamped.
    static func range(_ from: Value, _ to: Value, count: Int) throws(Failure) -> Range<Int> {
        let start = try bound(from, 0, .down)
        let end = try bound(to, Double(count), .up)
        let clamp = { (bound: Double) -> Int in
            Int(max(0, min(Double(count), bound < 0 ? bound + Double(count) : bound)))
        }
        let first = clamp(start)
        return first..<max(first, clamp(end))
    }

    private static func bound(
        _ value: Value, _ missing: Double, _ rounding: FloatingPointRoundingRule
    ) throws(Failure) -> Double {
        if case .null = value { return missing }
        guard let number = value.number else {
            throw Failure("Start and end indices of an array slice must be numbers")
        }
        return number.isNaN ? 0 : number.rounded(rounding)
    }

    static func bounds(_ object: ObjectValue) throws(Failure) -> (Value, Value) {
        guard let from = object["start"], let to = object["end"] else {
            throw Failure("Start and end indices of an array slice must be numbers")
        }
        return (from, to)
    }

    static func boundsValue(_ from: Value, _ to: Value) -> Value {
        .object(["start": from, "end": to])
    }

    /// Where one array occurs in another.
    static func indices(
        of part: [Value], in array: [Value], _ fuel: Fuel
    ) throws(Failure) -> Value {
        guard !part.isEmpty, array.count >= part.count else { return .array([]) }
        var found: [Value] = []
        for start in 0...(array.count - part.count) {
            var length = 0
            while length < part.count,
                try ValueOrder.same(array[start + length], part[length], fuel)
            {
                try fuel.step()
                length += 1
            }
            try fuel.step()
            if length == part.count { found.append(Value(start)) }
        }
        return .array(found)
    }

    static func get(_ value: Value, path: [Value], _ fuel: Fuel) throws(Failure) -> Value {
        var value = value
        for key in path {
            if value.isNull { return .null }
            value = try get(value, key, fuel)
        }
        return value
    }

    /// The array that a path is.
    static func path(_ value: Value) throws(Failure) -> [Value] {
        guard case .array(let path) = value else {
            throw Failure("Path must be specified as an array")
        }
        guard path.count <= longest else {
            throw .limit("a path has more than \(longest) steps")
        }
        return path
    }
}
