/// What Redis answered: a checked copy of what the library read, bounded in depth and number.
///
/// Nothing about it can be taken for granted; the views below give nothing where it is of another
/// kind.
package enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    case error(String)
    case array([RedisReply])

    /// The words of bytes and states; nothing where they are no UTF-8.
    package var text: String? {
        switch self {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// A number, also one that travels as text.
    package var integer: Int? {
        switch self {
        case .integer(let number): Int(exactly: number)
        case .bytes, .status: text.flatMap { Int($0) }
        default: nil
        }
    }

    package var unsigned: UInt64? {
        switch self {
        case .integer(let number): UInt64(exactly: number)
        case .bytes, .status: text.flatMap { UInt64($0) }
        default: nil
        }
    }

    package var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    package var array: [RedisReply]? {
        if case .array(let replies) = self { replies } else { nil }
    }

    package var error: String? {
        if case .error(let text) = self { text } else { nil }
    }

    /// The first word of an error, such as `NOSCRIPT`.
    package var errorCode: Substring? {
        error.map { $0.prefix { $0 != " " } }
    }

    /// A list of names and values, one after the other, as pairs.
    package var pairs: [(name: RedisReply, value: RedisReply)]? {
        guard let all = array, all.count % 2 == 0 else { return nil }
        return stride(from: 0, to: all.count, by: 2).map { (all[$0], all[$0 + 1]) }
    }
}
