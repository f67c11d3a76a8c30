import Document

/// Functions of whole arrays and objects.
enum Collections {
    static func elements(_ value: Value) throws(Failure) -> [Value] {
        switch value {
        case .array(let array): return array
        case .object(let object): return object.map(\.value)
        default: throw Failure("Cannot iterate over \(Described.typed(value))")
        }
    }

    static func sum(_ value: Value, _ fuel: Fuel) throws(Failure) -> Value {
        var sum = Value.null
        for element in try elements(value) {
            try fuel.step()
            try Arithmetic.add(element, to: &sum, fuel)
        }
        return sum
    }

    /// Elements sorted, grouped or chosen by keys of theirs.
    static func arranged(
        _ array: [Value], by keys: [Value], _ form: Form, _ fuel: Fuel
    ) throws(Failure) -> Value {
        switch form {
        case .minBy, .maxBy:
            return try extreme(array, by: keys, greatest: form == .maxBy, fuel)
        case .sortBy:
            try fuel.charge(array.count * Fuel.element)
            return .array(try ValueOrder.sorted(keys, fuel).map { array[$0] })
        default:
            let groups = try grouped(array, by: keys, fuel)
            return .array(form == .groupBy ? groups.map { .array($0) } : groups.map { $0[0] })
        }
    }

    static func grouped(
        _ array: [Value], by keys: [Value], _ fuel: Fuel
    ) throws(Failure) -> [[Value]] {
        try fuel.charge(array.count * Fuel.element)
        var groups: [[Value]] = []
        var last: Value?
        for position in try ValueOrder.sorted(keys, fuel) {
            if let last, try ValueOrder.same(last, keys[position], fuel) {
                groups[groups.count - 1].append(array[position])
            } else {
                groups.append([array[position]])
            }
            last = keys[position]
        }
        return groups
    }

    /// The first of the least, or the last of the greatest.
    static func extreme(
        _ array: [Value], by keys: [Value], greatest: Bool, _ fuel: Fuel
    ) throws(Failure) -> Value {
        guard var best = array.indices.first else { return .null }
        for position in array.indices.dropFirst() {
            try fuel.step()
            let order = try ValueOrder.compare(keys[position], keys[best], fuel)
            if greatest ? order >= 0 : order < 0 { best = position }
        }
        return array[best]
    }

    static func flattened(_ value: Value, _ depth: Double, _ fuel: Fuel) throws(Failure) -> Value {
        var flat: [Value] = []
        try flatten(try elements(value), depth, into: &flat, fuel)
        return .array(flat)
    }

    private static func flatten(
        _ array: [Value], _ depth: Double, into flat: inout [Value], _ fuel: Fuel
    ) throws(Failure) {
        try fuel.charge(array.count * Fuel.element)
        for element in array {
            if depth != 0, case .array(let inner) = element {
                try flatten(inner, depth - 1, into: &flat, fuel)
            } else {
                flat.append(element)
            }
        }
    }

    static func entries(_ value: Value, _ fuel: Fuel) throws(Failure) -> Value {
        switch value {
        case .object(let object):
            try fuel.charge(object.count * 3 * Fuel.member)
            return .array(
                object.map { .object(["key": .string($0.key), "value": $0.value]) })
        case .array(let array):
            try fuel.charge(array.count * 3 * Fuel.member)
            return .array(
                array.enumerated().map { .object(["key": Value($0.offset), "value": $0.element]) })
        default: throw Failure("\(Described.typed(value)) has no keys")
        }
    }

    static func fromEntries(_ value: Value, _ fuel: Fuel) throws(Failure) -> Value {
        var object = ObjectValue()
        for entry in try elements(value) {
            try fuel.charge(Fuel.member)
            object[try key(entry)] = try member(["value", "Value", "v", "V"], entry)
        }
        return .object(object)
    }

    private static func key(_ entry: Value) throws(Failure) -> String {
        let names = ["key", "k", "name", "Name", "Key", "K"]
        var found = Value.null
        for name in names where !found.isTrue || found.isNull {
            let member = try Paths.get(entry, .string(name), Fuel(Expression.Budget()))
            if !member.isNull { found = member }
            if case .bool(false) = found { break }
        }
        switch found {
        case .string(let name): return name
        case .null: return "null"
        case .bool, .integer, .unsigned, .number: return ExpressionText.scalar(found)
        default: throw Failure("Cannot use \(Described.typed(found)) as object key")
        }
    }

    private static func member(_ names: [String], _ entry: Value) throws(Failure) -> Value {
        guard case .object(let object) = entry else { return .null }
        for name in names { if let value = object[name], !value.isNull { return value } }
        return .null
    }

    static func transposed(_ value: Value, _ fuel: Fuel) throws(Failure) -> Value {
        guard case .array(let rows) = value else {
            throw Failure("Cannot iterate over \(Described.typed(value))")
        }
        var width = 0
        for row in rows {
            switch row {
            case .array(let row): width = max(width, row.count)
            case .null: break
            default: throw Failure("Cannot index \(row.kind.rawValue) with number")
            }
        }
        try fuel.charge(Double(width) * Double(rows.count) * Double(Fuel.element))
        return .array(
            (0..<width).map { column in .array(rows.map { $0[column] ?? .null }) })
    }

    static func contains(
        _ value: Value, _ part: Value, _ fuel: Fuel
    ) throws(Failure) -> Bool {
        try fuel.step()
        switch (value, part) {
        case (.object(let object), .object(let parts)):
            for (key, inner) in parts {
                guard let own = object[key], own.kind == inner.kind,
                    try contains(own, inner, fuel)
                else { return false }
            }
            return true
        case (.array(let array), .array(let parts)):
            for inner in parts {
                var isFound = false
                for own in array where !isFound {
                    if own.kind == inner.kind { isFound = try contains(own, inner, fuel) }
                }
                if !isFound { return false }
            }
            return true
        case (.string(let text), .string(let inner)):
            return try Texts.contains(text, inner, fuel)
        default:
            guard value.kind == part.kind else {
                throw Failure(
                    "\(Described.typed(value)) and \(Described.typed(part)) "
                        + "cannot have their containment checked")
            }
            return try ValueOrder.same(value, part, fuel)
        }
    }

    /// The sum with a separator between; null counts as an empty text.
    static func joined(
        _ value: Value, _ separator: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        let elements = try elements(value)
        if elements.isEmpty { return "" }
        var sum = Value.string("")
        for (index, element) in elements.enumerated() {
            if index > 0 { try Arithmetic.add(separator, to: &sum, fuel) }
            switch element {
            case .null: break
            case .bool, .integer, .unsigned, .number:
                try Arithmetic.add(.string(ExpressionText.scalar(element)), to: &sum, fuel)
            default: try Arithmetic.add(element, to: &sum, fuel)
            }
        }
        return sum
    }
}
