import Document
import Telemetry

/// Why an evaluation ends early: an error of the language, which `try` sees, or a bound that was
/// reached, which nothing in the expression can catch.
enum Failure: Error {
    case error(Value)
    case limit(String)

    init(_ message: String) { self = .error(.string(message)) }

    /// What the caller of the expression is told.
    func fault(in text: String) -> Fault {
        let place = "expression '\(text.utf8.count <= 80 ? text : text.prefix(70) + "…")'"
        switch self {
        case .error(.string(let message)):
            return Fault(FlowCode.expression, Described.cut(message, at: 500), at: place)
        case .error(let value):
            return Fault(
                FlowCode.expression, "the error \(Described.short(value)) was raised", at: place)
        case .limit(let message): return Fault(FlowCode.limit, message, at: place)
        }
    }
}

/// How messages of the language show values.
enum Described {
    /// The value's text, cut after eleven bytes.
    static func short(_ value: Value) -> String {
        var writer = ExpressionText(limit: 32)
        writer.write(value)
        guard writer.bytes.count > 14 else { return writer.text }
        var cut = writer.bytes.prefix(11)
        while let last = writer.bytes[safe: cut.count], last & 0xC0 == 0x80 { cut.removeLast() }
        return String(decoding: cut, as: UTF8.self) + "..."
    }

    /// The start of a text.
    static func cut(_ text: String, at most: Int = 40) -> String {
        text.utf8.count <= most ? text : Texts.slice(text, 0..<most) + "..."
    }

    /// `number (5)`.
    static func typed(_ value: Value) -> String { "\(value.kind.rawValue) (\(short(value)))" }
}

extension Array {
    /// The element, or nothing outside of the bounds.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
