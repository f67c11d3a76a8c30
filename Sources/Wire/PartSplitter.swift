package import Telemetry

/// Cuts a content into the pieces in which it travels; copies nothing, and never makes one above
/// the limit of a part.
///
/// A content of at most 64 KiB is a single piece: the message itself.
package struct PartSplitter: Sequence, IteratorProtocol {
    package enum Piece {
        /// To be sent as PART, with these three fields in its envelope.
        case part(sequence: UInt64, parts: UInt32, any Content)
        /// To be sent as the message itself, with this number of parts (0: it holds all of its
        /// content).
        case message(parts: UInt32, any Content)
    }

    private let content: any Content
    private let parts: Int
    private var number = 1

    package init(_ content: any Content) throws(Fault) {
        guard content.count <= WireLimits.content else {
            throw Fault(
                WireCode.tooLarge,
                "the content has \(content.count) bytes; at most \(WireLimits.content) are sent")
        }
        self.content = content
        parts = Swift.max(1, (content.count + WireLimits.part - 1) / WireLimits.part)
    }

    package mutating func next() -> Piece? {
        guard number <= parts else { return nil }
        defer { number += 1 }
        guard parts > 1 else { return .message(parts: 0, content) }
        let start = (number - 1) * WireLimits.part
        let end = Swift.min(start + WireLimits.part, content.count)
        let slice = ContentSlice(content, start..<end)
        return number < parts
            ? .part(sequence: UInt64(number), parts: UInt32(parts), slice)
            : .message(parts: UInt32(parts), slice)
    }
}

/// A stretch of another content, which it keeps alive.
private final class ContentSlice: Content {
    private let whole: any Content
    private let range: Range<Int>

    init(_ whole: any Content, _ range: Range<Int>) {
        self.whole = whole
        self.range = range
    }

    var count: Int { range.count }

    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try whole.withBytes { try body($0.extracting(range)) }
    }
}
