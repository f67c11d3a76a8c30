/// Splits a text into tokens, once and in one pass. It must never trap, whatever the bytes are.
struct Tokenizer {
    private let bytes: [UInt8]
    private var tokens: [Token] = []

    /// Longer texts are read no further: nobody asks a question of that length.
    static let longest = 20_000

    static func tokens(_ text: String) -> [Token] {
        var tokenizer = Tokenizer(text)
        tokenizer.run()
        return tokenizer.tokens
    }

    private init(_ text: String) {
        var bytes = Array(text.utf8.prefix(Tokenizer.longest))
        Tokenizer.straighten(&bytes)
        self.bytes = bytes
    }

    /// Curly quotes become straight ones of the same length in bytes, with spaces around.
    private static func straighten(_ bytes: inout [UInt8]) {
        guard bytes.count > 2 else { return }
        for i in 0..<bytes.count - 2 where bytes[i] == 0xE2 && bytes[i + 1] == 0x80 {
            switch bytes[i + 2] {
            case 0x9C, 0x9D, 0x9E:
                (bytes[i], bytes[i + 1], bytes[i + 2]) =
                    bytes[i + 2] == 0x9D ? (0x22, 0x20, 0x20) : (0x20, 0x20, 0x22)
            case 0x98, 0x99: (bytes[i], bytes[i + 1], bytes[i + 2]) = (0x27, 0, 0)
            case 0x93, 0x94: (bytes[i], bytes[i + 1], bytes[i + 2]) = (0x20, 0x3B, 0x20)
            default: break
            }
        }
        bytes.removeAll { $0 == 0 }
    }

    private mutating func run() {
        var i = 0
        while i < bytes.count {
            let byte = bytes[i]
            if byte <= 0x20 {
                i += 1
            } else if let end = quotedEnd(i) {
                add(.quoted, i + 1..<end)
                i = end + 1
            } else if Tokenizer.isSign(byte) {
                add(.sign, i..<i + 1)
                i += 1
            } else {
                let end = chunkEnd(i)
                chunk(i..<end)
                i = end
            }
        }
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        ",;?!()[]{}<>=|\"`".utf8.contains(byte)
    }

    /// Where the quote that opens here closes; nil if none does.
    private func quotedEnd(_ start: Int) -> Int? {
        let quote = bytes[start]
        guard quote == 0x22 || quote == 0x27 || quote == 0x60, start + 2 < bytes.count else {
            return nil
        }
        if quote == 0x27, start > 0, Tokenizer.isLetter(bytes[start - 1]) { return nil }
        let last = min(bytes.count, start + 4000)
        for end in start + 1..<last where bytes[end] == quote {
            if quote == 0x27, end + 1 < bytes.count, Tokenizer.isAlphanumeric(bytes[end + 1]) {
                continue
            }
            return end > start + 1 ? end : nil
        }
        return nil
    }

