import Wire

/// What crosses the wire: nothing above its limits, and no request answered more often than it was
/// sent.
struct WireBook {
    private var asked: [String: Int] = [:]

    /// A message of a process arrives.
    mutating func arrived(_ packet: Packet, from machine: Machine, _ world: World) {
        checkSize(packet, "sent", world)
        guard let view = packet.value, view.type == .request else { return }
        asked["\(machine.label) \(view.messageID)", default: 0] += 1
    }

    /// The orchestrator sends a message.
    mutating func answered(_ packet: Packet, to machine: Machine, _ world: World) {
        checkSize(packet, "answered", world)
        guard let envelope = packet.value else { return world.fail("an envelope cannot be read") }
        guard envelope.type == .response || envelope.type == .error, !envelope.correlationID.isEmpty
        else { return }
        let key = "\(machine.label) \(envelope.correlationID)"
        guard let count = asked[key] else { return }
        asked[key] = count - 1
        if count == 0 { world.fail("\(envelope.correlationID) was answered twice") }
    }

    private func checkSize(_ packet: Packet, _ verb: String, _ world: World) {
        guard packet.envelope.count > WireLimits.envelope else { return }
        world.fail("an envelope of \(packet.envelope.count) bytes was \(verb)")
    }
}
