import Bus
import Document
import Reactor
import Telemetry
import Wire

/// An orchestrator's links to the others of its cluster: which of them are up, and a way to tell
/// all of them something.
///
/// It connects as a client of each, so two orchestrators that know each other have two links, and
/// each speaks over its own.
final class PeerLinks {
    private let loop: EventLoop
    private let log: Log
    private var client: BusClient?
    private var members: [LinkID: OrchestratorAddress] = [:]
    /// Told of all that are linked, whenever they change; never while the change is under way.
    private let onChange: ([OrchestratorAddress]) -> Void
    /// Told of one whose connection was lost, and of one that came back as the same process.
    var onLost: (_ name: String) -> Void = { _ in }
    var onFound: (_ name: String) -> Void = { _ in }
    /// The number under which this orchestrator leads by now.
    var ownEpoch: () -> String
    /// Told of one that came back as another process, whose lease has this number.
    var onReplaced: (_ name: String, _ epoch: UInt64) -> Void = { _, _ in }
    /// The number of the lease that each had when it said so last.
    private var epochs: [String: String] = [:]

    init(
        _ endpoints: [ClientEndpoint], of welcome: Welcome, key: KeyPair?, context: BusContext,
        loop: EventLoop, log: Log, onChange: @escaping ([OrchestratorAddress]) -> Void
    ) throws(Fault) {
        self.loop = loop
        self.log = log
        self.onChange = onChange
        let session = welcome.epoch
        ownEpoch = { session }
        client = try BusClient(
            endpoints, routingID: Self.routingID(welcome.orchestrator, key), key: key,
            context: context, loop: loop, ownName: welcome.orchestrator,
            ownEpoch: { [unowned self] in ownEpoch() },
            handler: BusClient.Handler(
                hello: { _ in
                    // SAFETY: a role and a session: encoding them cannot fail.
                    (try? JSON.encode(Hello(role: .orchestrator, session: session))) ?? []
                },
                up: { [unowned self] link, welcome in up(link, welcome) },
                down: { [unowned self] link in down(link) },
                received: { [unowned self] message, _, link in
                    guard message.type == .ping else { return }
                    _ = client?.send(to: link) { $0.begin(.pong) }
                },
                failed: { [unowned self] link, fault in failed(link, fault) }, settled: {}))
    }

    /// A name that belongs to the key, and to this orchestrator alone.
    private static func routingID(_ name: String, _ key: KeyPair?) -> String {
        "\(key?.name ?? "orchestrator").\(name)"
    }

    func close() {
        client?.close()
        client = nil
    }

    /// Sends this to all of them that can be reached now.
    func tell(_ envelope: UnsafeRawBufferPointer, _ content: any Content) {
        guard let client else { return }
        for link in client.liveLinks { _ = unsafe client.send(envelope, content, to: link) }
    }

    private func up(_ link: LinkID, _ welcome: Welcome) {
        members[link] = client?.address(of: link, in: welcome)
        log.info("linked to an orchestrator", ["name": .text(welcome.orchestrator)])
        if epochs.updateValue(welcome.epoch, forKey: welcome.orchestrator) == welcome.epoch {
            onFound(welcome.orchestrator)
        } else if let epoch = UInt64(welcome.epoch) {
            onReplaced(welcome.orchestrator, epoch)
        }
        onChange(Array(members.values))
    }

    private func down(_ link: LinkID) {
        guard let member = members.removeValue(forKey: link) else { return }
        log.warning("the link to an orchestrator is down", ["name": .text(member.name)])
        // Whoever is only silent may go on: what it owns is its own until its lease is over.
        if client?.isSilent(link) != true { onLost(member.name) }
        onChange(Array(members.values))
    }

    private func failed(_ link: LinkID, _ fault: Fault) {
        log.error(
            "an orchestrator is given up",
            ["name": .text(client?.name(of: link) ?? ""), "reason": .text(fault.message)])
    }
}
