package import Telemetry

/// Reading a node as what the caller asks for. Every fault names file, line, column and keys.
extension Node {
    /// The text of a scalar as it was written: `no`, `1.10` and `2026-01-01` come as they stand.
    package func string() throws(Fault) -> String {
        guard case .scalar(let scalar) = tree.content, !scalar.isNull else {
            throw mismatch("text")
        }
        return scalar.text
    }

    package func bool() throws(Fault) -> Bool {
        guard case .scalar(let scalar) = tree.content, let bool = scalar.bool else {
            throw mismatch("true or false")
        }
        return bool
    }

    package func integer<I: FixedWidthInteger>(
        in range: ClosedRange<I> = I.min...I.max
    ) throws(Fault) -> I {
        guard case .scalar(let scalar) = tree.content else { throw mismatch("an integer") }
        switch scalar.number {
        case .none, .float: throw mismatch("an integer")
        case .integer(let integer):
            if let exact = I(exactly: integer), range.contains(exact) { return exact }
        case .tooLarge: break
        }
        throw mismatch("an integer from \(range.lowerBound) to \(range.upperBound)", .range)
    }

    package func number(in range: ClosedRange<Double>? = nil) throws(Fault) -> Double {
        guard case .scalar(let scalar) = tree.content else { throw mismatch("a number") }
        let number: Double
        switch scalar.number {
        case .none: throw mismatch("a number")
        case .tooLarge: throw mismatch("a finite number", .range)
        case .integer(let integer):
            guard let exact = Double(exactly: integer) else {
                throw mismatch("a number that a 64-bit float holds exactly", .range)
            }
            number = exact
        case .float(let float): number = float
        }
        if let range, !range.contains(number) {
            throw mismatch("a number from \(range.lowerBound) to \(range.upperBound)", .range)
        }
        return number
    }

    /// A duration such as `250ms`, `5s`, `2m`, `1h`, or ISO 8601 such as `PT5S`.
    package func duration(
        in range: ClosedRange<Duration> = .zero ... .seconds(Int64.max)
    ) throws(Fault) -> Duration {
        guard case .scalar(let scalar) = tree.content,
            let duration = Quantity.duration(scalar.text)
        else { throw mismatch("a duration such as 250ms, 5s, 2m, 1h or PT5S") }
        guard range.contains(duration) else {
            throw mismatch("a duration from \(range.lowerBound) to \(range.upperBound)", .range)
        }
        return duration
    }

    /// A number of bytes such as `64KiB`, `1MiB` or `512`.
    package func size(in range: ClosedRange<Int> = 0...Int.max) throws(Fault) -> Int {
        guard case .scalar(let scalar) = tree.content, let size = Quantity.size(scalar.text)
        else { throw mismatch("a size such as 512, 64KiB, 1MiB or 2GiB") }
        guard range.contains(size) else {
            throw mismatch("a size from \(range.lowerBound) to \(range.upperBound) bytes", .range)
        }
        return size
    }

    package func list() throws(Fault) -> [Node] {
        guard case .sequence(let trees) = tree.content else { throw mismatch("a list") }
        return trees.indices.map { child(trees[$0], .element(keys, $0)) }
    }

    /// The members of a mapping whose keys are names of the user's choice.
    package func entries() throws(Fault) -> [(key: String, node: Node)] {
        guard case .mapping(let entries) = tree.content else { throw mismatch("a mapping") }
        return entries.map { ($0.key, child($0.tree, .member(keys, $0.key))) }
    }

    func requireMapping() throws(Fault) {
        guard case .mapping = tree.content else { throw mismatch("a mapping") }
    }

    /// The members of a mapping whose keys are known. Any other key is refused, with the nearest
    /// known one offered.
    package func mapping(knownKeys: [String]) throws(Fault) -> Mapping {
        guard case .mapping(let entries) = tree.content else { throw mismatch("a mapping") }
        for entry in entries where !knownKeys.contains(entry.key) {
            let offer = Suggestion.phrase(for: entry.key, in: knownKeys)
            let message = "unknown key \(Excerpt.quoted(entry.key))\(offer)"
            throw fault(DocumentCode.unknown, message, at: entry.position)
        }
        return Mapping(node: self)
    }

    /// The node as a value by the core schema; positions are lost.
    package func value() throws(Fault) -> Value {
        switch tree.content {
        case .scalar(let scalar): return try value(of: scalar)
        case .sequence:
            var values: [Value] = []
            for node in try list() { values.append(try node.value()) }
            return .array(values)
        case .mapping:
            var object = ObjectValue()
            for (key, node) in try entries() { _ = object.append(key, try node.value()) }
            return .object(object)
        }
    }

    private func value(of scalar: Scalar) throws(Fault) -> Value {
        if scalar.isNull { return .null }
        if let bool = scalar.bool { return .bool(bool) }
        switch scalar.number {
        case .none: return .string(scalar.text)
        case .float(let float): return .number(float)
        case .integer(let integer):
            return Int64(exactly: integer).map(Value.integer)
                ?? Value(UInt64(truncatingIfNeeded: integer))
        case .tooLarge:
            throw fault(
                DocumentCode.range,
                "no number holds \(Excerpt.quoted(scalar.text)) exactly; quote it if it is text")
        }
    }

    private func mismatch(_ expected: String, _ code: DocumentCode = .type) -> Fault {
        let found =
            switch tree.content {
            case .sequence: "a list"
            case .mapping: "a mapping"
            case .scalar(let scalar) where scalar.isNull: "nothing"
            case .scalar(let scalar): Excerpt.quoted(scalar.text)
            }
        return fault(code, "expected \(expected), found \(found)")
    }
}

/// A mapping whose keys were checked.
package struct Mapping: Sendable {
    package let node: Node

    /// The member of that key, nil where the file does not name it.
    package subscript(key: String) -> Node? { node[key] }

    /// The member of a key that must be there.
    package func required(_ key: String) throws(Fault) -> Node {
        if let member = node[key] { return member }
        throw node.fault(DocumentCode.missing, "the key \(Excerpt.quoted(key)) is missing")
    }
}
