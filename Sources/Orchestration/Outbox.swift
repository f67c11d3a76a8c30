package import Bus
package import Store
package import Wire

/// What the conductor wants done, as data: messages to send, commands for the store, peers to
/// forget.
///
/// All envelopes of a tick share one buffer, so that a message costs no allocation.
package struct Outbox: ~Copyable {
    package struct Message {
        package let peer: PeerID
        package let envelope: Range<Int>
        package let content: any Content
        /// What the tap says of it; nothing while nobody listens.
        let subject: TapSubject?
    }

    /// What everybody hears who subscribed to its topic.
    package struct Publication {
        package let topic: String
        package let envelope: Range<Int>
        package let content: any Content
    }

    package private(set) var messages: [Message] = []
    package private(set) var publications: [Publication] = []
    /// What all other orchestrators are told.
    private var announcements: [(envelope: Range<Int>, content: any Content)] = []
    package private(set) var commands: [StateCommand] = []
    package private(set) var forgotten: [PeerID] = []
    /// An operator asked this instance to drain and leave.
    package private(set) var shutdownAsked = false
    /// What is to be published on the tap, next to the messages.
    var notes: [TapNote] = []
    var writer = EnvelopeWriter()

    package init() {}

    package var isEmpty: Bool {
        messages.isEmpty && commands.isEmpty && forgotten.isEmpty && publications.isEmpty
            && announcements.isEmpty && notes.isEmpty
    }

    /// Hands out each message with the bytes of its envelope, in order.
    package func forEachMessage(
        _ body: (PeerID, UnsafeRawBufferPointer, any Content) -> Void
    ) {
        unsafe writer.bytes.withUnsafeBytes { bytes in
            for message in messages {
                let envelope = unsafe UnsafeRawBufferPointer(rebasing: bytes[message.envelope])
                unsafe body(message.peer, envelope, message.content)
            }
        }
    }

    /// Hands out each broadcast with the bytes of its envelope, in order.
    package func forEachPublication(
        _ body: (String, UnsafeRawBufferPointer, any Content) -> Void
    ) {
        unsafe writer.bytes.withUnsafeBytes { bytes in
            for broadcast in publications {
                let envelope = unsafe UnsafeRawBufferPointer(rebasing: bytes[broadcast.envelope])
                unsafe body(broadcast.topic, envelope, broadcast.content)
            }
        }
    }

    /// Hands out what the other orchestrators are told, in order.
    package func forEachAnnouncement(_ body: (UnsafeRawBufferPointer, any Content) -> Void) {
        unsafe writer.bytes.withUnsafeBytes { bytes in
            for (envelope, content) in announcements {
                unsafe body(UnsafeRawBufferPointer(rebasing: bytes[envelope]), content)
            }
        }
    }

    /// Hands out each event of the tap with the bytes of its envelope, in order.
    package func forEachNote(_ body: (TapNote, UnsafeRawBufferPointer) -> Void) {
        unsafe writer.bytes.withUnsafeBytes { bytes in
            for note in notes {
                unsafe body(note, UnsafeRawBufferPointer(rebasing: bytes[note.envelope]))
            }
        }
    }

    mutating func send(
        to peer: PeerID, _ content: any Content = ContentBytes.empty,
        about subject: TapSubject? = nil, write: (inout EnvelopeWriter) -> Void
    ) {
        let start = writer.count
        write(&writer)
        messages.append(
            Message(
                peer: peer, envelope: start..<writer.count, content: content, subject: subject))
    }

    /// Appends a field to the envelope that was noted last, if nothing was written since and it
    /// stays as short as readers expect.
    mutating func lengthenLastNote(_ write: (inout EnvelopeWriter) -> Void) {
        guard let note = notes.last, note.envelope.upperBound == writer.count,
            note.envelope.count <= WireLimits.envelope - 64
        else { return }
        write(&writer)
        notes[notes.count - 1] = TapNote(
            place: note.place, type: note.type,
            envelope: note.envelope.lowerBound..<writer.count, content: note.content,
            hasLeft: note.hasLeft, moment: note.moment, subject: note.subject)
    }

    mutating func publish(
        _ topic: String, _ content: any Content, write: (inout EnvelopeWriter) -> Void
    ) {
        let start = writer.count
        write(&writer)
        publications.append(
            Publication(topic: topic, envelope: start..<writer.count, content: content))
    }

    /// Tells all other orchestrators something about an agent or one of its instances.
    mutating func announce(_ type: MessageType, _ receiver: String, _ content: any Content) {
        announce(type, content) { $0.text(.receiver, receiver) }
    }

    mutating func announce(
        _ type: MessageType, _ content: any Content = ContentBytes.empty,
        write: (inout EnvelopeWriter) -> Void
    ) {
        let start = writer.count
        writer.begin(type)
        write(&writer)
        announcements.append((start..<writer.count, content))
    }

    mutating func ask(_ command: StateCommand) { commands.append(command) }

    mutating func forget(_ peer: PeerID) { forgotten.append(peer) }

    mutating func shutdown() { shutdownAsked = true }

    /// Takes the store's commands out; what they lead to is written to the same outbox.
    package mutating func takeCommands() -> [StateCommand] {
        defer { commands = [] }
        return commands
    }

    /// Empties the outbox after everything was carried out; the buffers keep their capacity.
    package mutating func clear() {
        writer.clear()
        messages.removeAll(keepingCapacity: true)
        forgotten.removeAll(keepingCapacity: true)
        publications.removeAll(keepingCapacity: true)
        announcements.removeAll(keepingCapacity: true)
        if !notes.isEmpty { notes = [] }
        shutdownAsked = false
    }
}
