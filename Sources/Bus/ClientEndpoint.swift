import CZeroMQ
import Reactor
package import Telemetry
import Wire

/// Where one orchestrator is reached, and the key it must prove to have.
package struct ClientEndpoint: Hashable, Sendable {
    /// `tcp://host:port` or `ipc://path`.
    package let address: String
    /// Nil: in the clear, which an orchestrator allows on its own host only.
    package let serverKey: String?

    package var isLocal: Bool { address.hasPrefix("ipc://") }

    /// The name of its host, where that must be looked up.
    var hostName: String? {
        guard !isLocal, let (host, _) = try? ServerEndpoints.parse(address),
            !HostNames.isNumeric(host)
        else { return nil }
        return host
    }

    /// The same place at an address of its host.
    func at(_ host: String) -> ClientEndpoint? {
        guard let (_, port) = try? ServerEndpoints.split(address) else { return nil }
        return try? ClientEndpoint("tcp://\(host):\(port)", serverKey: serverKey)
    }

    package init(_ address: String, serverKey: String? = nil) throws(Fault) {
        if address.hasPrefix("ipc://") {
            let length = address.utf8.count - 6
            guard (1...ServerEndpoints.longestPath).contains(length) else {
                throw Fault(
                    BusCode.addressRefused,
                    "\(address): a socket's path has 1 to \(ServerEndpoints.longestPath) bytes")
            }
            self.address = address
            self.serverKey = nil
            return
        }
        _ = try ServerEndpoints.split(address)
        if let serverKey, !KeyPair.isKey(serverKey) {
            throw Fault(
                BusCode.keyRefused, "\(address): a server's public key has 40 characters (Z85)")
        }
        self.address = address
        self.serverKey = serverKey
    }

    /// Reads `ADDRESS` or `ADDRESS=KEY`, as another orchestrator is named.
    ///
    /// - Parameter ownKey: the key of a peer for which none is given.
    package init(peer: String, ownKey: String?) throws(Fault) {
        let parts = peer.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard !peer.hasPrefix("ipc://"), parts.count == 2 else {
            try self.init(peer, serverKey: ownKey)
            return
        }
        try self.init(String(parts[0]), serverKey: String(parts[1]))
    }

    /// Reads a list separated by commas; keys stand in the order of the addresses, or one stands
    /// for all.
    package static func parse(
        _ addresses: String, keys: String? = nil
    ) throws(Fault) -> [ClientEndpoint] {
        let entries = split(addresses)
        let keys = split(keys ?? "")
        guard keys.count <= 1 || keys.count == entries.count else {
            throw Fault(
                BusCode.addressRefused,
                "\(keys.count) server keys for \(entries.count) addresses: give one, or one each"
            )
        }
        guard !entries.isEmpty else {
            throw Fault(BusCode.addressRefused, "no address: write tcp://HOST:PORT or ipc://PATH")
        }
        var endpoints: [ClientEndpoint] = []
        for (index, entry) in entries.enumerated() {
            let key = keys.count == 1 ? keys[0] : index < keys.count ? keys[index] : nil
            endpoints.append(try ClientEndpoint(entry, serverKey: key).knowingItsKey())
        }
        return endpoints
    }

    /// An orchestrator in the clear is bound to the loopback only: anywhere else one would wait for
    /// an answer in vain. What stands behind a name cannot be known here.
    private func knowingItsKey() throws(Fault) -> ClientEndpoint {
        guard serverKey == nil, !isLocal else { return self }
        let host = try ServerEndpoints.parse(address).host
        guard let first = host.first, first.isNumber || first == "[",
            !ServerEndpoints.isLoopback(host)
        else { return self }
        throw Fault(
            BusCode.keyRefused,
            "\(address) is on another machine, where the bus is encrypted: BATON_KEY must name a "
                + "key of its cluster, such as client.json, or BATON_SERVER_KEY be the public key "
                + "there")
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: ",").map { entry in
            String(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }
}

extension Socket {
    /// Has a connecting socket prove its key, and ask the endpoint for its own.
    func secure(_ endpoint: ClientEndpoint, with key: KeyPair?) throws(Fault) {
        guard let serverKey = endpoint.serverKey else { return }
        let own: KeyPair
        if let key { own = key } else { own = try KeyPair.make(name: "anonymous") }
        try set(ZMQ_CURVE_SERVERKEY, serverKey)
        try set(ZMQ_CURVE_PUBLICKEY, own.public)
        try set(ZMQ_CURVE_SECRETKEY, own.secret)
    }
}
