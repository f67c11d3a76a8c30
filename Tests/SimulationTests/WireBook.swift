import Wire

/// What crosses the wire: nothing above its limits, and no request answered more often than it was
/// sent.
struct WireBook {
    private static let questions: [MessageType?] = [
        .request, .notification, .pipeline, .broadcast,
    ]
    private var asked: [String: Int] = [:]

    /// A message of a process arrives.
    mutating func arrived(_ packet: Packet, from machine: Machine, _ world: World) {
        checkSize(packet, "sent", world)
        let id = packet.look { Self.questions.contains($0.type) ? $0[.messageID] : "" } ?? ""
        guard !id.isEmpty else { return }
        asked["\(machine.label) \(id)", default: 0] += 1
    }

    /// The orchestrator sends a message.
    mutating func answered(_ packet: Packet, to machine: Machine, _ world: World) {
        checkSize(packet, "answered", world)
        let type = packet.look { $0.type }
        switch type {
        case .task:
            let receiver = packet.look { $0[.receiver] } ?? ""
            guard let trade = Trade(rawValue: String(receiver.prefix { $0 != "#" })) else { return }
            let content = String(decoding: packet.content.array, as: UTF8.self)
            world.effectBook.gave(Trade.number(in: content), trade, to: machine, world)
        case .response, .error: end(packet.look { $0[.correlationID] } ?? "", machine, world)
        case nil: world.fail("an envelope cannot be read")
        default: break
        }
    }

    private mutating func end(_ id: String, _ machine: Machine, _ world: World) {
        let key = "\(machine.label) \(id)"
        guard let count = asked[key] else { return }
        asked[key] = count - 1
        if count == 0 { world.fail("\(id) was answered twice") }
    }

    private func checkSize(_ packet: Packet, _ verb: String, _ world: World) {
        guard packet.envelope.count > WireLimits.envelope else { return }
        world.fail("an envelope of \(packet.envelope.count) bytes was \(verb)")
    }
}
