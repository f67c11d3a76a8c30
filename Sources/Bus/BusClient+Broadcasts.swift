import Wire

/// Hearing broadcasts: a SUB beside each link that is up, for the topics the owner asked for.
extension BusClient {
    /// Listens to the broadcasts of the orchestrator that has welcomed this process.
    func listen(_ entry: LinkEntry, _ welcome: Welcome) throws {
        entry.broadcasts.take()?.close()
        guard !topics.names.isEmpty,
            let own = welcome.orchestrators.first(where: { $0.name == welcome.orchestrator }),
            let endpoint = own.broadcastEndpoint(seenFrom: entry.reached)
        else { return }
        entry.broadcasts = try BroadcastSocket(
            endpoint, topics: topics.names, key: key, context: context, loop: loop
        ) { [unowned self] in isStirred = true }
    }

    /// Takes a batch of what an orchestrator has published.
    func takeBroadcasts(_ entry: LinkEntry) {
        guard let broadcasts = entry.broadcasts, broadcasts.isStirred else { return }
        for _ in 0..<BroadcastSocket.Limits.batch {
            // Whoever is told of one may have ended the link.
            guard entry.broadcasts === broadcasts else { return }
            guard broadcasts.socket.receive(into: broadcast.topic) else {
                broadcasts.isStirred = false
                return
            }
            takeBroadcast(entry, broadcasts.socket)
        }
        isStirred = true
    }

    private func takeBroadcast(_ entry: LinkEntry, _ socket: Socket) {
        let frames = broadcast
        guard frames.topic.hasMore, socket.receive(into: frames.envelope) else { return }
        let content = frames.newContent()
        guard frames.envelope.hasMore, socket.receive(into: content), !content.hasMore else {
            return socket.skipRest(after: frames.envelope.hasMore ? content : frames.envelope)
        }
        guard let topic = frames.topic.withBytes({ topics.name($0) }) else { return }
        frames.envelope.withBytes { bytes in
            guard let view = try? EnvelopeView(bytes) else { return }
            handler.published(topic, view, content, entry.id)
        }
    }
}

/// The frames of the broadcast that is being read; they are used again for the next one.
final class BroadcastFrames {
    let topic = Frame()
    let envelope = Frame()
    private var content = Frame()

    /// A frame for the next content: the last one, unless somebody kept it.
    func newContent() -> Frame {
        if !isKnownUniquelyReferenced(&content) { content = Frame() }
        return content
    }
}
