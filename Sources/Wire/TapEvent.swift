/// One event of the tap as `proto/tap.md` describes it: a message that passed an orchestrator, with
/// the moment it did.
package struct TapEvent: Sendable, Hashable {
    package var topic: String
    package var mark: TapMark
    /// The envelope as it was published.
    package var envelope: [UInt8]
    /// The content, or its beginning.
    package var content: [UInt8]

    package init(topic: String, mark: TapMark, envelope: [UInt8], content: [UInt8]) {
        self.topic = topic
        self.mark = mark
        self.envelope = envelope
        self.content = content
    }

    /// Reads the four frames; nothing if they are no event.
    package init?(frames: [[UInt8]]) {
        guard frames.count == 4, let mark = TapMark(frames[1]) else { return nil }
        self.init(
            topic: String(decoding: frames[0], as: UTF8.self), mark: mark, envelope: frames[2],
            content: frames[3])
    }
}

/// The second frame of an event: its number, its moment, and how much there was of its content.
package struct TapMark: Sendable, Hashable {
    package static let count = 24
    /// The most of a content that is published.
    package static let most = 4096

    /// Counts what passed one orchestrator while anybody listened.
    package var number: UInt64
    /// Nanoseconds since 1970, by the orchestrator's clock.
    package var at: UInt64
    /// How many bytes the whole content has.
    package var length: UInt32
    package var flags: Flags

    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The message left the orchestrator; without it, it arrived there.
        package static let left = Flags(rawValue: 1)
        /// The content was cut.
        package static let cut = Flags(rawValue: 2)
    }

    package init(number: UInt64, at: UInt64, length: UInt32, flags: Flags = []) {
        self.number = number
        self.at = at
        self.length = length
        self.flags = flags
    }
}

extension TapMark {
    /// Reads the frame; nothing if it has another size.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        number = Self.number(bytes[0..<8])
        at = Self.number(bytes[8..<16])
        let sizes = Self.number(bytes[16..<24])
        length = UInt32(truncatingIfNeeded: sizes >> 32)
        flags = Flags(rawValue: UInt32(truncatingIfNeeded: sizes))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The frame as it travels.
    package func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        let sizes = UInt64(length) << 32 | UInt64(flags.rawValue)
        let words: InlineArray<3, UInt64> = [number.bigEndian, at.bigEndian, sizes.bigEndian]
        unsafe words.span.bytes.withUnsafeBytes { unsafe body($0) }
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        unsafe withBytes { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }
}

/// What the tap is called to be asked for.
package enum TapTopic {
    package static let everything = "e/"
    package static let spans = "t/"
    package static let tallies = "n/"

    package static func type(_ type: MessageType) -> String { "e/\(type.name)" }
    package static func request(_ id: String) -> String { "r/\(id)" }
    package static func agent(_ name: String) -> String { "a/\(name)" }
    package static func session(_ id: String) -> String { "s/\(id)" }
}