    private func chunkEnd(_ start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] > 0x20 {
            let byte = bytes[end]
            if Tokenizer.isSign(byte) {
                // The comma of 10,000 belongs to the number.
                let isInNumber =
                    byte == 0x2C && end > start && end + 3 < bytes.count
                    && Tokenizer.isDigit(bytes[end - 1])
                    && (1...3).allSatisfy { Tokenizer.isDigit(bytes[end + $0]) }
                if !isInNumber { break }
            }
            end += 1
        }
        return max(end, start + 1)
    }

    private mutating func chunk(_ range: Range<Int>) {
        var range = range
        var signs: [Int] = []
        while let last = range.last, range.count > 1, ".:'-/".utf8.contains(bytes[last]) {
            if bytes[last] == 0x2E || bytes[last] == 0x3A { signs.append(last) }
            range = range.lowerBound..<last
        }
        while range.count > 1, bytes[range.lowerBound] == 0x27 {
            range = range.lowerBound + 1..<range.upperBound
        }
        read(range)
        for place in signs.reversed() { add(.sign, place..<place + 1) }
    }

    private mutating func read(_ range: Range<Int>) {
        if let split = keyValueSplit(range) {
            read(range.lowerBound..<split)
            add(.sign, split..<split + 1)
            read(split + 1..<range.upperBound)
        } else if isWords(range) {
            words(range)
        } else if !number(range) {
            add(.name, range)
        }
    }

    /// `limit:5` is a name, a sign and a value; `s3://x`, `10:30` and `a:b:c` are not.
    private func keyValueSplit(_ range: Range<Int>) -> Int? {
        let colons = range.filter { bytes[$0] == 0x3A }
        guard colons.count == 1, let colon = colons.first, colon > range.lowerBound,
            colon + 1 < range.upperBound, Tokenizer.isLetter(bytes[colon - 1]),
            bytes[colon + 1] != 0x2F, Tokenizer.isDigit(bytes[colon + 1])
        else { return nil }
        return colon
    }

    /// Letters, hyphens and apostrophes.
    private func isWords(_ range: Range<Int>) -> Bool {
        range.allSatisfy {
            Tokenizer.isLetter(bytes[$0]) || bytes[$0] == 0x2D || bytes[$0] == 0x27
                || bytes[$0] == 0x2F
        } && range.contains { Tokenizer.isLetter(bytes[$0]) } && bytes[range.lowerBound] != 0x2F
            && range.count(where: { bytes[$0] == 0x2F }) <= 1
    }

    private mutating func words(_ range: Range<Int>) {
        var start = range.lowerBound
        var isFirst = true
        for end in range.lowerBound...range.upperBound {
            let isEnd = end == range.upperBound
            if !isEnd, bytes[end] != 0x2D, bytes[end] != 0x2F { continue }
            if end > start {
                word(start..<end, isJoined: !isFirst)
                isFirst = false
            }
            start = end + 1
        }
    }

    /// A word without what follows its apostrophe, except that `n't` is `not`.
    private mutating func word(_ range: Range<Int>, isJoined: Bool) {
        guard let apostrophe = range.first(where: { bytes[$0] == 0x27 }) else {
            return add(.word, range, isJoined: isJoined)
        }
        let rest = bytes[apostrophe + 1..<range.upperBound]
        let isNot =
            rest.elementsEqual([0x74]) && apostrophe > range.lowerBound
            && bytes[apostrophe - 1] | 0x20 == 0x6E
        let end = isNot ? apostrophe - 1 : apostrophe
        if end > range.lowerBound { add(.word, range.lowerBound..<end, isJoined: isJoined) }
        if isNot {
            tokens.append(
                Token(kind: .word, text: "not", lower: "not", stem: "not", place: range))
        }
    }

    /// A number with its unit, `3h`, `$500`, `12.5%`, `10,000`; false where it is something else.
    private mutating func number(_ range: Range<Int>) -> Bool {
        var start = range.lowerBound
        if "$#~<>".utf8.contains(bytes[start]), range.count > 1 { start += 1 }
        var end = start
        if bytes[end] == 0x2D || bytes[end] == 0x2B { end += 1 }
        while end < range.upperBound,
            Tokenizer.isDigit(bytes[end]) || bytes[end] == 0x2E
                || bytes[end] == 0x2C
        { end += 1 }
        let digits = String(decoding: bytes[start..<end].filter { $0 != 0x2C }, as: UTF8.self)
        guard let number = Double(digits), number.isFinite, digits.utf8.count < 30 else {
            return false
        }
        let unit = end..<range.upperBound
        let isUnit =
            unit.isEmpty || (unit.count == 1 && bytes[end] == 0x25)
            || (unit.count == 1 && bytes[end] == 0x2B)
            || unit.allSatisfy { Tokenizer.isLetter(bytes[$0]) || bytes[$0] == 0x2D }
        guard isUnit, unit.count <= 12 else { return false }
        if start > range.lowerBound, bytes[range.lowerBound] == 0x24 {
            add(.sign, range.lowerBound..<start)
        }
        add(.number(number), start..<end)
        if unit.isEmpty { return true }
        if bytes[end] == 0x2B {
            add(.sign, unit)
        } else if bytes[end] == 0x25 {
            add(.word, unit, isJoined: true)
        } else if !isOrdinal(unit) {
            words(unit)
        }
        return true
    }

    private func isOrdinal(_ unit: Range<Int>) -> Bool {
        ["st", "nd", "rd", "th"].contains(String(decoding: bytes[unit], as: UTF8.self).lowercased())
    }

    private mutating func add(_ kind: Token.Kind, _ place: Range<Int>, isJoined: Bool = false) {
        let text = String(decoding: bytes[place], as: UTF8.self)
        var lower = text.lowercased()
        if kind == .word, isPluralAcronym(place) { lower.removeLast() }
        let stem = kind == .word ? Stemmer.stem(lower) : lower
        tokens.append(
            Token(
                kind: kind, text: text, lower: lower, stem: stem, place: place, isJoined: isJoined))
    }

    /// `SLAs` and `DBUs` are several of one kind.
    private func isPluralAcronym(_ place: Range<Int>) -> Bool {
        guard place.count > 2, bytes[place.upperBound - 1] == 0x73 else { return false }
        return bytes[place.dropLast()].allSatisfy { $0 >= 0x41 && $0 <= 0x5A }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    /// The words within a compound name: `max_patterns`, `dailyLoad` and `SPENDING_POTS` are two.
    static func parts(_ name: String) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        var wasLower = false
        for byte in name.utf8 {
            let isUpper = byte >= 0x41 && byte <= 0x5A
            if !isLetter(byte) || (isUpper && wasLower) {
                if !part.isEmpty { parts.append(String(decoding: part, as: UTF8.self)) }
                part = []
            }
            if isLetter(byte) { part.append(isUpper ? byte | 0x20 : byte) }
            wasLower = byte >= 0x61 && byte <= 0x7A
        }
        if !part.isEmpty { parts.append(String(decoding: part, as: UTF8.self)) }
        return parts
    }
}
