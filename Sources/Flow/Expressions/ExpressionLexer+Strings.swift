import Telemetry

/// Reading strings: what stands between quotes and interpolated expressions.
extension ExpressionLexer {
    enum StringEnd { case quote, expression }

    /// The text up to the closing quote or to `\(`, whichever comes first; stands behind it then.
    mutating func piece() throws(Fault) -> (text: String, end: StringEnd) {
        let begin = position
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = byte()
            position += 1
            if byte == UInt8(ascii: "\"") { return (decoded(text), .quote) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            if self.byte() == UInt8(ascii: "(") {
                position += 1
                return (decoded(text), .expression)
            }
            try escape(into: &text)
        }
        throw fault("the text that begins here has no closing quote", at: begin - 1)
    }

    private func decoded(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self) }

    private mutating func escape(into text: inout [UInt8]) throws(Fault) {
        let byte = byte()
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicode()).utf8)
        default:
            throw fault("this escape is unknown; a backslash itself is '\\\\'", at: position - 2)
        }
    }

    /// The character after `\u`; two halves of a pair make one, a lone half makes U+FFFD.
    private mutating func unicode() throws(Fault) -> Character {
        let first = try digits()
        if (0xD800..<0xDC00).contains(first), byte() == UInt8(ascii: "\\"),
            byte(1) == UInt8(ascii: "u")
        {
            let place = position
            position += 2
            let second = try digits()
            if (0xDC00..<0xE000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return Character(scalar)
            }
            position = place
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private mutating func digits() throws(Fault) -> UInt32 {
        let end = min(position + 4, bytes.count)
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        guard text.utf8.count == 4, text.utf8.first != UInt8(ascii: "+"),
            let code = UInt32(text, radix: 16)
        else { throw fault("four hexadecimal digits must follow '\\u'", at: position) }
        position = end
        return code
    }
}
