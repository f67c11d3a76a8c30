/// A scalar as it was written, and what the core schema of YAML 1.2 makes of it. Nothing of YAML
/// 1.1 is known here: `no` and `on` are text, `012` is twelve, `1:30` and dates are text. Quoted
/// scalars are always text.
struct Scalar: Sendable {
    let text: String
    let plain: Bool

    var isNull: Bool {
        plain && ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var bool: Bool? {
        guard plain else { return nil }
        return switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// What a plain scalar is as a number; `tooLarge` are integers beyond 64 bits and what no JSON
    /// number can carry.
    enum Number {
        case none
        case integer(Int128)
        case float(Double)
        case tooLarge
    }

    var number: Number {
        guard plain, let first = text.utf8.first,
            Digit.decimal(first) != nil || "+-.".utf8.contains(first)
        else { return .none }
        let unsigned = text.drop { $0 == "+" || $0 == "-" }
        guard text.utf8.count - unsigned.utf8.count <= 1 else { return .none }
        let signed = unsigned.utf8.count < text.utf8.count
        if !signed, unsigned.hasPrefix("0o") { return integer(unsigned.dropFirst(2), radix: 8) }
        if !signed, unsigned.hasPrefix("0x") { return integer(unsigned.dropFirst(2), radix: 16) }
        if [".inf", ".Inf", ".INF"].contains(unsigned) { return .tooLarge }
        if !signed, [".nan", ".NaN", ".NAN"].contains(unsigned) { return .tooLarge }
        if unsigned.utf8.allSatisfy({ Digit.decimal($0) != nil }) {
            return integer(text[...], radix: 10)
        }
        return float(unsigned)
    }

    private func integer(_ digits: Substring, radix: Int) -> Number {
        let body = radix == 10 ? digits.drop { $0 == "+" || $0 == "-" } : digits
        let legal = body.utf8.allSatisfy { (Digit.hexadecimal($0) ?? 99) < radix }
        guard !body.isEmpty, legal else { return .none }
        guard let exact = Int128(digits, radix: radix),
            exact >= Int128(Int64.min), exact <= Int128(UInt64.max)
        else { return .tooLarge }
        return .integer(exact)
    }

    /// `(\.[0-9]+ | [0-9]+ (\.[0-9]*)?) ([eE][-+]?[0-9]+)?`
    private func float(_ unsigned: Substring) -> Number {
        var rest = unsigned.utf8[...]
        let whole = Scalar.skipDigits(&rest)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Scalar.skipDigits(&rest)
        }
        guard whole + fraction > 0 else { return .none }
        let mantissa = unsigned.utf8[..<rest.startIndex]
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
            guard Scalar.skipDigits(&rest) > 0 else { return .none }
        }
        guard rest.isEmpty else { return .none }
        guard text.utf8.count <= Limits.file.numberBytes, let number = Double(text),
            number.isFinite,
            number != 0
                || mantissa.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") })
        else { return .tooLarge }
        return .float(number)
    }

    private static func skipDigits(_ rest: inout Substring.UTF8View) -> Int {
        let digits = rest.prefix { Digit.decimal($0) != nil }
        rest = rest[digits.endIndex...]
        return digits.count
    }
}
