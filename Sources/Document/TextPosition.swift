/// Where something stands in a text. Lines and columns count from 1, columns in Unicode scalars.
package struct TextPosition: Sendable, Hashable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Counts the lines before an offset; only done once something is wrong.
    init(offset: Int, in bytes: borrowing Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.count) {
            switch bytes[index] {
            case 0x0A: (line, column) = (line + 1, 1)
            case 0x80..<0xC0: break
            default: column += 1
            }
        }
        self.init(line: line, column: column)
    }

    package var description: String { "\(line):\(column)" }

    /// The place as editors know it: `baton.yaml:12:5`, or `12:5` in a text without a name.
    func named(_ source: String?) -> String {
        source.map { "\($0):\(self)" } ?? description
    }
}
