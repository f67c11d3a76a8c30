/// What is added to the journal of a request: entries that the store keeps in their order and never
/// looks into, and what they refer to.
extension StateCommand {
    /// How long a workflow's text is kept after it was last asked to be.
    static let workflowLife = Duration.seconds(400 * 86_400)

    /// Only whoever has the request in hand may add to its journal. Where the journal has `after`
    /// entries, these are added; where it has all of them already, they are kept; anything else is
    /// fenced.
    package struct Journaling: Sendable {
        /// Entries that a journal may have: more are fenced.
        package static let mostEntries = 100_000

        package var key: RecordKey
        /// Entries that the journal has before these.
        package var after: Int
        /// A hundred at a time are plenty: they are added in one go, and everybody waits for Redis.
        package var entries: [Entry]
        /// What these or later entries refer to; each is kept once for a request. They count for
        /// nothing without an entry.
        package var bodies: [Body]

        package init(key: RecordKey, after: Int, entries: [Entry], bodies: [Body] = []) {
            self.key = key
            self.after = after
            self.entries = entries
            self.bodies = bodies
        }

        package struct Entry: Sendable {
            package var bytes: [UInt8]
            /// What the request's events show of it.
            package var note: Note?

            package init(bytes: [UInt8], note: Note? = nil) {
                self.bytes = bytes
                self.note = note
            }
        }

        /// An event of the request.
        package struct Note: Sendable {
            /// dispatched, done and so on: any word but an empty one.
            package var event: String
            package var step: Int
            package var attempt: Int
            package var agent: String
            package var instance: String
            package var took: UInt64
            package var code: String

            package init(
                event: String, step: Int = 0, attempt: Int = 0, agent: String = "",
                instance: String = "", took: UInt64 = 0, code: String = ""
            ) {
                self.event = event
                self.step = step
                self.attempt = attempt
                self.agent = agent
                self.instance = instance
                self.took = took
                self.code = code
            }
        }

        package struct Body: Sendable {
            /// Names the bytes: no text that a user chose.
            package var digest: String
            package var bytes: [UInt8]

            package init(digest: String, bytes: [UInt8]) {
                self.digest = digest
                self.bytes = bytes
            }
        }

        /// About how many bytes it adds to a call. An entry counts for more than it has: with an
        /// event it takes Redis about 14 microseconds, so that no call may have thousands of them.
        var size: Int {
            let added = entries.reduce(0) { $0 + $1.bytes.count + ($1.note == nil ? 4096 : 8192) }
            return bodies.reduce(added) { $0 + $1.bytes.count + 512 }
        }
    }
}

extension RedisArguments {
    /// What `journal.lua` is given of a request.
    mutating func journal(_ item: StateCommand.Journaling) {
        digest(item.key.digest)
        for count in [item.after, item.entries.count, item.bodies.count] { number(count) }
        for entry in item.entries {
            bytes(entry.bytes)
            guard let note = entry.note, !note.event.isEmpty else {
                text("")
                continue
            }
            text(note.event)
            for count in [note.step, note.attempt] { number(count) }
            for word in [note.agent, note.instance] { text(word) }
            number(note.took)
            text(note.code)
        }
        for body in item.bodies {
            text(body.digest)
            bytes(body.bytes)
        }
    }
}
