/// A version as semver.org has it. Versions are ordered; what follows a `+` counts for nothing.
package struct SemanticVersion: Sendable, Hashable, Comparable {
    package let major: Int
    package let minor: Int
    package let patch: Int
    package let prerelease: [String]

    package init?(_ text: String) {
        guard text.utf8.count <= 128, text.utf8.allSatisfy({ SemanticVersion.isLegal($0) })
        else { return nil }
        let built = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard built.count == 1 || SemanticVersion.parts(built[1]) != nil else { return nil }
        let marked = built[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = marked[0].split(separator: ".", omittingEmptySubsequences: false)
            .compactMap(SemanticVersion.number)
        guard numbers.count == 3,
            marked[0].utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2
        else { return nil }
        (major, minor, patch) = (numbers[0], numbers[1], numbers[2])
        guard marked.count == 2 else {
            prerelease = []
            return
        }
        guard let parts = SemanticVersion.parts(marked[1]),
            !parts.contains(where: SemanticVersion.isPadded)
        else { return nil }
        prerelease = parts
    }

    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let a = [left.major, left.minor, left.patch]
        let b = [right.major, right.minor, right.patch]
        if a != b { return a.lexicographicallyPrecedes(b) }
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        return left.prerelease.lexicographicallyPrecedes(right.prerelease) {
            switch (Int($0), Int($1)) {
            case (let a?, let b?): a < b
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): $0 < $1
            }
        }
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || ".-+".utf8.contains(byte)
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ $0.isDigit }), !isPadded(String(text)) else { return nil }
        return Int(text)
    }

    /// Whether a number has a zero before it.
    private static func isPadded(_ text: String) -> Bool {
        text.utf8.count > 1 && text.hasPrefix("0") && text.utf8.allSatisfy { $0.isDigit }
    }

    private static func parts(_ text: Substring) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let areLegal = parts.allSatisfy { !$0.isEmpty && !$0.contains("+") }
        return areLegal ? parts : nil
    }
}
