/// Which places of an agent can take work: a set of bits in order, so that the next open place
/// after a turn is found in steps of 64, however many are full.
struct OpenSet: Sendable {
    private var words: [UInt64] = []
    /// How many places there are, open or not.
    private(set) var size = 0
    /// How many of them are open.
    private(set) var count = 0

    init() {}

    subscript(place: Int) -> Bool {
        get { words[place >> 6] & (1 << UInt64(place & 63)) != 0 }
        set {
            let mask: UInt64 = 1 << UInt64(place & 63)
            guard (words[place >> 6] & mask != 0) != newValue else { return }
            words[place >> 6] ^= mask
            count += newValue ? 1 : -1
        }
    }

    /// Adds a place behind the last one.
    mutating func append(_ isOpen: Bool) {
        if size & 63 == 0 { words.append(0) }
        size += 1
        self[size - 1] = isOpen
    }

    /// Takes a place out; the last one moves into its stead.
    mutating func removeBySwap(_ place: Int) {
        self[place] = self[size - 1]
        self[size - 1] = false
        size -= 1
        if size & 63 == 0 { words.removeLast() }
    }

    /// The first open place at or after this one, from the beginning again after the end.
    func next(from start: Int) -> Int? {
        guard count > 0 else { return nil }
        let first = start < size ? start : 0
        let head = words[first >> 6] & (.max << UInt64(first & 63))
        if head != 0 { return first & ~63 | head.trailingZeroBitCount }
        for step in 1...words.count {
            let word = (first >> 6 + step) % words.count
            if words[word] != 0 { return word << 6 | words[word].trailingZeroBitCount }
        }
        return nil
    }

    /// The open place with this many open ones before it.
    func place(ranked rank: Int) -> Int? {
        guard rank >= 0, rank < count else { return nil }
        var left = rank
        for (index, word) in words.enumerated() {
            let here = word.nonzeroBitCount
            guard left >= here else { return index << 6 | Self.place(ranked: left, in: word) }
            left -= here
        }
        return nil
    }

    private static func place(ranked rank: Int, in word: UInt64) -> Int {
        var rest = word
        for _ in 0..<rank { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}
