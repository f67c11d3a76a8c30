import Reactor
import Telemetry
import Wire

/// What a client keeps of one link: where it leads, how it stands, and its sockets while it has
/// any.
final class LinkEntry {
    let id: LinkID
    let endpoint: ClientEndpoint
    /// The same with the address that its host's name stood for when it was asked last.
    var reached: ClientEndpoint
    /// When the name is looked up again, while it is tried in vain.
    var nextLookup = Instant.distantFuture
    var orchestrator: String?
    /// The number under which it leads, as it said last: two processes of one name differ by it.
    var epoch = ""
    /// Whether another orchestrator told of it, and not the owner of this process.
    var isLearned = false
    /// Whether that orchestrator left for good.
    var isGone = false
    var link: Link
    var channel: (any LinkChannel)?
    var broadcasts: BroadcastSocket?
    var assembler = PartAssembler()

    init(_ id: LinkID, _ endpoint: ClientEndpoint, _ link: Link) {
        self.id = id
        self.endpoint = endpoint
        reached = endpoint
        self.link = link
    }

    func isAbout(_ address: OrchestratorAddress) -> Bool {
        orchestrator == address.name || endpoint.address == address.bus
            || endpoint.address == address.socket
    }
}

extension OrchestratorAddress {
    /// Where this orchestrator is reached by somebody who heard of it over that endpoint.
    func endpoint(seenFrom endpoint: ClientEndpoint) -> ClientEndpoint? {
        if endpoint.isLocal, let socket { return try? ClientEndpoint(socket) }
        return try? ClientEndpoint(endpoint.reachable(bus), serverKey: key)
    }

    /// Where its broadcasts are heard by somebody who is linked to it over that endpoint.
    func broadcastEndpoint(seenFrom endpoint: ClientEndpoint) -> ClientEndpoint? {
        if endpoint.isLocal, let broadcastSocket { return try? ClientEndpoint(broadcastSocket) }
        guard let broadcast else { return nil }
        return try? ClientEndpoint(
            endpoint.reachable(broadcast), serverKey: endpoint.serverKey ?? key)
    }

    /// Where its tap is heard by somebody who is linked to it over that endpoint.
    package func tapEndpoint(seenFrom endpoint: ClientEndpoint) -> ClientEndpoint? {
        if endpoint.isLocal, let tapSocket { return try? ClientEndpoint(tapSocket) }
        guard let tap else { return nil }
        return try? ClientEndpoint(
            endpoint.reachable(tap), serverKey: endpoint.serverKey ?? key)
    }

    /// The addresses as those can use them who hear of it from somebody linked over that endpoint.
    func seen(from endpoint: ClientEndpoint) -> OrchestratorAddress {
        guard !endpoint.isLocal else { return self }
        var address = self
        // Sockets of another host's files lead nowhere here.
        address.socket = nil
        address.broadcastSocket = nil
        address.tapSocket = nil
        address.bus = endpoint.reachable(bus)
        address.broadcast = broadcast.map(endpoint.reachable)
        address.tap = tap.map(endpoint.reachable)
        return address
    }
}

extension ClientEndpoint {
    /// An orchestrator that listens everywhere cannot know by which name it is reached: its host is
    /// the one that led to it.
    func reachable(_ address: String) -> String {
        guard !isLocal, let (host, port) = try? ServerEndpoints.parse(address),
            ["0.0.0.0", "*", "[::]"].contains(host),
            let own = try? ServerEndpoints.split(self.address)
        else { return address }
        return "\(own.prefix):\(port)"
    }
}
