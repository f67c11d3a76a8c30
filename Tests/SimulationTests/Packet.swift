import Bus
import Reactor
import Wire

/// A message on its way; one without an envelope says that the connection has ended.
struct Packet {
    var envelope: [UInt8]
    var content: any Content

    static let end = Packet(envelope: [], content: ContentBytes.empty)

    var isEnd: Bool { envelope.isEmpty }

    /// The envelope as a value; nil if it cannot be read.
    var value: Envelope? { isEnd ? nil : try? Envelope(decoding: envelope) }

    /// Looks at the envelope; nil if it cannot be read.
    func look<Answer>(_ body: (borrowing EnvelopeView) -> Answer) -> Answer? {
        guard !isEnd, let view = try? unsafe EnvelopeView(envelope.span.bytes) else { return nil }
        return body(view)
    }
}

/// One direction of a connection: what is sent arrives in order.
struct Lane {
    var queue: [Packet] = []
    var lastArrival = Instant.zero
    var stalledUntil = Instant.zero
}

/// One connection of a process to the orchestrator.
final class Line {
    enum Direction { case up, down }

    /// What the server sees of it: never used twice.
    let number: Int32
    let machine: Machine
    let routingID: String
    private(set) weak var channel: SimulatedChannel?
    var up = Lane()
    var down = Lane()
    /// Whatever is or will be on it is lost, whether its ends know that yet or not.
    var isCut = false

    init(_ number: Int32, _ machine: Machine, _ routingID: String, _ channel: SimulatedChannel) {
        self.number = number
        self.machine = machine
        self.routingID = routingID
        self.channel = channel
    }

    subscript(direction: Direction) -> Lane {
        get { direction == .up ? up : down }
        _modify {
            if direction == .up { yield &up } else { yield &down }
        }
    }
}
