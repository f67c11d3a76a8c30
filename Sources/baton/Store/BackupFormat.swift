import Document
import Telemetry

/// How a backup of a store lies in a file: a head of fixed size that says what it is, the keys one
/// after the other, and a sum over all of it at the end. Pure.
///
/// A key is the length of its name, its end in milliseconds since 1970 or 0, the length of its
/// content (each in eight bytes, the low one first), the name, and the content as Redis gives it.
enum BackupFormat {
    static let version = 1
    static let headSize = 1024
    /// Before each name and content.
    static let frameSize = 24
    static let footSize = 13
    private static let mark = "baton store backup\n"

    enum Limits {
        static let name = 4096
        /// The longest string that Redis can hold, and its frame.
        static let content = 600 << 20
    }

    struct Head: Sendable, Equatable, Codable {
        var version = BackupFormat.version
        var prefix: String
        /// When it was begun and when it was whole, in milliseconds since 1970.
        var began: Int64
        var ended: Int64 = 0
        var redis: String
        var keys = 0
        /// Of contents alone.
        var bytes = 0
        var kinds: [String: Int] = [:]
    }

    struct Key: Sendable, Equatable {
        var name: [UInt8]
        /// Milliseconds since 1970; 0: it does not end.
        var end: UInt64
        var content: [UInt8]
    }

    /// Padded with spaces, so that it can be written last into the place that was kept free.
    static func bytes(of head: Head) throws(Fault) -> [UInt8] {
        var bytes = Array(mark.utf8) + (try JSON.encode(head))
        guard bytes.count < headSize else {
            throw Fault(Exit.software, "the head of a backup has \(bytes.count) bytes")
        }
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: headSize - bytes.count - 1)
        return bytes + [UInt8(ascii: "\n")]
    }

    static func head(_ bytes: [UInt8], at path: String) throws(Fault) -> Head {
        guard bytes.starts(with: mark.utf8), bytes.count == headSize else {
            throw Fault(Exit.invalidInput, "is no backup of a store.", at: path)
        }
        let text = bytes.dropFirst(mark.utf8.count)
        guard let value = try? JSON.parse(Array(text)),
            let version = value["version"]?.integer
        else { throw damaged(path) }
        guard version == Self.version else {
            throw Fault(
                Exit.invalidInput,
                "is a backup of version \(version); this program reads \(Self.version).", at: path)
        }
        do throws(Fault) {
            return try JSON.decode(Head.self, from: Array(text), source: path)
        } catch {
            throw damaged(path)
        }
    }

    static func frame(of key: Key) -> [UInt8] {
        [UInt64(key.name.count), key.end, UInt64(key.content.count)].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }

    /// What a frame announces; nil where it cannot be one.
    static func sizes(_ frame: [UInt8]) -> (name: Int, end: UInt64, content: Int)? {
        guard frame.count == frameSize else { return nil }
        let numbers = stride(from: 0, to: frameSize, by: 8).map { start in
            frame[start..<start + 8].reversed().reduce(UInt64.zero) { $0 << 8 | UInt64($1) }
        }
        guard numbers[0] <= Limits.name, numbers[2] <= Limits.content, numbers[1] < 1 << 53 else {
            return nil
        }
        return (Int(numbers[0]), numbers[1], Int(numbers[2]))
    }

    static func foot(_ sum: UInt32) -> [UInt8] {
        let digits = String(sum, radix: 16)
        return Array("end ".utf8) + [UInt8](repeating: 0x30, count: 8 - digits.utf8.count)
            + digits.utf8 + [UInt8(ascii: "\n")]
    }

    static func damaged(_ path: String) -> Fault {
        Fault(Exit.invalidInput, "is damaged or was cut off; nothing of it is used.", at: path)
    }
}
