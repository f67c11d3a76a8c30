/// The sequence diagram of a request as a document of Mermaid, made when the request has ended.
/// Pure.
///
/// Participants have ids of ours, so that no name can be mistaken for a word of the language; all
/// texts are written with its entities where a character could mean something.
struct MermaidDiagram {
    private enum Limits {
        /// Columns of one label.
        static let label = 80
        /// Arrows of one diagram; beyond them nobody can read it.
        static let lines = 2000
    }

    private var title = ""
    private var names: [String] = []
    private var lines: [String] = []
    private var left = 0

    /// The document, if the entry was the last one.
    mutating func document(after entry: RequestStory.Entry) -> String? {
        switch entry {
        case .title(let text):
            self = MermaidDiagram()
            title = text
        case .arrow(let arrow): add(line(for: arrow))
        case .note(let text, _): note(text)
        case .ending(let ending):
            if left > 0 { note("\(left) more messages are left out") }
            note(ending.summary)
            return document
        }
        return nil
    }

    private var document: String {
        let participants = names.enumerated().map { index, name in
            "    participant p\(index + 1) as \(Self.escaped(name))"
        }
        let head = ["sequenceDiagram", "    title \(Self.escaped(title))"]
        return (head + participants + lines).joined(separator: "\n") + "\n"
    }

    private mutating func add(_ line: String) {
        if lines.count < Limits.lines { lines.append(line) } else { left += 1 }
    }

    private mutating func note(_ text: String) {
        // A note needs somebody to stand over.
        guard !names.isEmpty else { return }
        let place = names.count == 1 ? "p1" : "p1,p\(names.count)"
        lines.append("    Note over \(place): \(Self.escaped(text))")
    }

    private mutating func line(for arrow: RequestStory.Arrow) -> String {
        let (from, to) = (id(of: arrow.from), id(of: arrow.to))
        let sign =
            switch (arrow.isAnswer, arrow.isFailure) {
            case (true, true): "--x"
            case (false, true): "-x"
            case (true, false): "-->>"
            case (false, false): "->>"
            }
        let text = arrow.excerpt.isEmpty ? arrow.label : "\(arrow.label) \(arrow.excerpt)"
        return "    \(from)\(sign)\(to): \(Self.escaped(text))"
    }

    private mutating func id(of name: String) -> String {
        if let index = names.firstIndex(of: name) { return "p\(index + 1)" }
        names.append(name)
        return "p\(names.count)"
    }

    /// Letters, digits, blanks and what means nothing stay; all else becomes an entity.
    static func escaped(_ text: String) -> String {
        let plain = DisplayWidth.cut(TapContent.escaped(text), to: Limits.label)
        var result = ""
        for scalar in plain.unicodeScalars {
            if isPlain(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "#\(scalar.value);"
            }
        }
        return result.allSatisfy { $0 == " " } ? "#8203;" : result
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return true }
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": return true
        default: return " _-.,:/()'=+*?!@\"{}[]".unicodeScalars.contains(scalar)
        }
    }
}
