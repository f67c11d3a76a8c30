import Telemetry

/// Strings.
extension JSONParser {
    /// Reads a string with its quotes. One without escapes is copied straight from the text.
    mutating func string() throws(Fault) -> String {
        let start = position + 1
        position = start
        try skipPlain()
        guard peek() == UInt8(ascii: "\\") else { return try finish(start) }
        var unescaped: [UInt8] = []
        var run = start
        while peek() == UInt8(ascii: "\\") {
            for index in run..<position { unescaped.append(bytes[index]) }
            try escape(into: &unescaped)
            run = position
            try skipPlain()
        }
        for index in run..<position { unescaped.append(bytes[index]) }
        return try finish(start, unescaped)
    }

    /// Stops at a quote or a backslash.
    private mutating func skipPlain() throws(Fault) {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5C { return }
            guard byte >= 0x20 else {
                throw fault(.syntax, "the control character \(byte) in a string must be escaped")
            }
            position += 1
        }
        throw fault(.syntax, "the string is not closed before the text ends")
    }

    private mutating func finish(_ start: Int, _ unescaped: [UInt8]? = nil) throws(Fault) -> String
    {
        let end = position
        position += 1
        guard unescaped?.count ?? (end - start) <= limits.stringBytes else {
            throw fault(.limit, "a string longer than \(limits.stringBytes) bytes", at: start - 1)
        }
        // An escape writes whole characters and ends no sequence of bytes around it, so the text as
        // it stands is valid exactly when the unescaped string is, and only the former knows the
        // place of a fault.
        if let text = try? UTF8Span(validating: bytes.extracting(start..<end)) {
            guard let unescaped else { return String(copying: text) }
            return String(decoding: unescaped, as: UTF8.self)
        }
        throw fault(.encoding, "the string is not valid UTF-8", at: invalid(start..<end))
    }

    private func invalid(_ range: Range<Int>) -> Int {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.extracting(range))
            return range.lowerBound
        } catch {
            return range.lowerBound + error.byteOffsets.lowerBound
        }
    }

    private mutating func escape(into unescaped: inout [UInt8]) throws(Fault) {
        let place = position
        position += 1
        let letter = peek()
        position += 1
        switch letter {
        case 0x22, 0x5C, 0x2F: unescaped.append(letter ?? 0)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            unescaped.append(contentsOf: String(try scalar(from: place)).utf8)
        default:
            throw fault(
                .syntax, "unknown escape; only \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u exist",
                at: place)
        }
    }

    /// Reads the digits after `\u` and, after a high surrogate, the escape of the low one.
    private mutating func scalar(from place: Int) throws(Fault) -> Unicode.Scalar {
        let first = try fourDigits(place)
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let second = try fourDigits(place)
            if (0xDC00..<0xE000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + second - 0xDC00)
            {
                return scalar
            }
        }
        throw fault(.encoding, "half of a surrogate pair without the other half", at: place)
    }

    private mutating func fourDigits(_ place: Int) throws(Fault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Digit.hexadecimal(byte) else {
                throw fault(.syntax, "\\u must be followed by four hexadecimal digits", at: place)
            }
            code = code << 4 + UInt32(digit)
            position += 1
        }
        return code
    }
}

/// Numbers.
extension JSONParser {
    /// Reads a literal by the grammar: `-? (0 | [1-9][0-9]*) ('.' [0-9]+)? ([eE] [+-]? [0-9]+)?`.
    mutating func number() throws(Fault) -> Value {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        let first = peek()
        let digits = try digits()
        guard digits == 1 || first != UInt8(ascii: "0") else {
            throw fault(.syntax, "a number must not begin with 0", at: start)
        }
        var integral = true
        if take(UInt8(ascii: ".")) {
            integral = false
            _ = try self.digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            integral = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try self.digits()
        }
        guard position - start <= limits.numberBytes else {
            throw fault(.limit, "a number of more than \(limits.numberBytes) characters", at: start)
        }
        if integral { return try integer(start, negative) }
        return try fraction(start)
    }

    private mutating func digits() throws(Fault) -> Int {
        let start = position
        while let byte = peek(), Digit.decimal(byte) != nil { position += 1 }
        guard position > start else { throw unexpected("a digit") }
        return position - start
    }

    private func integer(_ start: Int, _ negative: Bool) throws(Fault) -> Value {
        var magnitude: UInt64 = 0
        var overflow = false
        for index in (negative ? start + 1 : start)..<position {
            let (product, high) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[index] &- 0x30))
            overflow = overflow || high || carry
            magnitude = sum
        }
        if !overflow {
            if !negative { return Value(magnitude) }
            if magnitude == 0 { return .number(-0.0) }
            if let exact = Int64(exactly: -Int128(magnitude)) { return .integer(exact) }
        }
        throw fault(
            .range, "the integer does not fit into 64 bits; send it as a string", at: start)
    }

    /// A fraction becomes the nearest double; one that would become infinite or vanish is refused.
    private func fraction(_ start: Int) throws(Fault) -> Value {
        var literal = ""
        var zero = true
        var mantissa = true
        for index in start..<position {
            let byte = bytes[index]
            if byte | 0x20 == UInt8(ascii: "e") { mantissa = false }
            if mantissa, (0x31...0x39).contains(byte) { zero = false }
            literal.unicodeScalars.append(Unicode.Scalar(byte))
        }
        guard let number = Double(literal), number.isFinite, zero || number != 0 else {
            throw fault(.range, "the number is beyond the range of a 64-bit float", at: start)
        }
        return .number(number)
    }
}

/// The values of digits.
enum Digit {
    @inline(__always)
    static func decimal(_ byte: UInt8) -> UInt8? {
        byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : nil
    }

    static func alphanumeric(_ byte: UInt8) -> Bool {
        decimal(byte) != nil || (0x61...0x7A).contains(byte | 0x20)
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
