/// All addresses that begin with the same bits, written `10.0.0.0/8`; an address alone is a network
/// of one.
package struct WebNetwork: Hashable, Sendable, CustomStringConvertible {
    package let address: WebAddress
    package let length: Int

    package init?(_ text: String) {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = pieces.first, let address = WebAddress(String(first)) else { return nil }
        let whole = address.bytes.count * 8
        self.address = address
        guard pieces.count > 1 else {
            length = whole
            return
        }
        guard pieces.count == 2, pieces[1].utf8.count <= 3, let length = Int(pieces[1]),
            (0...whole).contains(length)
        else { return nil }
        self.length = length
    }

    package func contains(_ other: WebAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let (whole, rest) = (length / 8, length % 8)
        guard address.bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> rest)
        return address.bytes[whole] & mask == other.bytes[whole] & mask
    }

    package var description: String { "\(address)/\(length)" }
}
