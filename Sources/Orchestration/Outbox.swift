package import Bus
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
    }

    package private(set) var messages: [Message] = []
    package private(set) var commands: [StoreCommand] = []
    package private(set) var forgotten: [PeerID] = []
    /// An operator asked this instance to drain and leave.
    package private(set) var shutdownAsked = false
    private var writer = EnvelopeWriter()

    package init() {}

    package var isEmpty: Bool { messages.isEmpty && commands.isEmpty && forgotten.isEmpty }

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

    mutating func send(
        to peer: PeerID, _ content: any Content = ContentBytes.empty,
        write: (inout EnvelopeWriter) -> Void
    ) {
        let start = writer.count
        write(&writer)
        messages.append(Message(peer: peer, envelope: start..<writer.count, content: content))
    }

    mutating func ask(_ command: StoreCommand) { commands.append(command) }

    mutating func forget(_ peer: PeerID) { forgotten.append(peer) }

    mutating func shutdown() { shutdownAsked = true }

    /// Takes the store's commands out; what they lead to is written to the same outbox.
    package mutating func takeCommands() -> [StoreCommand] {
        defer { commands = [] }
        return commands
    }

    /// Empties the outbox after everything was carried out; the buffers keep their capacity.
    package mutating func clear() {
        writer.clear()
        messages.removeAll(keepingCapacity: true)
        forgotten.removeAll(keepingCapacity: true)
        shutdownAsked = false
    }
}
