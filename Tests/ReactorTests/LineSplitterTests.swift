import Testing

@testable import Reactor

/// Bytes in, lines out.
@Suite struct LineSplitterTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var chunks: [String]
        var lines: [LineSplitter.Line]
    }

    static let examples: [Example] = [
        Example(testDescription: "nothing", chunks: [""], lines: []),
        Example(testDescription: "one line", chunks: ["abc\n"], lines: [whole("abc")]),
        Example(testDescription: "empty lines", chunks: ["\n\n"], lines: [whole(""), whole("")]),
        Example(testDescription: "no end", chunks: ["a\nb"], lines: [whole("a"), whole("b")]),
        Example(testDescription: "carriage return", chunks: ["a\r", "\n"], lines: [whole("a")]),
        Example(
            testDescription: "split", chunks: ["a", "b", "c\nd\n"],
            lines: [whole("abc"), whole("d")]),
        Example(
            testDescription: "exactly the limit", chunks: ["12345678\n"], lines: [whole("12345678")]
        ),
        Example(
            testDescription: "one too many", chunks: ["123456789\nok\n"],
            lines: [.tooLong(bytes: 9), whole("ok")]),
        Example(
            testDescription: "too long in pieces", chunks: ["12345", "67890", "1\nok\n"],
            lines: [.tooLong(bytes: 11), whole("ok")]),
        Example(
            testDescription: "too long without end", chunks: ["12345", "67890"],
            lines: [.tooLong(bytes: 10)]),
    ]

    @Test("a stream is cut into lines of bounded length", arguments: examples)
    func splits(example: Example) {
        var splitter = LineSplitter(limit: 8)
        var lines: [LineSplitter.Line] = []
        for chunk in example.chunks { splitter.append(Array(chunk.utf8)) { lines.append($0) } }
        if let last = splitter.finish() { lines.append(last) }
        #expect(lines == example.lines)
        #expect(splitter.finish() == nil)
    }
}

private func whole(_ text: String) -> LineSplitter.Line { .whole(Array(text.utf8)) }
