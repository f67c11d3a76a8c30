package import Wire

/// A message as the store keeps it: the envelope and the content, as on the wire.
///
/// In Redis both are one string: two bytes with the length of the envelope, the low one first, the
/// envelope, the content.
package struct StoredMessage: Sendable {
    package let envelope: [UInt8]
    package let content: any Content

    package init(envelope: [UInt8], content: any Content) {
        self.envelope = envelope
        self.content = content
    }

    /// Reads the string of Redis; nothing where it cannot be one.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[0]) | Int(bytes[1]) << 8
        guard bytes.count >= 2 + length else { return nil }
        self.init(
            envelope: Array(bytes[2..<2 + length]),
            content: ContentBytes(Array(bytes[(2 + length)...])))
    }

    /// The length of the string of Redis.
    package var count: Int { 2 + envelope.count + content.count }
}
