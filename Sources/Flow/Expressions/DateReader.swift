import Telemetry

/// Reads the parts of a time from a text by a format of `%` directives.
struct DateReader {
    private var text: ArraySlice<UInt8>
    private var (year, month, day) = (Int64(1900), Int64(0), Int64(0))
    private var (hour, minute, second) = (Int64(0), Int64(0), Int64(0))
    private var weekday: Int64?
    private var dayOfYear: Int64?
    private var isAfternoon: Bool?
    private var seconds: Int64?

    /// All eight parts; nothing where the text is not wholly what the format says.
    static func parts(of text: String, _ format: String) -> [Int64]? {
        var reader = DateReader(text: Array(text.utf8)[...])
        guard reader.read(Array(format.utf8)), reader.text.isEmpty else { return nil }
        return reader.parts
    }

    private init(text: ArraySlice<UInt8>) { self.text = text }

    private var parts: [Int64] {
        var (year, month, day) = (year, month, day)
        var (hour, minute, second) = (hour, minute, second)
        if let seconds {
            let (days, rest) = seconds.floored(by: 86_400)
            let date = CivilDate(dayOfEpoch: days)
            (year, month, day) = (date.year, date.month - 1, date.day)
            (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        }
        let date = CivilDate(year, month + 1, day).dayOfEpoch
        return [
            year, month, day, hour, minute, second, weekday ?? (date + 4).floored(by: 7).rest,
            dayOfYear ?? date - CivilDate(year, 1, 1).dayOfEpoch,
        ]
    }

    private mutating func read(_ format: [UInt8]) -> Bool {
        var position = 0
        while position < format.count {
            let byte = format[position]
            position += 1
            if Self.isBlank(byte) {
                skipBlanks()
            } else if byte == UInt8(ascii: "%") {
                guard position < format.count, read(directive: format[position]) else {
                    return false
                }
                position += 1
            } else {
                guard text.popFirst() == byte else { return false }
            }
        }
        return finishHour()
    }

    private mutating func finishHour() -> Bool {
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        return true
    }

    private mutating func read(directive: UInt8) -> Bool {
        switch directive {
        case UInt8(ascii: "F"): return read(Array("%Y-%m-%d".utf8))
        case UInt8(ascii: "T"): return read(Array("%H:%M:%S".utf8))
        case UInt8(ascii: "R"): return read(Array("%H:%M".utf8))
        case UInt8(ascii: "D"): return read(Array("%m/%d/%y".utf8))
        case UInt8(ascii: "c"): return read(Array("%a %b %e %H:%M:%S %Y".utf8))
        case UInt8(ascii: "a"), UInt8(ascii: "A"):
            weekday = name(of: Dates.weekdays)
            return weekday != nil
        case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "h"):
            guard let found = name(of: Dates.months) else { return false }
            month = found
            return true
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            guard let half = name(of: ["AM", "PM"]) else { return false }
            isAfternoon = half == 1
            return true
        case UInt8(ascii: "Z"):
            while let byte = text.first, ExpressionLexer.isLetter(byte) { text.removeFirst() }
            return true
        case UInt8(ascii: "z"): return readZone()
        case UInt8(ascii: "n"), UInt8(ascii: "t"):
            skipBlanks()
            return true
        case UInt8(ascii: "%"): return text.popFirst() == UInt8(ascii: "%")
        default: return read(number: directive)
        }
    }

    private mutating func read(number directive: UInt8) -> Bool {
        switch directive {
        case UInt8(ascii: "Y"): return take(0...9999, digits: 4) { $0.year = $1 }
        case UInt8(ascii: "y"):
            return take(0...99) { $0.year = $1 < 69 ? 2000 + $1 : 1900 + $1 }
        case UInt8(ascii: "m"): return take(1...12) { $0.month = $1 - 1 }
        case UInt8(ascii: "d"), UInt8(ascii: "e"): return take(1...31) { $0.day = $1 }
        case UInt8(ascii: "H"), UInt8(ascii: "k"): return take(0...23) { $0.hour = $1 }
        case UInt8(ascii: "I"), UInt8(ascii: "l"): return take(1...12) { $0.hour = $1 }
        case UInt8(ascii: "M"): return take(0...59) { $0.minute = $1 }
        case UInt8(ascii: "S"): return take(0...61) { $0.second = $1 }
        case UInt8(ascii: "j"): return take(1...366, digits: 3) { $0.dayOfYear = $1 - 1 }
        case UInt8(ascii: "w"): return take(0...6, digits: 1) { $0.weekday = $1 }
        case UInt8(ascii: "u"): return take(1...7, digits: 1) { $0.weekday = $1 % 7 }
        case UInt8(ascii: "s"):
            return take(0...253_402_300_799, digits: 12) { $0.seconds = $1 }
        default: return false
        }
    }

    /// `Z`, or a sign with two or four digits; it is read and changes nothing.
    private mutating func readZone() -> Bool {
        skipBlanks()
        guard let sign = text.popFirst() else { return false }
        if sign == UInt8(ascii: "Z") { return true }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
        var digits = 0
        while digits < 4, let byte = text.first {
            if digits == 2, byte == UInt8(ascii: ":") { text.removeFirst() }
            guard let digit = text.first, ExpressionLexer.isDigit(digit) else { break }
            text.removeFirst()
            digits += 1
        }
        return digits == 2 || digits == 4
    }

    private mutating func take(
        _ bounds: ClosedRange<Int64>, digits: Int = 2, _ store: (inout DateReader, Int64) -> Void
    ) -> Bool {
        skipBlanks()
        var (number, count) = (Int64(0), 0)
        while count < digits, let byte = text.first, ExpressionLexer.isDigit(byte),
            number * 10 + Int64(byte - 48) <= bounds.upperBound
        {
            number = number * 10 + Int64(byte - 48)
            text.removeFirst()
            count += 1
        }
        guard count > 0, bounds.contains(number) else { return false }
        store(&self, number)
        return true
    }

    /// The position of the name that the text goes on with, in full or by its first letters.
    private mutating func name(of names: [String]) -> Int64? {
        for (index, name) in names.enumerated() {
            for length in [name.utf8.count, min(3, name.utf8.count)] {
                let start = String(decoding: text.prefix(length), as: UTF8.self)
                guard start.utf8.count == length,
                    start.lowercased() == name.prefix(length).lowercased()
                else { continue }
                text.removeFirst(length)
                return Int64(index)
            }
        }
        return nil
    }

    private mutating func skipBlanks() { text = text.drop(while: Self.isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}
