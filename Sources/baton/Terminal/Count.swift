/// A number with the word for what is counted: `1 orchestrator`, `3 processes`.
enum Count {
    static func of(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
    }
}
