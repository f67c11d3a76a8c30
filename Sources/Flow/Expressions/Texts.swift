import Document

/// Work on strings by their bytes and Unicode scalars; never by characters, which other programs of
/// the language do not know.
enum Texts {
    static func split(
        _ text: String, _ separator: String, _ fuel: Fuel
    ) throws(Failure) -> [Value] {
        try fuel.charge(text.utf8.count * 2)
        guard !text.utf8.isEmpty else { return [] }
        guard !separator.utf8.isEmpty else {
            try fuel.charge(text.utf8.count * Fuel.element)
            return text.unicodeScalars.map { .string(String($0)) }
        }
        let bytes = Array(text.utf8)
        let found = try positions(of: Array(separator.utf8), in: bytes, fuel)
        try fuel.charge(found.count * Fuel.element)
        var parts: [Value] = []
        var start = 0
        // Occurrences may overlap; a part begins behind the one before it.
        for position in found where position >= start {
            parts.append(.string(String(decoding: bytes[start..<position], as: UTF8.self)))
            start = position + separator.utf8.count
        }
        parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return parts
    }

    /// Where bytes occur in others, overlapping ones too.
    static func positions(
        of needle: [UInt8], in bytes: [UInt8], _ fuel: Fuel
    ) throws(Failure) -> [Int] {
        guard let first = needle.first, bytes.count >= needle.count else { return [] }
        var found: [Int] = []
        var compared = 0
        for start in 0...(bytes.count - needle.count) where bytes[start] == first {
            var length = 1
            while length < needle.count, bytes[start + length] == needle[length] { length += 1 }
            compared += length
            if compared > 4096 {
                try fuel.charge(compared)
                compared = 0
            }
            if length == needle.count { found.append(start) }
        }
        return found
    }

    static func contains(_ text: String, _ part: String, _ fuel: Fuel) throws(Failure) -> Bool {
        try fuel.charge(text.utf8.count)
        guard !part.utf8.isEmpty else { return true }
        return try !positions(of: Array(part.utf8), in: Array(text.utf8), fuel).isEmpty
    }

    /// Where a text occurs in another, counted in scalars.
    static func indices(
        of part: String, in text: String, _ fuel: Fuel
    ) throws(Failure) -> [Value] {
        try fuel.charge(text.utf8.count)
        let bytes = Array(text.utf8)
        var scalars = 0
        var reached = 0
        var indices: [Value] = []
        for position in try positions(of: Array(part.utf8), in: bytes, fuel) {
            for byte in bytes[reached..<position] where byte & 0xC0 != 0x80 { scalars += 1 }
            reached = position
            indices.append(Value(scalars))
        }
        return indices
    }

    static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
        text.utf8.starts(with: prefix.utf8)
    }

    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count
            && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    static func withoutPrefix(_ text: String, _ count: Int) -> String {
        String(decoding: text.utf8.dropFirst(count), as: UTF8.self)
    }

    static func withoutSuffix(_ text: String, _ count: Int) -> String {
        String(decoding: text.utf8.dropLast(count), as: UTF8.self)
    }

    /// From a scalar up to before another.
    static func slice(_ text: String, _ range: Range<Int>) -> String {
        let scalars = text.unicodeScalars
        return String(
            String.UnicodeScalarView(scalars.dropFirst(range.lowerBound).prefix(range.count)))
    }

    /// The letters a to z changed by what is added to them.
    static func ascii(_ text: String, lower: Bool) -> String {
        let first = UInt8(ascii: lower ? "A" : "a")
        return String(
            decoding: text.utf8.map { ($0 >= first && $0 < first + 26) ? $0 ^ 0x20 : $0 },
            as: UTF8.self)
    }

    /// Without blanks at the start, the end, or both.
    static func trimmed(_ text: String, start: Bool, end: Bool) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        var bytes = Array(text.utf8)[...]
        if start { bytes = bytes.drop(while: isBlank) }
        if end { while let last = bytes.last, isBlank(last) { bytes.removeLast() } }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func imploded(_ codes: [Value]) throws(Failure) -> Value {
        var scalars = String.UnicodeScalarView()
        for code in codes {
            guard let number = code.number, let whole = UInt32(exactly: number.rounded(.towardZero))
            else { throw Failure("Unicode codepoint must be numeric") }
            guard let scalar = Unicode.Scalar(whole) else {
                throw Failure("Invalid Unicode codepoint \(whole)")
            }
            scalars.append(scalar)
        }
        return .string(String(scalars))
    }
}
