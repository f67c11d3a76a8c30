import Reactor
import Synchronization
import WorkerKit

/// Documents that were fetched, for a while: a server is asked whether one has changed, not for all
/// of it again.
final class DocumentShelf: Sendable {
    struct Entry: Sendable {
        let document: Value
        let tag: String?
        let end: Instant
    }

    private static let most = 64
    private let entries = Mutex<[String: Entry]>([:])

    subscript(url: String) -> Entry? {
        entries.withLock { $0[url] }
    }

    func keep(_ entry: Entry, as url: String) {
        entries.withLock { entries in
            if entries.count >= Self.most, entries[url] == nil { entries = [:] }
            entries[url] = entry
        }
    }
}
