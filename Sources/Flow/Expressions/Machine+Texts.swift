import Document
import Telemetry

/// Functions of texts, and conversions.
extension Machine {
    func conversion(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        switch plain {
        case .toString: return .string(try Format.text.apply(input, fuel))
        case .toJSON: return .string(try Format.json.apply(input, fuel))
        case .toNumber:
            if input.kind == .number { return input }
            guard case .string(let text) = input else {
                throw Failure("\(Described.typed(input)) cannot be parsed as a number")
            }
            guard let number = Numbers.parse(Texts.trimmed(text, start: true, end: true)) else {
                throw Failure("\(Described.typed(input)) cannot be parsed as a number")
            }
            return number
        case .fromJSON:
            guard case .string(let text) = input else {
                throw Failure("\(Described.typed(input)) only strings can be parsed")
            }
            try fuel.charge(text.utf8.count * 4)
            do {
                return try JSON.parse(text)
            } catch {
                throw Failure("\(error.message) (while parsing '\(Described.cut(text))')")
            }
        case .format:
            guard case .string(let name) = arguments[0] else {
                throw Failure("\(Described.typed(arguments[0])) is not a valid format")
            }
            guard let format = Format(rawValue: name) else {
                throw Failure("\(name) is not a valid format")
            }
            return .string(try format.apply(input, fuel))
        case .utf8ByteLength:
            guard case .string(let text) = input else {
                throw Failure("\(Described.typed(input)) only strings have UTF-8 byte length")
            }
            return Value(text.utf8.count)
        case .explode:
            guard case .string(let text) = input else {
                throw Failure("\(Described.typed(input)) cannot be exploded")
            }
            try fuel.charge(text.utf8.count * Fuel.element)
            return .array(text.unicodeScalars.map { .integer(Int64($0.value)) })
        case .implode:
            guard case .array(let codes) = input else {
                throw Failure("\(Described.typed(input)) cannot be imploded")
            }
            try fuel.charge(codes.count * 4)
            return try Texts.imploded(codes)
        default: return try Texts.imploded([input])
        }
    }

    func text(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        switch plain {
        case .startsWith, .endsWith:
            guard case .string(let text) = input, case .string(let part) = arguments[0] else {
                throw Failure(
                    "\(plain == .startsWith ? "starts" : "ends")with() requires string inputs")
            }
            return .bool(
                plain == .startsWith ? Texts.hasPrefix(text, part) : Texts.hasSuffix(text, part))
        case .withoutPrefix:
            guard case .string(let text) = input, case .string(let part) = arguments[0],
                Texts.hasPrefix(text, part)
            else { return input }
            return try charged(Texts.withoutPrefix(text, part.utf8.count))
        case .withoutSuffix:
            guard case .string(let text) = input, case .string(let part) = arguments[0],
                Texts.hasSuffix(text, part)
            else { return input }
            return try charged(Texts.withoutSuffix(text, part.utf8.count))
        case .split:
            guard case .string(let text) = input, case .string(let part) = arguments[0] else {
                throw Failure("split input and separator must be strings")
            }
            return .array(try Texts.split(text, part, fuel))
        case .test, .testFlags, .matchAll, .splitPattern:
            return try pattern(plain, input, arguments)
        default: return try changed(plain, input)
        }
    }

    private func charged(_ text: String) throws(Failure) -> Value {
        try fuel.charge(text.utf8.count)
        return .string(text)
    }

    private func changed(_ plain: Plain, _ input: Value) throws(Failure) -> Value {
        guard case .string(let text) = input else {
            throw Failure("\(Described.typed(input)) is not a string")
        }
        try fuel.charge(text.utf8.count)
        switch plain {
        case .lowercase: return .string(Texts.ascii(text, lower: true))
        case .uppercase: return .string(Texts.ascii(text, lower: false))
        case .trimStart: return .string(Texts.trimmed(text, start: true, end: false))
        case .trimEnd: return .string(Texts.trimmed(text, start: false, end: true))
        default: return .string(Texts.trimmed(text, start: true, end: true))
        }
    }
}
