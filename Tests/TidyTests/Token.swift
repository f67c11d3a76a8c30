/// A word, number, text, comment or sign of a Swift file, with the line it begins on.
struct Token: Equatable {
    enum Kind: Equatable {
        case word, number, text, comment, sign
    }

    let kind: Kind
    let text: String
    let line: Int
    /// Whether it stands directly behind the token before it.
    let isAttached: Bool

    func isWord(_ text: String) -> Bool { kind == .word && self.text == text }
    func isSign(_ text: String) -> Bool { kind == .sign && self.text == text }
}
