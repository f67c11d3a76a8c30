import Document

/// Functions of regular expressions.
extension Machine {
    /// Where a pattern matched: bytes of the whole and of each group.
    struct Found {
        let groups: [(start: Int, end: Int)]
        var whole: (start: Int, end: Int) { groups[0] }
    }

    func pattern(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        guard case .string(let text) = input else {
            throw Failure("\(Described.typed(input)) cannot be matched, as it is not a string")
        }
        let pattern = try pattern(
            arguments[0], arguments.count > 1 ? arguments[1] : .null,
            global: plain == .splitPattern)
        let subject = Array(text.utf8)
        try fuel.charge(subject.count)
        switch plain {
        case .test, .testFlags:
            return .bool(try pattern.match(subject, from: 0, fuel) != nil)
        case .splitPattern:
            var (parts, start): ([Value], Int) = ([], 0)
            for found in try matches(pattern, subject, global: true) {
                try fuel.charge(Fuel.element)
                parts.append(.string(part(subject, start, found.whole.start)))
                start = found.whole.end
            }
            return .array(parts + [.string(part(subject, start, subject.count))])
        default:
            var counter = Counter()
            var values: [Value] = []
            for found in try matches(pattern, subject, global: pattern.isGlobal) {
                try fuel.charge((found.groups.count + 1) * 4 * Fuel.member)
                values.append(described(found, pattern, subject, &counter))
            }
            return .array(values)
        }
    }

    /// A pattern is a text, or a list of a text and flags.
    private func pattern(
        _ value: Value, _ flags: Value, global: Bool
    ) throws(Failure) -> Pattern {
        var (value, flags) = (value, flags)
        if case .array(let pair) = value, flags.isNull {
            (value, flags) = (pair.first ?? .null, pair[safe: 1] ?? .null)
        }
        guard case .string(let text) = value else {
            throw Failure("\(Described.typed(value)) cannot be matched, as it is not a string")
        }
        guard flags.isNull || flags.kind == .string else {
            throw Failure("\(Described.typed(flags)) is not a string")
        }
        return try patterns.pattern(text, flags.string ?? "", fuel)
    }

    func matches(
        _ pattern: Pattern, _ subject: [UInt8], global: Bool
    ) throws(Failure) -> [Found] {
        var (found, offset): ([Found], Int) = ([], 0)
        while offset <= subject.count {
            guard let groups = try pattern.match(subject, from: offset, fuel) else { break }
            try fuel.charge(groups.count * 16)
            let match = Found(groups: groups)
            found.append(match)
            guard global else { break }
            offset = match.whole.end
            if match.whole.start == match.whole.end {
                offset += 1
                while offset < subject.count, subject[offset] & 0xC0 == 0x80 { offset += 1 }
            }
        }
        return found
    }

    private func part(_ subject: [UInt8], _ start: Int, _ end: Int) -> String {
        String(decoding: subject[max(start, 0)..<max(start, end, 0)], as: UTF8.self)
    }

    /// Counts scalars up to a byte; offsets that grow cost their difference alone.
    private struct Counter {
        var byte = 0
        var scalars = 0

        mutating func scalars(_ subject: [UInt8], upTo end: Int) -> Int {
            if end < byte { (byte, scalars) = (0, 0) }
            for byte in subject[byte..<end] where byte & 0xC0 != 0x80 { scalars += 1 }
            byte = end
            return scalars
        }
    }

    private func described(
        _ found: Found, _ pattern: Pattern, _ subject: [UInt8], _ counter: inout Counter
    ) -> Value {
        let whole = span(found.whole, subject, &counter)
        let captures = pattern.names.indices.map { index -> Value in
            let group = found.groups[safe: index + 1] ?? (-1, -1)
            var object = span(group, subject, &counter)
            object["name"] = pattern.names[index].map { .string($0) } ?? .null
            return .object(object)
        }
        var object = whole
        object["captures"] = .array(captures)
        return .object(object)
    }

    private func span(
        _ group: (start: Int, end: Int), _ subject: [UInt8], _ counter: inout Counter
    ) -> ObjectValue {
        guard group.start >= 0 else { return ["offset": -1, "length": 0, "string": .null] }
        let text = part(subject, group.start, group.end)
        let saved = counter
        let offset = counter.scalars(subject, upTo: group.start)
        if group.start < saved.byte { counter = saved }
        return [
            "offset": Value(offset), "length": Value(text.unicodeScalars.count),
            "string": .string(text),
        ]
    }

    /// `sub` and `gsub`: every combination of the replacement's outputs, the last match outermost.
    func substituted(
        _ form: Form, _ arguments: [Code], _ item: Item, _ env: Environment?,
        _ take: (String) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        let isAll = form == .substituteAll || form == .substituteAllFlags
        return try outputs(arguments[0], item, env) { (text) throws(Failure) in
            try outputs(flags(arguments), item, env) { (flags) throws(Failure) in
                guard case .string(let input) = item.value else {
                    throw Failure(
                        "\(Described.typed(item.value)) cannot be matched, as it is not a string")
                }
                let subject = Array(input.utf8)
                let pattern = try pattern(text.value, flags.value, global: isAll)
                let found = try matches(pattern, subject, global: isAll || pattern.isGlobal)
                return try replaced(
                    found[...], pattern, subject, subject.count, "", arguments[1], env, take)
            }
        }
    }

    private func flags(_ arguments: [Code]) -> Code {
        arguments.count > 2 ? arguments[2] : Code(.literal(.null), narrow: true)
    }

    private func replaced(
        _ found: ArraySlice<Found>, _ pattern: Pattern, _ subject: [UInt8], _ end: Int,
        _ rest: String, _ replacement: Code, _ env: Environment?,
        _ take: (String) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        if replacement.isNarrow {
            return try replacedOnce(found, pattern, subject, replacement, env, take)
        }
        try fuel.enter()
        defer { fuel.leave() }
        guard let last = found.last else { return try take(part(subject, 0, end) + rest) }
        let after = part(subject, last.whole.end, end) + rest
        try fuel.charge(after.utf8.count)
        let named = self.named(last, pattern, subject)
        return try outputs(replacement, named, env) { (text) throws(Failure) in
            try replaced(
                found.dropLast(), pattern, subject, last.whole.start,
                try self.replacement(text) + after, replacement, env, take)
        }
    }

    /// Where every replacement has one output the text is built once, from its start.
    private func replacedOnce(
        _ found: ArraySlice<Found>, _ pattern: Pattern, _ subject: [UInt8], _ replacement: Code,
        _ env: Environment?, _ take: (String) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        var (text, start) = ("", 0)
        for match in found {
            guard let output = try one(replacement, named(match, pattern, subject), env) else {
                return true
            }
            let fresh = try self.replacement(output)
            try fuel.charge(fresh.utf8.count + match.whole.start - start)
            text += part(subject, start, match.whole.start)
            text += fresh
            start = match.whole.end
        }
        return try take(text + part(subject, start, subject.count))
    }

    private func replacement(_ item: Item) throws(Failure) -> String {
        guard case .string(let text) = item.value else {
            throw Failure("\(Described.typed(item.value)) cannot be added to a string")
        }
        return text
    }

    /// What the replacement sees: the named groups.
    private func named(_ found: Found, _ pattern: Pattern, _ subject: [UInt8]) -> Item {
        var object = ObjectValue()
        for (index, name) in pattern.names.enumerated() {
            guard let name, let group = found.groups[safe: index + 1] else { continue }
            object[name] = group.start < 0 ? .null : .string(part(subject, group.start, group.end))
        }
        return Item(.object(object), depth: 1)
    }
}
