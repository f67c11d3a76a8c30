/// Text as it stands in URLs and forms: what is not a letter, a digit or one of `-._~` becomes
/// `%XX`.
package enum Percent {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// - Parameter kept: more characters that stay as they are.
    package static func encode(_ text: String, keeping kept: String = "") -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isPlain =
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
                default: kept.utf8.contains(byte)
                }
            if isPlain { bytes.append(byte) } else { bytes += encode(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
