import Telemetry

/// Writes the parts of a time by a format of `%` directives, in English and in UTC.
struct DateFormat {
    let parts: [Int64]

    func text(_ format: String) throws(Failure) -> String {
        var text: [UInt8] = []
        var bytes = format.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                text.append(byte)
                continue
            }
            guard let directive = bytes.next(), let written = written(directive) else {
                throw Failure("strftime/1 does not know a directive of \"\(format)\"")
            }
            text.append(contentsOf: written.utf8)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func written(_ directive: UInt8) -> String? {
        composed(directive) ?? named(directive) ?? number(directive)
    }

    private func composed(_ directive: UInt8) -> String? {
        let (year, month, day) = (padded(parts[0], 4), padded(parts[1] + 1), padded(parts[2]))
        let time = "\(padded(parts[3])):\(padded(parts[4]))"
        switch directive {
        case UInt8(ascii: "F"): return "\(year)-\(month)-\(day)"
        case UInt8(ascii: "D"), UInt8(ascii: "x"):
            return "\(month)/\(day)/\(padded(parts[0] % 100))"
        case UInt8(ascii: "T"), UInt8(ascii: "X"): return "\(time):\(padded(parts[5]))"
        case UInt8(ascii: "R"): return time
        case UInt8(ascii: "r"):
            return "\(padded(hour12)):\(padded(parts[4])):\(padded(parts[5])) \(noon)"
        case UInt8(ascii: "c"):
            let (weekday, month) = (Dates.weekdays[Int(parts[6])], Dates.months[Int(parts[1])])
            return "\(weekday.prefix(3)) \(month.prefix(3)) \(padded(parts[2], 2, " ")) "
                + "\(time):\(padded(parts[5])) \(parts[0])"
        default: return nil
        }
    }

    private func named(_ directive: UInt8) -> String? {
        let (weekday, month) = (Dates.weekdays[Int(parts[6])], Dates.months[Int(parts[1])])
        switch directive {
        case UInt8(ascii: "A"): return weekday
        case UInt8(ascii: "a"): return String(weekday.prefix(3))
        case UInt8(ascii: "B"): return month
        case UInt8(ascii: "b"), UInt8(ascii: "h"): return String(month.prefix(3))
        case UInt8(ascii: "p"): return noon
        case UInt8(ascii: "P"): return parts[3] < 12 ? "am" : "pm"
        case UInt8(ascii: "Z"): return "UTC"
        case UInt8(ascii: "z"): return "+0000"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "%"): return "%"
        default: return nil
        }
    }

    private func number(_ directive: UInt8) -> String? {
        let (dayOfYear, weekday) = (parts[7], parts[6])
        switch directive {
        case UInt8(ascii: "Y"): return String(parts[0])
        case UInt8(ascii: "C"): return padded(parts[0] / 100)
        case UInt8(ascii: "y"): return padded(parts[0] % 100)
        case UInt8(ascii: "m"): return padded(parts[1] + 1)
        case UInt8(ascii: "d"): return padded(parts[2])
        case UInt8(ascii: "e"): return padded(parts[2], 2, " ")
        case UInt8(ascii: "H"): return padded(parts[3])
        case UInt8(ascii: "k"): return padded(parts[3], 2, " ")
        case UInt8(ascii: "I"): return padded(hour12)
        case UInt8(ascii: "l"): return padded(hour12, 2, " ")
        case UInt8(ascii: "M"): return padded(parts[4])
        case UInt8(ascii: "S"): return padded(parts[5])
        case UInt8(ascii: "j"): return padded(dayOfYear + 1, 3)
        case UInt8(ascii: "u"): return String(weekday == 0 ? 7 : weekday)
        case UInt8(ascii: "w"): return String(weekday)
        case UInt8(ascii: "U"): return padded((dayOfYear + 7 - weekday) / 7)
        case UInt8(ascii: "W"): return padded((dayOfYear + 7 - (weekday + 6) % 7) / 7)
        case UInt8(ascii: "s"): return String(seconds)
        case UInt8(ascii: "G"): return String(week.year)
        case UInt8(ascii: "g"): return padded(week.year % 100)
        case UInt8(ascii: "V"): return padded(week.number)
        default: return nil
        }
    }

    private var hour12: Int64 { (parts[3] + 11) % 12 + 1 }
    private var noon: String { parts[3] < 12 ? "AM" : "PM" }

    private var seconds: Int64 {
        CivilDate(parts[0], parts[1] + 1, parts[2]).dayOfEpoch * 86_400 + parts[3] * 3600 + parts[4]
            * 60
            + parts[5]
    }

    /// The week by ISO 8601: weeks begin on Monday and belong to the year of their Thursday.
    private var week: (year: Int64, number: Int64) {
        let thursday = parts[7] - (parts[6] + 6) % 7 + 3
        if thursday < 0 {
            return (parts[0] - 1, (thursday + length(parts[0] - 1)) / 7 + 1)
        }
        if thursday >= length(parts[0]) { return (parts[0] + 1, 1) }
        return (parts[0], thursday / 7 + 1)
    }

    private func length(_ year: Int64) -> Int64 {
        CivilDate(year + 1, 1, 1).dayOfEpoch - CivilDate(year, 1, 1).dayOfEpoch
    }

    private func padded(_ value: Int64, _ width: Int = 2, _ fill: String = "0") -> String {
        let digits = String(value)
        return String(repeating: fill, count: max(0, width - digits.utf8.count)) + digits
    }
}
