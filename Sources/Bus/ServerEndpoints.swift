package import Telemetry

/// Where a bus server binds, and what guards each place.
package struct ServerEndpoints: Sendable {
    /// `tcp://host:port` of the ROUTER; port 0 lets the system choose.
    package var bus: String
    package var broadcast: String
    package var tap: String
    /// A path for processes of the same user on this host; nil: none.
    package var socket: String?
    /// The server's key pair; nil: in the clear, which only loopback may be.
    package var key: KeyPair?

    /// The longest path a unix socket can have.
    package static let longestPath = 107
    private static let broadcastEnding = ".b"
    private static let tapEnding = ".t"

    /// The path where the same processes hear broadcasts: beside the other one.
    package var broadcastSocket: String? { socket.map { $0 + Self.broadcastEnding } }

    /// The path where they listen to the tap.
    package var tapSocket: String? { socket.map { $0 + Self.tapEnding } }

    package init(
        bus: String, broadcast: String, tap: String, socket: String? = nil, key: KeyPair? = nil
    ) {
        self.bus = bus
        self.broadcast = broadcast
        self.tap = tap
        self.socket = socket
        self.key = key
    }

    /// Refuses what must not be bound: bad addresses, and the open network without keys.
    package func check() throws(Fault) {
        for address in [bus, broadcast, tap] {
            let (host, _) = try Self.parse(address)
            guard key != nil || Self.isLoopback(host) else {
                throw Fault(
                    BusCode.notPermitted,
                    "\(address) is not loopback, and there are no keys: run baton keys init"
                )
            }
        }
        let longest = Self.longestPath - Self.broadcastEnding.utf8.count
        if let socket, socket.utf8.count > longest || socket.isEmpty {
            throw Fault(
                BusCode.addressRefused,
                "\(socket): the path of an orchestrator's socket has 1 to \(longest) bytes")
        }
    }

    /// What stands before the port, and the port.
    package static func split(_ address: String) throws(Fault) -> (prefix: String, port: Int) {
        let (host, port) = try parse(address)
        return ("tcp://\(host)", port)
    }

    static func parse(_ address: String) throws(Fault) -> (host: String, port: Int) {
        let bad = Fault(BusCode.addressRefused, "\(address): an address is tcp://HOST:PORT")
        guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { throw bad }
        let start = address.index(address.startIndex, offsetBy: 6)
        guard start < colon, let port = UInt16(address[address.index(after: colon)...]) else {
            throw bad
        }
        let host = String(address[start..<colon])
        let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard isPlain, !host.isEmpty else { throw bad }
        return (host, Int(port))
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        // Numbers alone: a name may begin as it likes and lead anywhere.
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
