/// One piece of a text as people write it: a word, a number, something quoted, a name or a sign.
package struct Token: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Letters alone.
        case word
        case number(Double)
        /// Between quotes, which are not part of it.
        case quoted
        /// Anything compound that means itself: `orders.status`, `/var/log/x`, `jr_12345`.
        case name
        /// `,` `;` `:` `=` `?` and what else ends a clause.
        case sign
    }

    package var kind: Kind
    /// As it was written.
    package var text: String
    package var lower: String
    package var stem: String
    /// The bytes of the text it was read from.
    package var place: Range<Int>
    /// Whether nothing but a hyphen or nothing at all parts it from the one before.
    package var isJoined = false

    package var number: Double? { if case .number(let number) = kind { number } else { nil } }
    package var isWord: Bool { kind == .word }
    /// Whether it begins with a capital and goes on without.
    var isCapital: Bool {
        let bytes = text.utf8
        guard let first = bytes.first, first >= 0x41, first <= 0x5A else { return false }
        return bytes.dropFirst().contains { $0 >= 0x61 && $0 <= 0x7A }
    }
    package var isSign: Bool { kind == .sign }
}
