import CSodium
package import Wire

/// 128 bits of a SHA-256: tells contents and names apart.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The digest of some words and a content; a mark between the words keeps them apart.
    package init(_ words: String..., content: (any Content)? = nil) {
        var state = crypto_hash_sha256_state()
        unsafe crypto_hash_sha256_init(&state)
        for word in words {
            var word = word
            word.append("\0")
            word.withUTF8 { unsafe Self.add(UnsafeRawBufferPointer($0), to: &state) }
        }
        content?.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe Self.add($0, to: &state) }
        }
        var hash = (UInt64.zero, UInt64.zero, UInt64.zero, UInt64.zero)
        unsafe withUnsafeMutableBytes(of: &hash) { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = unsafe crypto_hash_sha256_final(&state, start.assumingMemoryBound(to: UInt8.self))
        }
        self.init(high: UInt64(bigEndian: hash.0), low: UInt64(bigEndian: hash.1))
    }

    private static func add(
        _ bytes: UnsafeRawBufferPointer, to state: inout crypto_hash_sha256_state
    ) {
        unsafe crypto_hash_sha256_update(
            &state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    // MARK: - As text

    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 128 bits, six in each letter.
    package static let length = 22

    /// 22 letters of base64url.
    package var description: String {
        var text = String()
        text.reserveCapacity(Self.length)
        forEachLetter { text.unicodeScalars.append(Unicode.Scalar($0)) }
        return text
    }

    /// Hands out the letters of the text, one after the other.
    package func forEachLetter(_ body: (UInt8) -> Void) {
        let bits = UInt128(high) << 64 | UInt128(low)
        for place in 0..<Self.length {
            let shift = 128 - 6 * (place + 1)
            let value = shift >= 0 ? bits >> shift : bits << -shift
            body(Self.letters[Int(truncatingIfNeeded: value & 63)])
        }
    }

    /// Reads what `description` wrote; nothing for any other text.
    package init?(written text: some StringProtocol) {
        guard text.utf8.count == Self.length else { return nil }
        var bits = UInt128.zero
        for (place, letter) in text.utf8.enumerated() {
            guard let value = Self.letters.firstIndex(of: letter) else { return nil }
            // The last letter holds only two bits.
            guard place < Self.length - 1 else {
                guard value & 15 == 0 else { return nil }
                bits = bits << 2 | UInt128(value >> 4)
                break
            }
            bits = bits << 6 | UInt128(value)
        }
        self.init(
            high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}
