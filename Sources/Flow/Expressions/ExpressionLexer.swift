import Document
import Telemetry

/// Cuts the text of an expression into tokens, one at a time, and reads the pieces of strings. It
/// reads every byte once and goes back at most one token.
struct ExpressionLexer {
    typealias Sign = ExpressionToken.Sign

    let bytes: [UInt8]
    /// The next byte.
    var position = 0
    /// Where the last token began.
    private(set) var start = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    func byte(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    mutating func next() throws(Fault) -> ExpressionToken {
        skipBlanks()
        start = position
        guard position < bytes.count else { return .end }
        let first = byte()
        switch first {
        case UInt8(ascii: "\""):
            position += 1
            return .quote
        case UInt8(ascii: "$"):
            position += 1
            skipBlanks()
            return .variable(try word(after: "$"))
        case UInt8(ascii: "@"):
            position += 1
            return .format(try word(after: "@"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "."): return try dot()
        case let letter where Self.isLetter(letter): return .name(try word(after: ""))
        default: return .sign(try sign())
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch byte() {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, byte() != 0x0A { position += 1 }
            default: return
            }
        }
    }

    private mutating func dot() throws(Fault) -> ExpressionToken {
        let second = byte(1)
        if Self.isDigit(second) { return try number() }
        position += 1
        if second == UInt8(ascii: ".") {
            position += 1
            return .sign(.recurse)
        }
        return Self.isLetter(second) ? .field(try word(after: ".")) : .sign(.dot)
    }

    private mutating func word(after mark: String) throws(Fault) -> String {
        let begin = position
        while Self.isLetter(byte()) || (position > begin && Self.isDigit(byte())) { position += 1 }
        if byte() == UInt8(ascii: ":"), byte(1) == UInt8(ascii: ":"), position > begin {
            throw fault("modules are left out of expressions, so no name has '::'", at: begin)
        }
        guard position > begin else { throw fault("a name must follow '\(mark)'", at: start) }
        return String(decoding: bytes[begin..<position], as: UTF8.self)
    }

    private mutating func number() throws(Fault) -> ExpressionToken {
        let begin = position
        while Self.isDigit(byte()) { position += 1 }
        if byte() == UInt8(ascii: ".") {
            position += 1
            while Self.isDigit(byte()) { position += 1 }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            let signed = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
            if Self.isDigit(byte(signed ? 2 : 1)) {
                position += signed ? 2 : 1
                while Self.isDigit(byte()) { position += 1 }
            }
        }
        var text = String(decoding: bytes[begin..<position], as: UTF8.self)
        if let integer = Int64(text) { return .number(.integer(integer)) }
        if let unsigned = UInt64(text) { return .number(.unsigned(unsigned)) }
        if text.utf8.last == UInt8(ascii: ".") { text += "0" }
        guard position - begin <= 1024, let number = Double(text) else {
            throw fault("the number is too long", at: begin)
        }
        return .number(Numbers.value(number.isFinite ? number : .greatestFiniteMagnitude))
    }

    private mutating func sign() throws(Fault) -> Sign {
        for length in [3, 2, 1] where position + length <= bytes.count {
            let text = String(decoding: bytes[position..<position + length], as: UTF8.self)
            if let sign = Sign(rawValue: text) {
                position += length
                return sign
            }
        }
        if byte() == UInt8(ascii: "!") {
            throw fault("there is no '!'; write '| not', or '!=' for what differs", at: position)
        }
        if byte() == UInt8(ascii: "'") {
            throw fault("texts stand in double quotes, not in single ones", at: position)
        }
        if byte() == UInt8(ascii: "&") {
            throw fault("there is no '&'; write 'and'", at: position)
        }
        throw fault("this character means nothing here", at: position)
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// A fault with the line and column of an offset.
    func fault(_ message: String, at offset: Int) -> Fault {
        let before = bytes[..<min(offset, bytes.count)]
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = before[lineStart...].reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        let place = TextPosition(line: line, column: column)
        return Fault(FlowCode.expression, message, at: "expression:\(place)")
    }
}
