import Document

/// The formats `@name`: how a value is written into text of some other language.
enum Format: String, Sendable, CaseIterable {
    case text, json, csv, tsv, html, uri, sh, base64, base64d

    func apply(_ value: Value, _ fuel: Fuel) throws(Failure) -> String {
        switch self {
        case .text: return try Self.charged(try ExpressionText.text(value, fuel), fuel)
        case .json: return try Self.charged(try ExpressionText.json(value, fuel), fuel)
        case .csv: return try Self.charged(try row(value, ",", Self.csvField), fuel)
        case .tsv: return try Self.charged(try row(value, "\t", Self.tsvField), fuel)
        case .sh: return try Self.charged(try shell(value), fuel)
        case .html: return try Self.charged(try Self.html(ExpressionText.text(value, fuel)), fuel)
        case .uri: return try Self.charged(try Self.uri(ExpressionText.text(value, fuel)), fuel)
        case .base64:
            return try Self.charged(try Self.encoded(ExpressionText.text(value, fuel)), fuel)
        case .base64d:
            return try Self.charged(try Self.decoded(ExpressionText.text(value, fuel)), fuel)
        }
    }

    private static func charged(_ text: String, _ fuel: Fuel) throws(Failure) -> String {
        try fuel.charge(text.utf8.count)
        return text
    }

    private func row(
        _ value: Value, _ separator: String, _ field: (Value) throws(Failure) -> String
    ) throws(Failure) -> String {
        guard case .array(let array) = value else {
            throw Failure("\(Described.typed(value)) cannot be \(rawValue)-formatted, only array")
        }
        var fields: [String] = []
        for element in array {
            if element.isContainer {
                throw Failure("\(Described.typed(element)) is not valid in a csv row")
            }
            fields.append(try field(element))
        }
        return fields.joined(separator: separator)
    }

    private static func csvField(_ value: Value) throws(Failure) -> String {
        switch value {
        case .null: ""
        case .string(let text): "\"\(escaped(text) { $0 == 0x22 ? "\"\"" : nil })\""
        default: ExpressionText.scalar(value)
        }
    }

    private static func tsvField(_ value: Value) throws(Failure) -> String {
        guard case .string(let text) = value else {
            return value.isNull ? "" : ExpressionText.scalar(value)
        }
        return escaped(text) { byte in
            switch byte {
            case 0x09: "\\t"
            case 0x0A: "\\n"
            case 0x0D: "\\r"
            case 0x5C: "\\\\"
            default: nil
            }
        }
    }

    private func shell(_ value: Value) throws(Failure) -> String {
        let array = value.array ?? [value]
        var words: [String] = []
        for element in array {
            switch element {
            case .string(let text):
                words.append("'\(Self.escaped(text) { $0 == 0x27 ? "'\\''" : nil })'")
            case .array, .object:
                throw Failure("\(Described.typed(element)) can not be escaped for shell")
            default: words.append(ExpressionText.scalar(element))
            }
        }
        return words.joined(separator: " ")
    }

    private static func html(_ text: String) -> String {
        escaped(text) { byte in
            switch byte {
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "'"): "&#39;"
            case UInt8(ascii: "\""): "&quot;"
            default: nil
            }
        }
    }

    private static func uri(_ text: String) -> String {
        escaped(text) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                nil
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func escaped(_ text: String, _ escape: (UInt8) -> String?) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 8)
        for byte in text.utf8 {
            if let escaped = escape(byte) {
                bytes.append(contentsOf: escaped.utf8)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
