import Document
import Wire

/// The content of an event, or what there is of it: as a value for programs, as a short piece of
/// one line for people.
struct TapContent: Sendable {
    private enum Limits {
        /// Scalars of an excerpt; nobody's terminal is wider.
        static let excerpt = 1000
    }

    let bytes: [UInt8]
    /// The content's type as the message says; empty: JSON.
    let type: String
    /// Whether this is not all of it.
    let isCut: Bool
    /// Bytes of all of it.
    let length: Int

    init(_ bytes: [UInt8], type: String = "", isCut: Bool = false, length: Int? = nil) {
        self.bytes = bytes
        self.type = type
        self.isCut = isCut
        self.length = length ?? bytes.count
    }

    /// Whether the content says it is JSON; parameters such as a charset do not matter.
    var saysJSON: Bool {
        let plain = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        return plain.isEmpty || plain == "application/json" || plain.hasSuffix("+json")
    }

    /// All of it as a value; nothing if it is none.
    var json: Value? {
        guard !bytes.isEmpty, saysJSON, !isCut else { return nil }
        return try? JSON.parse(bytes)
    }

    /// For programs: JSON as it is, none as null, the beginning of a text as `{"text": …}`, the
    /// rest as `{"base64": …}`.
    var value: Value {
        if bytes.isEmpty { return .null }
        if let json { return json }
        if isCut, let text { return ["text": .string(text)] }
        return ["base64": .string(Base64.encode(bytes))]
    }

    /// At most so many columns of one line, control characters escaped; empty for no content.
    func excerpt(width: Int? = nil) -> String {
        let text = oneLine
        return width.map { DisplayWidth.cut(text, to: $0) } ?? text
    }

    private var oneLine: String {
        if bytes.isEmpty { return length > 0 ? "(\(length) bytes)" : "" }
        if let json { return Self.escaped(JSON.text(json)) }
        guard let text else { return "(\(length) bytes\(type.isEmpty ? "" : " of \(type)"))" }
        return Self.escaped(text) + (isCut ? "… (\(length) bytes)" : "")
    }

    /// The bytes as text, unless they are none. Where the end was cut away a character may be too.
    private var text: String? {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        guard isCut else { return nil }
        for count in 1...3 where bytes.count > count {
            if let text = String(validating: bytes.dropLast(count), as: UTF8.self) { return text }
        }
        return nil
    }

    /// Everything that would steer a terminal, in the notation of JSON.
    static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        if isPlain, text.utf8.count <= Limits.excerpt { return text }
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < Limits.excerpt else { return result + "…" }
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                let isHarmless = !Printable.stripped(String(scalar)).isEmpty
                if isHarmless {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += hex(scalar)
                }
            }
        }
        return result
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
