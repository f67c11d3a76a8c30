/// Names a request in the store: a digest of its tenant and its id, so that nothing a user chose
/// becomes part of a key.
package struct RecordKey: Hashable, Sendable, CustomStringConvertible {
    package let digest: Digest

    package init(tenant: String, id: String) { digest = Digest(tenant, id) }

    /// Reads what `description` wrote; nothing for any other text.
    package init?(_ text: String) {
        guard let digest = Digest(written: text) else { return nil }
        self.digest = digest
    }

    /// 22 characters of A-Z, a-z, 0-9, `-` and `_`.
    package var description: String { digest.description }
}
