import Store

/// Sessions as they were last read: memory in front of the store, which is asked each time whether
/// they are still so. Bounded in number and bytes; what was not used for longest goes first.
struct SessionCache {
    private let limit: Int
    private let byteLimit: Int
    private var kept: [SessionKey: (session: StoredSession, used: UInt64)] = [:]
    private var uses: UInt64 = 0
    private(set) var bytes = 0
    /// Reads that the store answered with a word, and those that it had to answer in full.
    private(set) var hits = 0
    private(set) var misses = 0

    init(limit: Int = 1_000, byteLimit: Int = 16 << 20) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    var count: Int { kept.count }

    /// What is known of a session, which the store may know better.
    mutating func known(_ key: SessionKey) -> StoredSession? {
        uses += 1
        kept[key]?.used = uses
        return kept[key]?.session
    }

    mutating func confirmed() { hits += 1 }

    mutating func keep(_ session: StoredSession) {
        misses += 1
        uses += 1
        forget(session.key)
        guard session.bytes <= byteLimit else { return }
        kept[session.key] = (session, uses)
        bytes += session.bytes
        while kept.count > limit || bytes > byteLimit,
            let oldest = kept.min(by: { $0.value.used < $1.value.used })
        {
            forget(oldest.key)
        }
    }

    mutating func forget(_ key: SessionKey) {
        if let old = kept.removeValue(forKey: key) { bytes -= old.session.bytes }
    }
}
