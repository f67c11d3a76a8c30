/// What the store in memory has of the journal of one request.
struct MemoryJournal {
    private struct Item {
        let bytes: [UInt8]
        /// What was first kept with it.
        let digests: [String]
    }

    private var items: [Item] = []
    private var bodies: [String: [UInt8]] = [:]
    /// What it takes, in bytes.
    private(set) var size = 0

    var count: Int { items.count }

    mutating func append(_ journaling: StateCommand.Journaling) {
        var digests: [String] = []
        for body in journaling.bodies where bodies[body.digest] == nil {
            bodies[body.digest] = body.bytes
            digests.append(body.digest)
            size += body.bytes.count
        }
        for (place, entry) in journaling.entries.enumerated() {
            items.append(Item(bytes: entry.bytes, digests: place == 0 ? digests : []))
            size += entry.bytes.count
        }
    }

    func page(from first: Int) -> JournalPage {
        var page = JournalPage()
        var size = 0
        for item in items.dropFirst(max(0, first)).prefix(JournalPage.mostEntries) {
            size += item.bytes.count
            size += item.digests.reduce(0) { $0 + (bodies[$1]?.count ?? 0) }
            guard page.entries.isEmpty || size <= JournalPage.mostBytes else { break }
            page.entries.append(item.bytes)
            for digest in item.digests { page.bodies[digest] = bodies[digest] }
        }
        let next = max(0, first) + page.entries.count
        page.next = next < items.count ? next : nil
        return page
    }
}
