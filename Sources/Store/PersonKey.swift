/// Names a task for a person: a digest of its request and its step, so that whoever takes the
/// request over asks the same again under the same name.
package struct PersonKey: Hashable, Sendable, CustomStringConvertible {
    package let digest: Digest

    package init(_ request: RecordKey, step: String) {
        digest = Digest("person", request.description, step)
    }

    /// Reads what `description` wrote; nothing for any other text.
    package init?(_ text: some StringProtocol) {
        guard text.first == "h", let digest = Digest(written: text.dropFirst()) else { return nil }
        self.digest = digest
    }

    /// A letter, so that no name looks like an option, and 22 of A-Z, a-z, 0-9, `-` and `_`.
    package var description: String { "h" + digest.description }
}
