/// A stretch of the journal of a request.
package struct JournalPage: Sendable, Equatable {
    /// Entries of a stretch, and bytes of it: one entry, with what was kept with it, may have more.
    static let mostEntries = 256
    static let mostBytes = 256 << 10

    package var entries: [[UInt8]] = []
    /// What was first kept with these entries, by its digest: whoever has read all pages up to this
    /// one has everything that its entries refer to.
    package var bodies: [String: [UInt8]] = [:]
    /// The place at which the next stretch begins; nil where there is none.
    package var next: Int?

    package init(
        entries: [[UInt8]] = [], bodies: [String: [UInt8]] = [:], next: Int? = nil
    ) {
        self.entries = entries
        self.bodies = bodies
        self.next = next
    }
}

extension JournalPage {
    /// An answer of `read_journal`; nothing where it makes no sense.
    init?(_ reply: RedisReply, from first: Int) {
        guard let parts = reply.array, parts.count == 3,
            let total = parts[0].unsigned.flatMap({ Int(exactly: $0) }),
            let entries = parts[1].array, let bodies = parts[2].array, bodies.count % 2 == 0
        else { return nil }
        self.init()
        for entry in entries {
            guard let bytes = entry.bytes else { return nil }
            self.entries.append(bytes)
        }
        for place in stride(from: 0, to: bodies.count, by: 2) {
            guard let digest = bodies[place].text, let bytes = bodies[place + 1].bytes else {
                return nil
            }
            self.bodies[digest] = bytes
        }
        let following = max(0, first) + entries.count
        guard following >= total || !entries.isEmpty else { return nil }
        next = following < total ? following : nil
    }
}
