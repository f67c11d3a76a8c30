internal import Glibc

/// Which seeds a random test takes: as many as it asks for, or the one it is to repeat alone.
package enum Seeds {
    /// The seed that `BATON_SEED` names, if it does.
    package static let only: UInt64? = number("BATON_SEED")

    /// How many seeds are to be tried, in parts of a hundred of the usual number: `BATON_SEEDS`.
    private static let percent: Int = number("BATON_SEEDS").map { Int(clamping: $0) } ?? 100

    /// The seeds that one of so many parts of a test takes: every so manieth, or in the first part
    /// the only one.
    package static func share(_ part: Int, of parts: Int, count: Int) -> [UInt64] {
        if let only { return part == 0 ? [only] : [] }
        return stride(from: part, to: count * percent / 100, by: parts).map { UInt64($0) }
    }

    /// How to have one seed again, and nothing else.
    package static func replay(_ seed: UInt64, _ test: String) -> String {
        "BATON_SEED=\(seed) swift test --filter \(test)"
    }

    private static func number(_ name: String) -> UInt64? {
        guard let text = unsafe getenv(name) else { return nil }
        return UInt64(unsafe String(cString: text))
    }
}
