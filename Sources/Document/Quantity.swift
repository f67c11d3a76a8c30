/// Durations and sizes as people write them. What is malformed or does not fit is nil, never a
/// guess.
package enum Quantity {
    /// `250ms`, `1.5s`, `2m`, `1h`, `1d`, or ISO 8601 without years and months: `PT5S`, `P1DT2H`,
    /// `P2W`.
    package static func duration(_ text: String) -> Duration? {
        guard text.utf8.count <= 64 else { return nil }
        if text.utf8.first == UInt8(ascii: "P") { return isoDuration(text.utf8.dropFirst()) }
        var rest = text.utf8[...]
        guard let amount = amount(&rest), let unit = units[String(rest) ?? ""] else { return nil }
        return amount.times(unit)
    }

    /// `512`, `512B`, `64KiB`, `1MiB`, `2GiB`, `1TiB`.
    package static func size(_ text: String) -> Int? {
        guard text.utf8.count <= 64 else { return nil }
        var rest = text.utf8[...]
        guard let amount = amount(&rest), amount.nanos == 0 else { return nil }
        let factors = [
            "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
        ]
        guard let factor = factors[String(rest) ?? ""] else { return nil }
        let (bytes, overflow) = Int(amount.whole).multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    private static func isoDuration(_ text: Substring.UTF8View) -> Duration? {
        var rest = text
        var order: [UInt8] = Array("WDTHMS".utf8)
        var total: Duration?
        while let next = rest.first {
            if next == UInt8(ascii: "T") {
                guard let place = order.firstIndex(of: next), rest.count > 1 else { return nil }
                order.removeSubrange(...place)
                rest.removeFirst()
            }
            guard let amount = amount(&rest), let letter = rest.popFirst(),
                let place = order.firstIndex(of: letter), letter != UInt8(ascii: "T"),
                let unit = isoUnit(letter, timePart: !order.contains(UInt8(ascii: "T"))),
                let part = amount.times(unit)
            else { return nil }
            order.removeSubrange(...place)
            total = (total ?? .zero) + part
        }
        return total
    }

    private static func isoUnit(_ letter: UInt8, timePart: Bool) -> Int64? {
        switch (letter, timePart) {
        case (UInt8(ascii: "W"), false): 604_800_000_000_000
        case (UInt8(ascii: "D"), false): units["d"]
        case (UInt8(ascii: "H"), true): units["h"]
        case (UInt8(ascii: "M"), true): units["m"]
        case (UInt8(ascii: "S"), true): units["s"]
        default: nil
        }
    }

    /// A decimal number: its whole part, and billionths.
    private struct Amount {
        var whole: Int64
        var nanos: Int64

        /// This many units of so many nanoseconds; nil beyond a thousand years.
        func times(_ unit: Int64) -> Duration? {
            let nanoseconds =
                Int128(whole) * Int128(unit) + Int128(nanos) * Int128(unit) / 1_000_000_000
            guard nanoseconds <= Int128(365_250) * 86_400 * 1_000_000_000 else { return nil }
            return .seconds(Int64(nanoseconds / 1_000_000_000))
                + .nanoseconds(Int64(nanoseconds % 1_000_000_000))
        }
    }

    private static func amount(_ rest: inout Substring.UTF8View) -> Amount? {
        let whole = digits(&rest)
        guard let number = Int64(whole) else { return nil }
        guard rest.first == UInt8(ascii: ".") else { return Amount(whole: number, nanos: 0) }
        rest.removeFirst()
        let fraction = digits(&rest)
        guard !fraction.isEmpty, fraction.count <= 9,
            let nanos = Int64(fraction + String(repeating: "0", count: 9 - fraction.count))
        else { return nil }
        return Amount(whole: number, nanos: nanos)
    }

    private static func digits(_ rest: inout Substring.UTF8View) -> String {
        let digits = rest.prefix { Digit.decimal($0) != nil }
        rest = rest[digits.endIndex...]
        return String(Substring(digits))
    }
}
