import Reactor
import Telemetry
import Wire

@testable import Bus

/// The orchestrator's end of the network: what the ROUTER and its monitor are to an orchestrator.
///
/// It treats peers and connections as `BusServer` does, with the same tables: a routing id is known
/// by its newest connection, and what was sent over an older one is nobody's.
final class SimulatedServer: ServerBus {
    private enum Limits {
        static let batch = 16
    }

    private let world: World
    private let machine: Machine
    private let handler: BusServer.Handler
    private var peers = PeerTable()
    private var pieces = Assemblies()
    private var lines: [String: Line] = [:]
    private var inbox: [(line: Line, packet: Packet)] = []
    private var ended: [Int32] = []
    private var hook: Hook?
    private var isClosed = false
    private var sent = 0

    /// Made on the loop of its machine.
    init(_ world: World, _ machine: Machine, _ handler: BusServer.Handler) {
        self.world = world
        self.machine = machine
        self.handler = handler
        hook = machine.loop.beforeSleep { [unowned self] in settle() }
    }

    func name(of peer: PeerID) -> String { peers.name(peer) ?? "\(peer)" }

    // MARK: - What the orchestrator does

    func send(to peer: PeerID, envelope: UnsafeRawBufferPointer, _ content: any Content) {
        guard !isClosed, let name = peers.name(peer) else { return }
        guard let line = lines[name] else { return handler.left(peer) }
        let packet = Packet(envelope: unsafe [UInt8](envelope), content: content)
        let packets = world.network.plant?.change(down: packet, to: line.machine)
        for packet in packets ?? [packet] { carry(packet, line) }
    }

    /// Nobody listens here.
    func publish(
        onTap topic: String, _ mark: TapMark, envelope: UnsafeRawBufferPointer,
        _ content: any Content
    ) {}

    private func carry(_ packet: Packet, _ line: Line) {
        sent += 1
        world.wireBook.answered(packet, to: line.machine, world)
        guard packet.content.count > WireLimits.part else {
            return world.network.carry(packet, line, .down)
        }
        let pieces = try? Pieces.messages(
            envelope: packet.envelope, packet.content, id: "part-\(sent)")
        for (envelope, piece) in pieces ?? [] {
            world.network.carry(Packet(envelope: envelope, content: piece), line, .down)
        }
    }

    /// Broadcasts at most once are nobody's promise: they are not simulated.
    func publish(_ topic: String, envelope: UnsafeRawBufferPointer, _ content: any Content) {}

    func forget(_ peer: PeerID) {
        peers.remove(peer)
        pieces.forget(peer)
    }

    func close() {
        isClosed = true
        hook?.cancel()
    }

    // MARK: - What happens to it

    func accepted(_ line: Line) { lines[line.routingID] = line }

    func disconnected(_ line: Line) {
        if lines[line.routingID] === line { lines[line.routingID] = nil }
        ended.append(line.number)
        machine.touch()
    }

    func arrived(_ packet: Packet, over line: Line) {
        // The newest connection has taken the name over.
        guard lines[line.routingID] === line else { return }
        world.wireBook.arrived(packet, from: line.machine, world)
        inbox.append((line, packet))
        machine.touch()
    }

    // MARK: - Receiving

    private func settle() {
        noteConnections()
        while !inbox.isEmpty, !isClosed {
            let batch = inbox.prefix(Limits.batch)
            inbox.removeFirst(batch.count)
            for (line, packet) in batch { receive(packet, line) }
            handler.settled()
        }
    }

    private func receive(_ packet: Packet, _ line: Line) {
        let peer = knownPeer(line)
        let envelope = packet.envelope
        do throws(Fault) {
            let view = try unsafe EnvelopeView(envelope.span.bytes)
            noteConnection(of: peer, line, view.type)
            switch try pieces.receive(view, packet.content, from: peer) {
            case .wait: break
            case .deliver(let whole): handler.received(view, whole, peer)
            case .refuse(let fault): handler.malformed(fault, peer)
            }
        } catch {
            handler.malformed(error, peer)
        }
    }

    private func knownPeer(_ line: Line) -> PeerID {
        let bytes = Array(line.routingID.utf8)
        if let (peer, _) = unsafe peers.find(bytes.span.bytes) { return peer }
        noteConnections()
        let peer = peers.add(line.routingID, owner: "", descriptor: line.number)
        handler.joined(peer, line.routingID, .local)
        return peer
    }

    private func noteConnection(of peer: PeerID, _ line: Line, _ type: MessageType?) {
        guard peers.descriptor(peer) != line.number else { return }
        noteConnections()
        if peers.connect(peer, line.number), type != .hello { handler.left(peer) }
    }

    private func noteConnections() {
        while let number = ended.first {
            ended.removeFirst()
            for peer in peers.disconnect(number) { handler.left(peer) }
        }
    }
}
