package import Telemetry

/// A fence: a number of up to 40 decimal digits that orders those who may decide; the higher one
/// wins.
///
/// It is compared digit by digit and never becomes a machine integer, which it could overflow.
package struct Fence: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Without leading zeros, so that equal numbers are equal texts.
    private let digits: String

    package init(_ text: some StringProtocol) throws(Fault) {
        let utf8 = text.utf8
        guard !utf8.isEmpty, utf8.count <= WireLimits.fenceDigits, utf8.allSatisfy(Self.isDigit)
        else {
            throw Fault(
                WireCode.range, "a fence has 1 to \(WireLimits.fenceDigits) decimal digits")
        }
        let significant = text.drop { $0 == "0" }
        digits = significant.isEmpty ? "0" : String(significant)
    }

    package init(_ number: UInt64) { digits = String(number) }

    package static func < (left: Fence, right: Fence) -> Bool {
        let (left, right) = (left.digits.utf8, right.digits.utf8)
        return left.count == right.count
            ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    package var description: String { digits }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
