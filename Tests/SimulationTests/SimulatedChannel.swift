import Bus
import Reactor
import Wire

/// A process's end of a connection: what a DEALER and its monitor are to the real `BusClient`.
final class SimulatedChannel: LinkChannel {
    var isStirred = false
    var hasNews = false
    let machine: Machine
    let routingID: String
    /// Nil while no connection is there.
    private(set) var line: Line?
    private(set) var isClosed = false
    /// How often in vain it tried to connect.
    var attempts = 0
    private let network: SimulatedNetwork
    private let stirred: () -> Void
    private var inbox: [Packet] = []
    private var news: [Link.Event] = []

    init(
        _ routingID: String, _ machine: Machine, _ network: SimulatedNetwork,
        stirred: @escaping () -> Void
    ) {
        self.routingID = routingID
        self.machine = machine
        self.network = network
        self.stirred = stirred
        network.connect(self)
    }

    // MARK: - What the process does

    func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Bool {
        guard let line else { return false }
        network.carry(Packet(envelope: unsafe [UInt8](envelope), content: content), line, .up)
        return true
    }

    func receive(_ body: (RawSpan, any Content) -> Void) -> Bool {
        guard !inbox.isEmpty else { return false }
        let packet = inbox.removeFirst()
        let envelope = packet.envelope
        unsafe body(envelope.span.bytes, packet.content)
        return true
    }

    func nextNews() -> Link.Event? { news.isEmpty ? nil : news.removeFirst() }

    func refresh() {}

    func close(linger: Int32) {
        isClosed = true
        if let line { network.hangUp(line) }
        line = nil
    }

    // MARK: - What happens to it

    func connected(_ line: Line) {
        attempts = 0
        self.line = line
        tell(.connected)
    }

    /// The connection has ended, and this end knows it.
    func lost(_ line: Line) {
        guard self.line === line, !isClosed else { return }
        self.line = nil
        tell(.disconnected)
        network.connect(self)
    }

    func arrived(_ packet: Packet, over line: Line) {
        guard self.line === line else { return }
        inbox.append(packet)
        isStirred = true
        wake()
    }

    private func tell(_ event: Link.Event) {
        news.append(event)
        hasNews = true
        wake()
    }

    private func wake() {
        stirred()
        machine.touch()
    }
}
