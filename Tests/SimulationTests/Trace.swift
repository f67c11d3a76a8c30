import Reactor
import Wire

/// The last things that happened in a world, kept as cheaply as possible and put into words only
/// when somebody wants to read them.
final class Trace {
    private struct Entry {
        let moment: Instant
        let word: StaticString
        let name: String
        let number: Int
        let envelope: [UInt8]
    }

    private static let limit = 20000
    private var entries: [Entry] = []
    private var start = 0
    var now = Instant.zero

    func note(_ word: StaticString, _ name: String, _ number: Int = 0) {
        add(Entry(moment: now, word: word, name: name, number: number, envelope: []))
    }

    func note(_ packet: Packet, _ line: Line, _ direction: Line.Direction) {
        add(
            Entry(
                moment: now, word: direction == .up ? "→" : "←", name: line.machine.label,
                number: Int(line.number), envelope: packet.envelope))
    }

    private func add(_ entry: Entry) {
        if entries.count < Self.limit {
            entries.append(entry)
        } else {
            entries[start] = entry
            start = (start + 1) % Self.limit
        }
    }

    /// The newest lines, oldest first.
    func last(_ count: Int) -> String {
        let ordered = entries[start...] + entries[..<start]
        return ordered.suffix(count).map(Self.text).joined(separator: "\n")
    }

    /// A number for all that is kept: two runs of one seed have the same.
    var digest: Int {
        entries.reduce(entries.count) { sum, entry in
            let bytes = entry.envelope.reduce(Int(entry.moment.nanoseconds)) { $0 &* 31 &+ Int($1) }
            return sum &* 31 &+ bytes &+ entry.number
        }
    }

    private static func text(_ entry: Entry) -> String {
        let head = "\(milliseconds(entry.moment)) \(entry.word) \(entry.name)#\(entry.number)"
        guard let envelope = try? Envelope(decoding: entry.envelope) else { return head }
        var words = [head, envelope.type.name]
        if !envelope.requestID.isEmpty { words.append("request=\(envelope.requestID)") }
        if !envelope.messageID.isEmpty { words.append("id=\(envelope.messageID)") }
        if !envelope.correlationID.isEmpty { words.append("to=\(envelope.correlationID)") }
        if !envelope.receiver.isEmpty { words.append("for=\(envelope.receiver)") }
        if envelope.dispatch != 0 {
            words.append("\(envelope.step).\(envelope.attempt) dispatch=\(envelope.dispatch)")
        }
        if let error = envelope.error { words.append("\(error.code): \(error.message)") }
        return words.joined(separator: " ")
    }

    /// Milliseconds since the world began, with three digits behind the point.
    private static func milliseconds(_ moment: Instant) -> String {
        let microseconds = (moment - World.beginning).wholeNanoseconds / 1000
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000)."
            + String(repeating: "0", count: max(0, 3 - fraction.count)) + fraction
    }
}
