import Document

/// Writes values as the language shows them: like JSON, but whole numbers have no fraction, NaN is
/// null, and infinity is the greatest number. It stops soon after its limit of bytes.
struct ExpressionText {
    private(set) var bytes: [UInt8] = []
    let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isFull: Bool { bytes.count >= limit }

    mutating func write(_ value: Value) {
        guard !isFull else { return }
        switch value {
        case .array(let array):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in array.enumerated() where !isFull {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.enumerated() where !isFull {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(.string(member.key))
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        case .string(let string): write(string)
        case .number(let number): bytes.append(contentsOf: Numbers.text(number).utf8)
        case .null, .bool, .integer, .unsigned: JSON.append(value, to: &bytes)
        }
    }

    private mutating func write(_ string: String) {
        if limit == .max || string.utf8.count <= limit {
            JSON.append(.string(string), to: &bytes)
        } else {
            let start = String(decoding: string.utf8.prefix(limit), as: UTF8.self)
            JSON.append(.string(start), to: &bytes)
        }
    }

    /// A value as text: strings as they are, everything else as JSON.
    static func text(_ value: Value, _ fuel: Fuel) throws(Failure) -> String {
        switch value {
        case .string(let string): return string
        case .integer(let integer): return integer.description
        default: return try json(value, fuel)
        }
    }

    /// A value that holds no others, as text.
    static func scalar(_ value: Value) -> String {
        if case .string(let string) = value { return string }
        var writer = ExpressionText()
        if !value.isContainer { writer.write(value) }
        return writer.text
    }

    static func json(_ value: Value, _ fuel: Fuel) throws(Failure) -> String {
        var writer = ExpressionText(limit: fuel.writableBytes)
        writer.write(value)
        try fuel.charge(steps: writer.bytes.count / 16)
        if writer.isFull { throw .limit("a value is too large to be written as text") }
        return writer.text
    }
}
