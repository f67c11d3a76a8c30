/// Numbers as people read them: with the word for what is counted, `3 processes`, or `0.75`.
enum Count {
    static func of(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
    }

    /// Not below zero, and never so long that it breaks a table.
    static func hundredths(_ number: Double) -> String {
        let count = Int((max(0, min(1e6, number)) * 100).rounded())
        let rest = String(count % 100)
        return "\(count / 100).\(rest.count == 1 ? "0" : "")\(rest)"
    }
}
