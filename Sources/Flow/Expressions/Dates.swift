import Document
import Telemetry

/// Times in UTC: seconds since 1970, and the list of parts that the language works with: year,
/// month from 0, day, hour, minute, second, weekday from Sunday, day of the year from 0.
enum Dates {
    static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]

    /// The years 0 to 9999.
    private static let seconds = -62_167_219_200.0..<253_402_300_800.0

    static func parts(_ value: Value) throws(Failure) -> Value {
        guard let number = value.number else { throw Failure("gmtime() requires numeric inputs") }
        guard seconds.contains(number) else {
            throw Failure("gmtime(): \(Described.short(value)) is outside of the years 0 to 9999")
        }
        let whole = Int64(number.rounded(.down))
        let fraction = number - number.rounded(.down)
        let (day, rest) = whole.floored(by: 86_400)
        let date = CivilDate(dayOfEpoch: day)
        let parts: [Int64] = [
            date.year, date.month - 1, date.day, rest / 3600, rest / 60 % 60, rest % 60,
            (day + 4).floored(by: 7).rest, day - CivilDate(date.year, 1, 1).dayOfEpoch,
        ]
        var values = parts.map { Value.integer($0) }
        if fraction > 0 { values[5] = Numbers.value(Double(rest % 60) + fraction) }
        return .array(values)
    }

    static func seconds(_ value: Value) throws(Failure) -> Value {
        guard case .array(let array) = value else {
            throw Failure("mktime requires array inputs")
        }
        let parts = try self.parts(array, "mktime")
        // Parts may lie outside of their bounds, and are carried over as `timegm` does.
        let (year, month) = (parts[0] * 12 + parts[1]).floored(by: 12)
        let day = CivilDate(year, month + 1, 1).dayOfEpoch + parts[2] - 1
        let total = day * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
        guard seconds.contains(Double(total)) else {
            throw Failure("invalid gmtime representation")
        }
        return .integer(total)
    }

    /// The first eight parts as whole numbers within what may be calculated with.
    private static func parts(_ array: [Value], _ name: String) throws(Failure) -> [Int64] {
        var parts: [Int64] = []
        guard array.count >= 8 else { throw Failure("\(name) requires parsed datetime inputs") }
        for value in array.prefix(8) {
            guard let number = value.number, abs(number) < 1e9 else {
                throw Failure("\(name) requires parsed datetime inputs")
            }
            parts.append(Int64(number))
        }
        return parts
    }

    static func text(_ value: Value, _ format: Value) throws(Failure) -> Value {
        var value = value
        if value.kind == .number { value = try parts(value) }
        guard case .array(let array) = value else {
            throw Failure("strftime/1 requires parsed datetime inputs")
        }
        guard case .string(let format) = format else {
            throw Failure("strftime/1 requires a string format")
        }
        let parts = try parts(array, "strftime/1")
        let bounds: [Range<Int64>] = [
            0..<10_000, 0..<12, 1..<32, 0..<24, 0..<60, 0..<62, 0..<7, 0..<366,
        ]
        for (part, bound) in zip(parts, bounds) where !bound.contains(part) {
            throw Failure("strftime/1 requires parsed datetime inputs")
        }
        return .string(try DateFormat(parts: parts).text(format))
    }

    static func parsed(_ value: Value, _ format: Value) throws(Failure) -> Value {
        guard case .string(let text) = value, case .string(let format) = format else {
            throw Failure("strptime/1 requires string inputs and arguments")
        }
        guard let parts = DateReader.parts(of: text, format) else {
            throw Failure("date \"\(Described.cut(text))\" does not match format \"\(format)\"")
        }
        return .array(parts.map { .integer($0) })
    }
}

extension Machine {
    func date(_ plain: Plain, _ input: Value, _ arguments: [Value]) throws(Failure) -> Value {
        switch plain {
        case .gmtime: return try Dates.parts(input)
        case .mktime: return try Dates.seconds(input)
        case .strftime: return try Dates.text(input, arguments[0])
        default: return try Dates.parsed(input, arguments[0])
        }
    }
}
