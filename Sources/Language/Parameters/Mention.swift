/// Something in a question that may be the value of a parameter, with what the words around it say
/// about it.
struct Mention: Sendable {
    enum Content: Sendable {
        case number(Double)
        /// In the base of the unit: seconds, bytes, hundredths.
        case quantity(Double, Unit)
        /// `2026-02-15`.
        case date(String)
        case name(String)
        case statement(String)
    }

    /// What the words before and after a number make of it.
    enum Role: Sendable {
        case plain
        /// The last three hours, since Monday, two days ago.
        case past
        /// The next ninety days, in two weeks, two weeks ahead.
        case future
        /// At least, over, more than.
        case least
        /// At most, under, younger than.
        case most
        /// Top five, the ten slowest, list 3.
        case top
        /// For five days.
        case span
        /// Three times, once.
        case times
    }

    var content: Content
    var role = Role.plain
    /// Its tokens.
    var place: Range<Int>
    /// Whether it comes after `not`, `except`, `without`.
    var isDenied = false
}
