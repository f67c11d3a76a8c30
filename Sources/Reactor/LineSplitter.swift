/// Cuts a stream of bytes into lines. It never holds more than one line of the allowed length: a
/// longer one is skipped up to its end and reported by its length.
package struct LineSplitter: Sendable {
    package enum Line: Equatable, Sendable {
        /// The bytes without the line feed, and without a carriage return before it.
        case whole([UInt8])
        case tooLong(bytes: Int)
    }

    private let limit: Int
    private var held: [UInt8] = []
    private var skipped = 0

    package init(limit: Int = Limits.lineBytes) {
        self.limit = limit
    }

    /// Takes the next bytes and gives each line that ends in them to `body`.
    package mutating func append(_ bytes: [UInt8], _ body: (Line) throws -> Void) rethrows {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            hold(rest[..<end])
            rest = rest[(end + 1)...]
            try body(takeLine())
        }
        hold(rest)
    }

    /// The last line, if the stream ended without a line feed.
    package mutating func finish() -> Line? {
        held.isEmpty && skipped == 0 ? nil : takeLine()
    }

    private mutating func hold(_ part: ArraySlice<UInt8>) {
        if skipped == 0, held.count + part.count <= limit {
            held.append(contentsOf: part)
        } else {
            skipped += held.count + part.count
            held.removeAll()
        }
    }

    private mutating func takeLine() -> Line {
        let length = exchange(&skipped, with: 0)
        guard length == 0 else { return .tooLong(bytes: length) }
        var line = exchange(&held, with: [])
        if line.last == 0x0d { line.removeLast() }
        return .whole(line)
    }
}
