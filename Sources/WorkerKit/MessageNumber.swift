/// Writes and reads the ids of messages: six random characters, which are this process's, and a
/// number in base 36.
///
/// An id has at most 15 ASCII bytes, so that a `String` of it needs no memory of its own.
struct MessageNumber {
    private let prefix: [UInt8]

    /// The greatest number that fits in eight digits.
    static let limit: UInt64 = 2_821_109_907_455

    /// - Parameter prefix: six characters of `[a-z0-9]`.
    init(prefix: String) { self.prefix = Array(prefix.utf8) + [UInt8(ascii: "-")] }

    func text(_ number: UInt64) -> String {
        unsafe String(unsafeUninitializedCapacity: 15) { buffer in
            var digits = 1
            var rest = number / 36
            while rest > 0 {
                digits += 1
                rest /= 36
            }
            let count = min(prefix.count + digits, buffer.count)
            for index in prefix.indices { unsafe buffer[index] = prefix[index] }
            rest = number
            for index in stride(from: count - 1, through: prefix.count, by: -1) {
                unsafe buffer[index] = Self.digits[Int(rest % 36)]
                rest /= 36
            }
            return count
        }
    }

    /// The number of an id of this process.
    func number(_ id: RawSpan) -> UInt64? {
        let digits = id.byteCount - prefix.count
        guard digits > 0, digits <= 8 else { return nil }
        return unsafe id.withUnsafeBytes { bytes in
            for index in prefix.indices where unsafe bytes[index] != prefix[index] { return nil }
            var number: UInt64 = 0
            for index in prefix.count..<bytes.count {
                guard let digit = Self.value(unsafe bytes[index]) else { return nil }
                number = number * 36 + digit
            }
            return number
        }
    }

    /// So many random characters of `[a-z0-9]`.
    static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return random(count, using: &generator)
    }

    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        let letters = (0..<count).map { _ in
            digits[Int(UInt64.random(in: 0..<36, using: &generator))]
        }
        return String(decoding: letters, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    private static func value(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }
}
