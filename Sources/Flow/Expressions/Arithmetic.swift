import Document

/// What the operators do with values of each type.
enum Arithmetic {
    static func apply(
        _ operation: Operator, _ left: Value, _ right: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        switch operation {
        case .add:
            var sum = left
            try add(right, to: &sum, fuel)
            return sum
        case .subtract: return try subtract(left, right, fuel)
        case .multiply: return try multiply(left, right, fuel)
        case .divide: return try divide(left, right, fuel)
        case .modulo: return try modulo(left, right)
        case .equal: return .bool(try ValueOrder.compare(left, right, fuel) == 0)
        case .notEqual: return .bool(try ValueOrder.compare(left, right, fuel) != 0)
        case .less: return .bool(try ValueOrder.compare(left, right, fuel) < 0)
        case .lessOrEqual: return .bool(try ValueOrder.compare(left, right, fuel) <= 0)
        case .greater: return .bool(try ValueOrder.compare(left, right, fuel) > 0)
        case .greaterOrEqual: return .bool(try ValueOrder.compare(left, right, fuel) >= 0)
        }
    }

    /// Adds in place: what only this sum holds is not copied.
    static func add(_ right: Value, to sum: inout Value, _ fuel: Fuel) throws(Failure) {
        switch (sum.kind, right) {
        case (_, .null): return
        case (.null, _): sum = right
        case (.string, .string(let more)): try append(more, to: &sum, fuel)
        case (.array, .array(let more)): try append(more, to: &sum, fuel)
        case (.object, .object(let more)): try append(more, to: &sum, fuel)
        default:
            guard let number = sumOfNumbers(sum, right) else { throw refusal(sum, right, "added") }
            sum = number
        }
    }

    @inline(__always)
    private static func sumOfNumbers(_ left: Value, _ right: Value) -> Value? {
        if case .integer(let a) = left, case .integer(let b) = right {
            let (result, overflow) = a.addingReportingOverflow(b)
            if !overflow { return .integer(result) }
        }
        return Numbers.combine(left, right, { ($0 + $1, false) }, { $0 + $1 })
    }

    private static func append(
        _ more: String, to sum: inout Value, _ fuel: Fuel
    ) throws(Failure) {
        guard var text = sum.takeText() else { return }
        let place = Fuel.place(text)
        try fuel.charge(more.utf8.count)
        text += more
        try fuel.charge(text, movedFrom: place)
        sum = .string(text)
    }

    private static func append(
        _ more: [Value], to sum: inout Value, _ fuel: Fuel
    ) throws(Failure) {
        guard var array = sum.takeArray() else { return }
        let place = Fuel.place(array)
        try fuel.charge(more.count * Fuel.element)
        array += more
        try fuel.charge(array, movedFrom: place)
        sum = .array(array)
    }

    private static func append(
        _ more: ObjectValue, to sum: inout Value, _ fuel: Fuel
    ) throws(Failure) {
        guard var object = sum.takeObject() else { return }
        let place = object.place
        try fuel.charge(more.count * Fuel.member)
        for (key, value) in more { object[key] = value }
        try fuel.charge(object, movedFrom: place)
        sum = .object(object)
    }

    private static func subtract(
        _ left: Value, _ right: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        if case (.array(let array), .array(let removed)) = (left, right) {
            return .array(try without(removed, array, fuel))
        }
        guard let number = Numbers.combine(left, right, { ($0 - $1, false) }, { $0 - $1 }) else {
            throw refusal(left, right, "subtracted")
        }
        return number
    }

    private static func without(
        _ removed: [Value], _ array: [Value], _ fuel: Fuel
    ) throws(Failure) -> [Value] {
        var kept: [Value] = []
        for element in array {
            var isRemoved = false
            for value in removed where !isRemoved {
                try fuel.step()
                isRemoved = try ValueOrder.same(value, element, fuel)
            }
            if !isRemoved { kept.append(element) }
        }
        return kept
    }

    private static func multiply(
        _ left: Value, _ right: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        switch (left, right) {
        case (.string(let text), _) where right.kind == .number:
            return try repeated(text, right, fuel)
        case (_, .string(let text)) where left.kind == .number:
            return try repeated(text, left, fuel)
        case (.object(let a), .object(let b)): return .object(try merged(a, b, fuel))
        default:
            guard
                let number = Numbers.combine(
                    left, right, { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 })
            else { throw refusal(left, right, "multiplied") }
            return number
        }
    }

    /// A text so many times, fractions counted up; no time gives null.
    private static func repeated(
        _ text: String, _ times: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        guard let number = times.number, number > 0 else { return .null }
        let count = number.rounded(.up)
        try fuel.charge(count * Double(text.utf8.count))
        return .string(text.utf8.isEmpty ? "" : String(repeating: text, count: Int(count)))
    }

    private static func merged(
        _ left: ObjectValue, _ right: ObjectValue, _ fuel: Fuel
    ) throws(Failure) -> ObjectValue {
        var merged = left
        try fuel.charge((left.count + right.count) * Fuel.member)
        for (key, value) in right {
            if case .object(let inner) = value, case .object(let own)? = merged[key] {
                merged[key] = .object(try self.merged(own, inner, fuel))
            } else {
                merged[key] = value
            }
        }
        return merged
    }

    private static func divide(
        _ left: Value, _ right: Value, _ fuel: Fuel
    ) throws(Failure) -> Value {
        if case (.string(let text), .string(let separator)) = (left, right) {
            return .array(try Texts.split(text, separator, fuel))
        }
        guard let divisor = right.number, let number = Numbers.quotient(left, right) else {
            throw refusal(left, right, "divided")
        }
        if divisor == 0 { throw refusal(left, right, "divided because the divisor is zero") }
        return number
    }

    private static func modulo(_ left: Value, _ right: Value) throws(Failure) -> Value {
        guard let a = left.number, let b = right.number else {
            throw refusal(left, right, "divided (remainder)")
        }
        if a.isNaN || b.isNaN { return .number(.nan) }
        guard let rest = Numbers.remainder(left, right) else {
            throw refusal(left, right, "divided (remainder) because the divisor is zero")
        }
        return rest
    }

    private static func refusal(_ left: Value, _ right: Value, _ verb: String) -> Failure {
        Failure("\(Described.typed(left)) and \(Described.typed(right)) cannot be \(verb)")
    }
}
