/// How many columns of a terminal a text takes.
enum DisplayWidth {
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + of($1) }
    }

    static func of(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.isASCII { return first.value < 0x20 || first.value == 0x7f ? 0 : 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let wide =
            first.properties.isEmojiPresentation || isWide(first.value)
            || character.unicodeScalars.contains { $0.value == 0xfe0f }
        return wide ? 2 : 1
    }

    /// The text cut to the width, with an ellipsis where something was cut.
    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 0 else { return "" }
        var (result, used) = ("", 0)
        for character in text {
            let next = used + of(character)
            guard next <= width - 1 else { break }
            result.append(character)
            used = next
        }
        return result + "…"
    }

    /// The East Asian wide and full-width blocks.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf: true
        case 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f: true
        case 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff: true
        case 0x20000...0x3fffd: true
        default: false
        }
    }
}
