import Wire

/// Arguments of one command, written as they travel, into one buffer.
///
/// It keeps the order of the calls and checks nothing: bytes of any kind are sent with their
/// length, so none of them can become a command.
package struct RedisArguments: Sendable {
    package private(set) var buffer: [UInt8] = []
    /// How many arguments there are.
    package private(set) var count = 0

    package init() {}

    package var byteCount: Int { buffer.count }
    package var isEmpty: Bool { count == 0 }

    /// Forgets the arguments and keeps the room.
    package mutating func clear() {
        buffer.removeAll(keepingCapacity: true)
        count = 0
    }

    package mutating func reserve(_ bytes: Int) { buffer.reserveCapacity(bytes) }

    package mutating func text(_ value: String) {
        begin(value.utf8.count)
        buffer.append(contentsOf: value.utf8)
        end()
    }

    package mutating func number(_ value: some BinaryInteger) {
        // A sign and the digits of 64 bits are at most 20 bytes; longer ones take the long way.
        guard let value = Int64(exactly: value) else { return text(String(value)) }
        begin(Self.length(of: value))
        append(value)
        end()
    }

    package mutating func digest(_ value: Digest) {
        begin(Digest.length)
        value.forEachLetter { buffer.append($0) }
        end()
    }

    /// The key of a request: what all keys begin with, a kind, its digest.
    package mutating func key(_ prefix: String, _ kind: String, _ value: Digest) {
        begin(prefix.utf8.count + kind.utf8.count + Digest.length)
        buffer.append(contentsOf: prefix.utf8)
        buffer.append(contentsOf: kind.utf8)
        value.forEachLetter { buffer.append($0) }
        end()
    }

    package mutating func bytes(_ value: RawSpan) {
        begin(value.byteCount)
        append(value)
        end()
    }

    package mutating func bytes(_ value: some Collection<UInt8>) {
        begin(value.count)
        buffer.append(contentsOf: value)
        end()
    }

    /// The string a message is kept as, as one argument.
    package mutating func message(_ value: StoredMessage) {
        begin(value.count)
        append(value)
        end()
    }

    /// Bytes, two texts and a message, as one argument.
    package mutating func joined(
        _ bytes: [UInt8], _ first: String, _ second: String, _ message: StoredMessage
    ) {
        begin(bytes.count + first.utf8.count + second.utf8.count + message.count)
        buffer.append(contentsOf: bytes)
        buffer.append(contentsOf: first.utf8)
        buffer.append(contentsOf: second.utf8)
        append(message)
        end()
    }

    private mutating func append(_ value: StoredMessage) {
        let length = UInt16(truncatingIfNeeded: value.envelope.count)
        buffer.append(UInt8(truncatingIfNeeded: length))
        buffer.append(UInt8(truncatingIfNeeded: length >> 8))
        buffer.append(contentsOf: value.envelope)
        value.content.withBytes { append($0) }
    }

    /// The line of an ended request among those that are trimmed, which `prelude.lua` describes.
    package mutating func buried(_ value: Digest, at now: UInt64, _ size: Int) {
        let (now, size) = (Int64(clamping: now), Int64(clamping: size))
        begin(Digest.length + Self.length(of: now) + Self.length(of: size) + 4)
        value.forEachLetter { buffer.append($0) }
        buffer.append(UInt8(ascii: " "))
        append(now)
        buffer.append(UInt8(ascii: " "))
        append(size)
        buffer.append(UInt8(ascii: " "))
        buffer.append(UInt8(ascii: "-"))
        end()
    }

    /// Adds all arguments of another.
    package mutating func append(_ other: RedisArguments) {
        buffer.append(contentsOf: other.buffer)
        count += other.count
    }

    // MARK: - As it travels

    private mutating func begin(_ length: Int) {
        buffer.append(UInt8(ascii: "$"))
        append(Int64(length))
        newline()
        count += 1
    }

    private mutating func end() { newline() }

    private mutating func newline() {
        buffer.append(UInt8(ascii: "\r"))
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func append(_ value: RawSpan) {
        unsafe value.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    /// How many bytes a number has in decimal digits.
    private static func length(of value: Int64) -> Int {
        var (rest, length) = (value.magnitude / 10, value < 0 ? 2 : 1)
        while rest > 0 { (rest, length) = (rest / 10, length + 1) }
        return length
    }

    /// Writes a number in decimal digits, without a string in between.
    private mutating func append(_ value: Int64) {
        if value < 0 { buffer.append(UInt8(ascii: "-")) }
        var unit: UInt64 = 1
        while value.magnitude / unit >= 10 { unit *= 10 }
        while unit > 0 {
            let digit = UInt8(truncatingIfNeeded: value.magnitude / unit % 10)
            buffer.append(UInt8(ascii: "0") + digit)
            unit /= 10
        }
    }
}

extension RedisArguments {
    /// Begins a command of so many arguments, its name among them.
    mutating func header(_ count: Int) {
        buffer.append(UInt8(ascii: "*"))
        append(Int64(count))
        newline()
    }

    /// Adds what is written as it travels already, and counts nothing.
    mutating func raw(_ bytes: [UInt8]) { buffer.append(contentsOf: bytes) }

    /// Adds a whole command.
    mutating func command(_ words: [String]) {
        header(words.count)
        for word in words { text(word) }
    }
}
