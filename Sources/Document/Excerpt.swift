/// Foreign text as it may stand in a message: short, quoted, without control characters.
package enum Excerpt {
    private static let longest = 40

    package static func quoted(_ text: String) -> String {
        let cut = text.unicodeScalars.prefix(longest)
        let rest = cut.endIndex < text.unicodeScalars.endIndex ? "…" : ""
        return JSON.text(.string(String(String.UnicodeScalarView(cut)) + rest))
    }
}
