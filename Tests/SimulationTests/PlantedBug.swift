import Document
import Wire

/// Carries out one plant: changes, repeats or swallows messages on their way.
final class PlantedBug {
    private let plant: Plant
    /// What was seen before, by what names it.
    private var seen: Set<String> = []
    private var latest: [String: String] = [:]

    init(_ plant: Plant) { self.plant = plant }

    /// What arrives in place of a message of a process.
    func change(up packet: Packet, from machine: Machine) -> [Packet] {
        guard let envelope = packet.value else { return [packet] }
        switch (plant, envelope.type) {
        case (.ignoresCredit, .hello):
            return [changed(packet) { $0.capacity = $0.capacity.map { $0 + 3 } }]
        case (.repeatsUnsafe, .hello):
            return [
                changed(packet) { hello in
                    for index in (hello.agents ?? []).indices {
                        hello.agents?[index].effect = "pure"
                    }
                }
            ]
        case (.mixesUp, .request), (.mixesUp, .pipeline): latest[machine.label] = envelope.messageID
        case (.neverResends, .result), (.neverResends, .fail):
            return isNew("\(machine.label) \(envelope.dispatch)") ? [packet] : []
        case (.forgetsCalls, .request), (.forgetsCalls, .pipeline):
            return isNew(envelope.messageID) ? [packet] : []
        default: break
        }
        return [packet]
    }

    /// What arrives in place of a message of the orchestrator.
    func change(down packet: Packet, to machine: Machine) -> [Packet] {
        guard var envelope = packet.value else { return [packet] }
        switch (plant, envelope.type) {
        case (.answersTwice, .response): return [packet, packet]
        case (.neverAcknowledges, .resultAck): return []
        case (.givesUpSilently, .error) where envelope.error?.code == "hello": return []
        case (.mixesUp, .response):
            envelope.correlationID = latest[machine.label] ?? envelope.correlationID
            return [Packet(envelope: envelope.encoded(), content: packet.content)]
        case (.forgetsTasks, .task):
            envelope.attempt += 1
            envelope.dispatch += 1 << 50
            return [packet, Packet(envelope: envelope.encoded(), content: packet.content)]
        default: return [packet]
        }
    }

    private func isNew(_ name: String) -> Bool { seen.insert(name).inserted }

    private func changed(_ packet: Packet, _ change: (inout Hello) -> Void) -> Packet {
        guard var hello = try? JSON.decode(Hello.self, from: packet.content.array) else {
            return packet
        }
        change(&hello)
        let content = (try? JSON.encode(hello)) ?? []
        return Packet(envelope: packet.envelope, content: ContentBytes(content))
    }
}
