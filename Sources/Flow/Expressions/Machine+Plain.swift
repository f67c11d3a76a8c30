import Document

/// Functions of their input and of values, by what they are about.
extension Machine {
    func apply(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        switch plain {
        case .not: return .bool(!input.isTrue)
        case .length: return try length(input)
        case .type: return .string(input.kind.rawValue)
        case .error: throw .error(input)
        case .now: return Numbers.value(now)
        case .infinite: return .number(.infinity)
        case .nan: return .number(.nan)
        case .keys, .keysUnsorted, .has, .contains, .add, .any, .all, .flatten, .flattenDepth,
            .toEntries, .fromEntries, .toArray:
            return try collection(plain, input, arguments)
        case .reverse, .sort, .unique, .group, .minimum, .maximum, .transpose, .join, .setPath,
            .deletePaths, .indices, .firstIndex, .lastIndex:
            return try arrangement(plain, input, arguments)
        case .toString, .toNumber, .toJSON, .fromJSON, .format, .explode, .implode, .ascii,
            .utf8ByteLength:
            return try conversion(plain, input, arguments)
        case .startsWith, .endsWith, .withoutPrefix, .withoutSuffix, .trim, .trimStart, .trimEnd,
            .split, .splitPattern, .lowercase, .uppercase, .test, .testFlags, .matchAll:
            return try text(plain, input, arguments)
        case .gmtime, .mktime, .strftime, .strptime:
            return try date(plain, input, arguments)
        default: return try number(plain, input, arguments)
        }
    }

    private func length(_ input: Value) throws(Failure) -> Value {
        switch input {
        case .null: return 0
        case .string(let text):
            try fuel.charge(text.utf8.count)
            return Value(text.unicodeScalars.count)
        case .array(let array): return Value(array.count)
        case .object(let object): return Value(object.count)
        case .integer, .unsigned, .number: return try number(.absolute, input, [])
        case .bool: throw Failure("\(Described.typed(input)) has no length")
        }
    }

    private func collection(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        switch plain {
        case .keys, .keysUnsorted: return try keys(input, sorted: plain == .keys)
        case .has: return try has(input, arguments[0])
        case .contains: return .bool(try Collections.contains(input, arguments[0], fuel))
        case .add: return try Collections.sum(input, fuel)
        case .any, .all:
            let elements = try Collections.elements(input)
            try fuel.charge(steps: elements.count / 8)
            return .bool(
                plain == .any
                    ? elements.contains(where: \.isTrue) : elements.allSatisfy(\.isTrue))
        case .flatten: return try Collections.flattened(input, -1, fuel)
        case .flattenDepth:
            guard let depth = arguments[0].number, depth >= 0 else {
                throw Failure("flatten depth must not be negative")
            }
            return try Collections.flattened(input, depth, fuel)
        case .toEntries: return try Collections.entries(input, fuel)
        case .fromEntries: return try Collections.fromEntries(input, fuel)
        default: return input.kind == .array ? input : .array([input])
        }
    }

    private func keys(_ input: Value, sorted: Bool) throws(Failure) -> Value {
        switch input {
        case .object(let object):
            try fuel.charge(object.count * Fuel.member)
            return .array((sorted ? ValueOrder.keys(object) : object.keys).map { .string($0) })
        case .array(let array):
            try fuel.charge(array.count * Fuel.element)
            return .array(array.indices.map { Value($0) })
        default: throw Failure("\(Described.typed(input)) has no keys")
        }
    }

    private func has(_ input: Value, _ key: Value) throws(Failure) -> Value {
        switch (input, key) {
        case (.object(let object), .string(let name)): return .bool(object[name] != nil)
        case (.null, _): return .bool(false)
        case (.array(let array), .integer), (.array(let array), .number),
            (.array(let array), .unsigned):
            return .bool(Numbers.position(key).map(array.indices.contains) ?? false)
        default:
            throw Failure(
                "Cannot check whether \(input.kind.rawValue) has a \(key.kind.rawValue) key")
        }
    }

    private func arrangement(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        switch plain {
        case .join: return try Collections.joined(input, arguments[0], fuel)
        case .indices, .firstIndex, .lastIndex: return try index(plain, input, arguments[0])
        case .setPath:
            var value = input
            try Paths.set(&value, try Paths.path(arguments[0]), to: arguments[1], fuel)
            return value
        case .deletePaths:
            guard case .array(let paths) = arguments[0] else {
                throw Failure("Paths must be specified as an array")
            }
            var value = input
            try Paths.delete(&value, paths, fuel)
            return value
        case .transpose: return try Collections.transposed(input, fuel)
        case .reverse: return try reversed(input)
        default: return try sorted(plain, input)
        }
    }

    private func sorted(_ plain: Plain, _ input: Value) throws(Failure) -> Value {
        guard case .array(let array) = input else {
            let verb = plain == .sort || plain == .unique ? "sorted" : "iterated over"
            throw Failure("\(Described.typed(input)) cannot be \(verb), as it is not an array")
        }
        let form: Form =
            switch plain {
            case .unique: .uniqueBy
            case .group: .groupBy
            case .minimum: .minBy
            case .maximum: .maxBy
            default: .sortBy
            }
        return try Collections.arranged(array, by: array, form, fuel)
    }

    private func reversed(_ input: Value) throws(Failure) -> Value {
        switch input {
        case .null: return .array([])
        case .array(let array):
            try fuel.charge(array.count * Fuel.element)
            return .array(array.reversed())
        case .string(let text):
            try fuel.charge(text.utf8.count)
            return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
        default: throw Failure("\(Described.typed(input)) cannot be reversed")
        }
    }

    private func index(_ plain: Plain, _ input: Value, _ part: Value) throws(Failure) -> Value {
        let found: Value
        switch (input, part) {
        case (.null, _): return .null
        case (.string(let text), .string(let part)):
            found = .array(try Texts.indices(of: part, in: text, fuel))
        case (.array(let array), .array(let part)):
            found = try Paths.indices(of: part, in: array, fuel)
        case (.array(let array), _):
            found = try Paths.indices(of: [part], in: array, fuel)
        default: throw Paths.refusal(input, part)
        }
        guard plain != .indices, case .array(let positions) = found else { return found }
        return (plain == .firstIndex ? positions.first : positions.last) ?? .null
    }
}
