/// Appends values to bytes. Doubles are written in the shortest form that reads back as the same
/// double, and always as a number, never as an integer: 1.0 stays "1.0".
struct JSONWriter {
    enum Style { case plain, pretty, canonical }

    var bytes: [UInt8]
    let style: Style
    private var depth = 0

    init(bytes: [UInt8], style: Style) {
        self.bytes = bytes
        self.style = style
    }

    mutating func write(_ value: Value) {
        switch value {
        case .null: append("null")
        case .bool(let bool): append(bool ? "true" : "false")
        case .integer(let integer): write(integer.magnitude, negative: integer < 0)
        case .unsigned(let unsigned): write(unsigned, negative: false)
        case .number(let number): write(number)
        case .string(let string): write(string)
        case .array(let array): write(array)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ array: [Value]) {
        guard !array.isEmpty else { return append("[]") }
        bytes.append(UInt8(ascii: "["))
        depth += 1
        var first = true
        for element in array {
            separate(&first)
            write(element)
        }
        close(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: ObjectValue) {
        guard !object.isEmpty else { return append("{}") }
        bytes.append(UInt8(ascii: "{"))
        depth += 1
        var first = true
        if style == .canonical {
            for (key, value) in object.sorted(by: {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }) {
                member(key, value, &first)
            }
        } else {
            for (key, value) in object { member(key, value, &first) }
        }
        close(UInt8(ascii: "}"))
    }

    private mutating func member(_ key: String, _ value: Value, _ first: inout Bool) {
        separate(&first)
        write(key)
        bytes.append(UInt8(ascii: ":"))
        if style == .pretty { bytes.append(UInt8(ascii: " ")) }
        write(value)
    }

    private mutating func separate(_ first: inout Bool) {
        if !first { bytes.append(UInt8(ascii: ",")) }
        first = false
        if style == .pretty { newLine() }
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if style == .pretty { newLine() }
        bytes.append(bracket)
    }

    private mutating func newLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func append(_ word: StaticString) {
        // SAFETY: a static string of more than one scalar is a constant of the program.
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}

/// Scalars.
extension JSONWriter {
    private mutating func write(_ magnitude: UInt64, negative: Bool) {
        if negative { bytes.append(UInt8(ascii: "-")) }
        guard magnitude > 9 else { return bytes.append(UInt8(ascii: "0") + UInt8(magnitude)) }
        let start = bytes.count
        var rest = magnitude
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private mutating func write(_ number: Double) {
        guard number.isFinite else { return append("null") }
        bytes.append(contentsOf: number.description.utf8)
    }

    private mutating func write(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        var copy = string
        // SAFETY: the buffer is read within the closure and does not leave it.
        copy.withUTF8 { buffer in
            var start = 0
            for position in buffer.indices {
                let byte = unsafe buffer[position]
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
                unsafe bytes.append(contentsOf: buffer[start..<position])
                escape(byte)
                start = position + 1
            }
            unsafe bytes.append(contentsOf: buffer[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5C: bytes.append(byte)
        default:
            append("u00")
            let digit = byte & 0xF
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
