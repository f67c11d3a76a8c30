package import Wire

/// A session as the store has it: requests that share a conversation, and what agents remember.
package struct StoredSession: Sendable, Equatable {
    /// Bounds of one session; the scripts have them, too.
    package enum Limits {
        /// Exchanges that are remembered: a query and an answer each.
        package static let exchanges = 10
        /// Bytes of a query, and of an answer.
        package static let piece = 4096
        /// Requests that it can tell about once they have ended.
        package static let logged = 32
        /// Requests of it that may be under way.
        package static let atOnce = 256
        /// Bytes of what agents remember in it.
        package static let values = 64 << 10
    }

    /// A request of it that is under way.
    package struct Running: Sendable, Equatable {
        package var request: String
        package var begun: UInt64
        package var deadline: UInt64
    }

    /// A request of it that ended.
    package struct Entry: Sendable, Equatable {
        package var key: RecordKey
        package var request: String
        package var succeeded: Bool
        /// Milliseconds since 1970.
        package var ended: UInt64
        package var took: UInt64
        /// Attempts beyond the first.
        package var retries: Int
        package var code: String
    }

    /// What was asked and answered, as far as it is remembered.
    package struct Exchange: Sendable, Equatable {
        package var entry: Entry
        package var query: Excerpt
        package var answer: Excerpt
    }

    /// The beginning of a content, and how long that was.
    package struct Excerpt: Sendable, Equatable {
        package var bytes: [UInt8]
        package var count: Int

        package var isWhole: Bool { bytes.count == count }

        package init(bytes: [UInt8], count: Int) {
            self.bytes = bytes
            self.count = count
        }

        package init(_ content: (any Content)?) {
            let all = content?.array ?? []
            self.init(bytes: Array(all.prefix(Limits.piece)), count: all.count)
        }
    }

    package var key: SessionKey
    package var id = ""
    package var tenant = ""
    package var state = SessionState.created
    package var created: UInt64 = 0
    package var updated: UInt64 = 0
    /// When it is over unless it is used.
    package var expires: UInt64 = 0
    package var requests = 0
    package var succeeded = 0
    package var failed = 0
    package var retries = 0
    package var took: UInt64 = 0
    package var bytes = 0
    /// Differs with every change.
    package var revision = ""
    package var running: [Running] = []
    /// The oldest first, as are the exchanges.
    package var log: [Entry] = []
    package var conversation: [Exchange] = []
    /// What agents remember: JSON.
    package var values: [String: [UInt8]] = [:]

    package init(key: SessionKey) { self.key = key }
}

/// Names a session in the store: a digest of its tenant and its id, so that nobody finds that of
/// another tenant, and nothing a user chose becomes part of a key.
package struct SessionKey: Hashable, Sendable {
    package let digest: Digest

    package init(tenant: String, id: String) { digest = Digest("session", tenant, id) }

    init(_ digest: Digest) { self.digest = digest }
}
