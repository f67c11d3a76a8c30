/// Text from elsewhere made fit for a terminal: escape sequences, control characters and the marks
/// that turn the direction of writing are taken out, whole sequences at a time.
///
/// What comes out can colour, move, rename or answer nothing. Line ends and tabs stay.
enum Printable {
    static func stripped(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) || $0 == 0x0a || $0 == 0x09 }) {
            return text
        }
        var result = String.UnicodeScalarView()
        var escape = Escape.none
        for scalar in text.unicodeScalars where !escape.swallows(scalar) {
            if isHarmless(scalar) { result.append(scalar) }
        }
        return String(result)
    }

    /// A short piece of a word on one line, in quotation marks, for messages.
    static func quoted(_ word: String, limit: Int = 40) -> String {
        let oneLine = stripped(String(word.prefix(limit + 1))).map { $0.isNewline ? " " : $0 }
        let piece = String(oneLine.prefix(limit))
        return oneLine.count > limit ? "\"\(piece)…\"" : "\"\(piece)\""
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a: true
        case 0x00..<0x20, 0x7f..<0xa0: false
        // Marks, embeddings, overrides and isolates of the writing direction.
        case 0x200e, 0x200f, 0x061c, 0x202a...0x202e, 0x2066...0x2069: false
        // Tag characters: invisible text inside text.
        case 0xe0000...0xe007f: false
        // Line and paragraph separators, and the byte order mark.
        case 0x2028, 0x2029, 0xfeff: false
        default: true
        }
    }
}

/// Where in an escape sequence the text is (ECMA-48): what has begun is swallowed to its end.
private enum Escape {
    case none, escape, intermediate, control, string, stringEscape

    /// Whether the scalar belongs to a sequence.
    mutating func swallows(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .none: begins(scalar)
        case .escape, .intermediate: continues(scalar)
        case .control: ends(scalar, with: 0x40...0x7e)
        case .string, .stringEscape: endsString(scalar)
        }
    }

    private mutating func begins(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1b: self = .escape
        case 0x9b: self = .control
        case 0x90, 0x98, 0x9d, 0x9e, 0x9f: self = .string
        default: return false
        }
        return true
    }

    private mutating func continues(_ scalar: Unicode.Scalar) -> Bool {
        switch (self, scalar.value) {
        case (.escape, 0x5b): self = .control
        case (.escape, 0x50), (.escape, 0x58), (.escape, 0x5d...0x5f): self = .string
        case (_, 0x20...0x2f): self = .intermediate
        case (_, 0x1b): self = .escape
        case (_, 0x30...0x7e): self = .none
        default:
            self = .none
            return false
        }
        return true
    }

    private mutating func ends(_ scalar: Unicode.Scalar, with final: ClosedRange<UInt32>) -> Bool {
        switch scalar.value {
        case 0x1b: self = .escape
        case final: self = .none
        case 0x20...0x3f: break
        default:
            self = .none
            return false
        }
        return true
    }

    /// Strings end with BEL or ST; a line end also ends them, so that one forgotten terminator
    /// hides one line and not the rest of the text.
    private mutating func endsString(_ scalar: Unicode.Scalar) -> Bool {
        switch (self, scalar.value) {
        case (_, 0x07), (_, 0x9c), (.stringEscape, 0x5c): self = .none
        case (_, 0x1b): self = .stringEscape
        case (_, 0x0a):
            self = .none
            return false
        default: self = .string
        }
        return true
    }
}
