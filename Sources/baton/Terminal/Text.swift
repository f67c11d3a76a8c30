/// Styled text for people. What is interpolated is made harmless as it enters, so that a text can
/// be printed to any terminal whoever its pieces came from; only literals are trusted.
struct Text: Sendable, Hashable, ExpressibleByStringInterpolation {
    enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case magenta = "35"
        case cyan = "36"
    }

    struct Span: Sendable, Hashable {
        var style: Style?
        var characters: String
    }

    private(set) var spans: [Span]

    init(_ value: String, _ style: Style? = nil) {
        let characters = Printable.stripped(value)
        spans = characters.isEmpty ? [] : [Span(style: style, characters: characters)]
    }

    init(stringLiteral value: String) {
        spans = value.isEmpty ? [] : [Span(style: nil, characters: value)]
    }

    init(stringInterpolation: Interpolation) { spans = stringInterpolation.spans }

    private init(spans: [Span]) { self.spans = spans }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var spans: [Span] = []

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { add(literal, nil) }

        mutating func appendInterpolation(_ value: some Any, _ style: Style? = nil) {
            add(Printable.stripped(String(describing: value)), style)
        }

        mutating func appendInterpolation(_ text: Text) { spans += text.spans }

        private mutating func add(_ characters: String, _ style: Style?) {
            if !characters.isEmpty { spans.append(Span(style: style, characters: characters)) }
        }
    }

    var plain: String { spans.map(\.characters).joined() }

    var width: Int { spans.reduce(0) { $0 + DisplayWidth.of($1.characters) } }

    func rendered(colour: Bool) -> String {
        guard colour else { return plain }
        return spans.map { span in
            span.style.map { "\u{1b}[\($0.rawValue)m\(span.characters)\u{1b}[0m" }
                ?? span.characters
        }.joined()
    }

    /// The text on one line, at most so many columns wide.
    func cut(to width: Int) -> Text {
        var left = width
        var result: [Span] = []
        for span in oneLine.spans {
            let piece = DisplayWidth.cut(span.characters, to: left)
            if !piece.isEmpty { result.append(Span(style: span.style, characters: piece)) }
            left -= DisplayWidth.of(piece)
            if piece != span.characters { break }
        }
        return Text(spans: result)
    }

    /// Line ends and tabs become spaces: what a table cell and a status line need.
    var oneLine: Text {
        Text(
            spans: spans.map { span in
                let characters = span.characters.map { $0.isNewline || $0 == "\t" ? " " : $0 }
                return Span(style: span.style, characters: String(characters))
            })
    }

    func padded(to width: Int, right: Bool = false) -> Text {
        let gap = Span(
            style: nil, characters: String(repeating: " ", count: max(0, width - self.width)))
        return gap.characters.isEmpty ? self : Text(spans: right ? [gap] + spans : spans + [gap])
    }

    static func + (left: Text, right: Text) -> Text { Text(spans: left.spans + right.spans) }

    static func joined(_ texts: [Text], separator: Text = "") -> Text {
        var spans: [Span] = []
        for (index, text) in texts.enumerated() {
            if index > 0 { spans += separator.spans }
            spans += text.spans
        }
        return Text(spans: spans)
    }
}
