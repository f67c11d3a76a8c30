import Telemetry

/// Reads one JSON value from bytes. It recurses at most `Limits.depth` deep, reads nothing beyond
/// the bytes it was given, and stops at the first fault with its line, column and offset.
struct JSONParser: ~Escapable {
    let bytes: Span<UInt8>
    let limits: Limits
    let source: String?
    var position = 0
    private var depth = 0
    private var nodes = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ limits: Limits, _ source: String?) {
        self.bytes = bytes
        self.limits = limits
        self.source = source
    }

    mutating func document() throws(Fault) -> Value {
        guard bytes.count <= limits.bytes else {
            throw fault(
                .limit, "the text has \(bytes.count) bytes, allowed are \(limits.bytes)", at: 0)
        }
        try checkEncoding()
        skipBlanks()
        let value = try value()
        skipBlanks()
        guard position == bytes.count else {
            throw fault(
                .syntax, "text after the end of the value; send one JSON value, not several")
        }
        return value
    }

    /// Tells UTF-16, UTF-32 and a byte order mark apart from mere nonsense: they have a remedy.
    private func checkEncoding() throws(Fault) {
        let first = bytes.count > 0 ? bytes[0] : 0x20
        let second = bytes.count > 1 ? bytes[1] : 0x20
        if first == 0xEF, second == 0xBB {
            throw fault(
                .encoding, "the text begins with a byte order mark; send plain UTF-8", at: 0)
        }
        if first == 0 || second == 0 || first >= 0xFE {
            throw fault(.encoding, "the text is UTF-16 or UTF-32; send it as UTF-8", at: 0)
        }
    }

    private mutating func value() throws(Fault) -> Value {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw fault(.limit, "more than \(limits.nodes) values in one document")
        }
        switch peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), 0x30?, 0x31?, 0x32?, 0x33?, 0x34?, 0x35?, 0x36?, 0x37?, 0x38?,
            0x39?:
            return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func object() throws(Fault) -> Value {
        try enter()
        var object = ObjectValue()
        if take(UInt8(ascii: "}")) { return leave(.object(object)) }
        repeat {
            skipBlanks()
            let place = position
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':' after the key") }
            skipBlanks()
            guard object.append(key, try value()) else {
                throw fault(
                    .duplicate, "the key \(Excerpt.quoted(key)) occurs twice in one object",
                    at: place)
            }
            guard object.count <= limits.keys else {
                throw fault(.limit, "more than \(limits.keys) keys in one object", at: place)
            }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
        return leave(.object(object))
    }

    private mutating func array() throws(Fault) -> Value {
        try enter()
        var array: [Value] = []
        if take(UInt8(ascii: "]")) { return leave(.array(array)) }
        repeat {
            skipBlanks()
            array.append(try value())
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
        return leave(.array(array))
    }

    private mutating func enter() throws(Fault) {
        guard depth < limits.depth else {
            throw fault(.limit, "nested deeper than \(limits.depth) levels")
        }
        depth += 1
        position += 1
        skipBlanks()
    }

    private mutating func leave(_ value: Value) -> Value {
        depth -= 1
        return value
    }

    private mutating func word(_ word: StaticString, _ value: Value) throws(Fault) -> Value {
        for byte in word.description.utf8 where !take(byte) {
            throw unexpected("\"\(word)\"")
        }
        return value
    }
}

/// Single bytes.
extension JSONParser {
    @inline(__always)
    func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func skipBlanks() {
        while let byte = peek(),
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        {
            position += 1
        }
    }
}

/// Faults.
extension JSONParser {
    func unexpected(_ expected: String) -> Fault {
        guard let byte = peek() else {
            return fault(.syntax, "expected \(expected), but the text ends here")
        }
        let found =
            switch byte {
            case 0x21..<0x7F: "'\(Character(Unicode.Scalar(byte)))'"
            case 0x20: "a blank"
            case 0x80...: "a character that is not ASCII"
            default: "the control character \(byte)"
            }
        return fault(.syntax, "expected \(expected), found \(found)")
    }

    func fault(_ code: DocumentCode, _ message: String, at offset: Int? = nil) -> Fault {
        let offset = offset ?? position
        let place = TextPosition(offset: offset, in: bytes)
        return Fault(code, message, at: "\(place.named(source)) (byte \(offset))")
    }
}
