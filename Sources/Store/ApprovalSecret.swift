import CSodium

/// Secrets of tokens with which somebody may answer a task once. Only their digests are kept.
package enum ApprovalSecret {
    /// 128 bits that nobody can guess, as 22 letters.
    @Sendable package static func made() -> String {
        var bits = (UInt64.zero, UInt64.zero)
        unsafe withUnsafeMutableBytes(of: &bits) { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe randombytes_buf(start, bytes.count)
        }
        return Digest(high: bits.0, low: bits.1).description
    }

    /// What is kept of a secret: it says nothing of any other task, or of other arguments.
    package static func digest(
        _ secret: String, of key: PersonKey, arguments: Digest
    ) -> Digest {
        Digest("approval", secret, key.description, arguments.description)
    }
}
