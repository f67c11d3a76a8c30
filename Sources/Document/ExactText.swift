/// A string compared by its bytes, as JSON does, and not by canonical equivalence, as `String`
/// does.
///
/// Hashing bytes also keeps a table safe from keys that differ only in the order of their accents:
/// `String` would give all of them one hash.
struct ExactText: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    @inline(__always)
    static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    static func == (left: ExactText, right: ExactText) -> Bool {
        same(left.text, right.text)
    }

    func hash(into hasher: inout Hasher) {
        var copy = text
        // SAFETY: the buffer is read within the closure and does not leave it.
        copy.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8.max)
    }
}
