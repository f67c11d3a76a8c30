import Telemetry

/// What is decoded: a value, or a node of a file, whose scalars have no type before one is asked
/// for.
enum DecoderInput {
    case value(Value)
    case node(Node)

    var isNull: Bool {
        switch self {
        case .value(let value): value.isNull
        case .node(let node): node.isNull
        }
    }

    func bool(_ path: CodingPath) throws(Fault) -> Bool {
        switch self {
        case .node(let node): return try node.bool()
        case .value(.bool(let bool)): return bool
        case .value: throw mismatch("true or false", path)
        }
    }

    func string(_ path: CodingPath) throws(Fault) -> String {
        switch self {
        case .node(let node): return try node.string()
        case .value(.string(let string)): return string
        case .value: throw mismatch("text", path)
        }
    }

    func number(_ path: CodingPath) throws(Fault) -> Double {
        switch self {
        case .node(let node): return try node.number()
        case .value(let value):
            switch value {
            case .number(let number): return number
            case .integer(let integer): if let exact = Double(exactly: integer) { return exact }
            case .unsigned(let unsigned): if let exact = Double(exactly: unsigned) { return exact }
            default: throw mismatch("a number", path)
            }
            throw mismatch("a number that a 64-bit float holds exactly", path, .range)
        }
    }

    func integer<I: FixedWidthInteger>(_ path: CodingPath) throws(Fault) -> I {
        let exact: I?
        switch self {
        case .node(let node): return try node.integer()
        case .value(.integer(let integer)): exact = I(exactly: integer)
        case .value(.unsigned(let unsigned)): exact = I(exactly: unsigned)
        case .value: throw mismatch("an integer", path)
        }
        if let exact { return exact }
        throw mismatch("an integer from \(I.min) to \(I.max)", path, .range)
    }

    /// The members of an object.
    func member(_ name: String) -> DecoderInput? {
        switch self {
        case .value(let value): value[name].map(DecoderInput.value)
        case .node(let node): node[name].map(DecoderInput.node)
        }
    }

    /// What stands at a path, or the last thing on the way that does.
    func descend(_ path: CodingPath) -> DecoderInput {
        switch path {
        case .root: return self
        case .member(let path, let name):
            let parent = descend(path)
            return parent.member(name) ?? parent
        case .element(let path, let position):
            let parent = descend(path)
            guard let elements = try? parent.elements(path), elements.indices.contains(position)
            else { return parent }
            return elements[position]
        }
    }

    func names(_ path: CodingPath) throws(Fault) -> [String] {
        switch self {
        case .node(let node): return try node.entries().map(\.key)
        case .value(.object(let object)): return object.keys
        case .value: throw mismatch("an object", path)
        }
    }

    func requireObject(_ path: CodingPath) throws(Fault) {
        switch self {
        case .node(let node): try node.requireMapping()
        case .value(.object): break
        case .value: throw mismatch("an object", path)
        }
    }

    func elements(_ path: CodingPath) throws(Fault) -> [DecoderInput] {
        switch self {
        case .node(let node): return try node.list().map(DecoderInput.node)
        case .value(.array(let array)): return array.map(DecoderInput.value)
        case .value: throw mismatch("an array", path)
        }
    }

    func value() throws(Fault) -> Value {
        switch self {
        case .value(let value): return value
        case .node(let node): return try node.value()
        }
    }

    /// A fault at a path; of a file it also names line and column.
    func fault(_ code: DocumentCode, _ path: CodingPath, _ message: String) -> Fault {
        switch self {
        case .node(let node):
            return node.fault(code, message, at: node.position, keys: path)
        case .value:
            let place = path.description
            return Fault(code, message, at: place.isEmpty ? nil : place)
        }
    }

    private func mismatch(
        _ expected: String, _ path: CodingPath, _ code: DocumentCode = .type
    ) -> Fault {
        guard case .value(let value) = self else {
            return fault(code, path, "expected \(expected)")
        }
        return fault(code, path, "expected \(expected), found \(value.described)")
    }
}
