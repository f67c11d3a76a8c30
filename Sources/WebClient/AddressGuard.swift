package import Telemetry

/// Which places of the network may be asked. Pure: it is given names and addresses and says yes, or
/// why not.
///
/// Without a word of the operator it is the public web alone: addresses that belong to somebody out
/// there, at the ports of the web. Every address that a name stands for is checked, and the
/// connection then goes to one of those that were: what a name says later on changes nothing.
package struct AddressGuard: Sendable {
    /// At which ports the public web is asked.
    package var ports: Set<Int>
    package var allowed: [AllowRule]
    package var detours: [Detour]

    package init(
        ports: Set<Int> = [80, 443], allowed: [AllowRule] = [], detours: [Detour] = []
    ) {
        (self.ports, self.allowed, self.detours) = (ports, allowed, detours)
    }

    /// Where the connection for a URL really goes.
    package func place(for url: WebURL) -> Detour.Place {
        let place = Detour.Place(host: url.host, port: url.port)
        return detours.first { $0.from == place }?.to ?? place
    }

    /// Refuses what no address could make good, so that nobody looks up a name in vain.
    package func check(_ place: Detour.Place) throws(Fault) {
        guard !ports.contains(place.port) else { return }
        let isOpen = allowed.contains { rule in
            guard rule.opens(place.port) else { return false }
            if case .host(let host) = rule.target { return host == place.host }
            return true
        }
        guard isOpen else {
            throw Fault(
                WebCode.refused,
                "port \(place.port) of \(place.host) is closed: \(Self.advice(place))")
        }
    }

    /// Refuses a place if one of the addresses it stands for must not be asked.
    package func check(_ addresses: [WebAddress], of place: Detour.Place) throws(Fault) {
        guard !addresses.isEmpty else {
            throw Fault(WebCode.communication, "no address is known for \(place.host)")
        }
        for address in addresses where !isOpen(address, place) {
            let name =
                address.description == place.host ? place.host : "\(place.host) (\(address))"
            let kind = address.kind
            let reason =
                kind == .public
                ? "port \(place.port) of \(name) is closed"
                : "\(name) is not on the public web (\(kind.rawValue))"
            throw Fault(WebCode.refused, "\(reason): \(Self.advice(place))")
        }
    }

    private func isOpen(_ address: WebAddress, _ place: Detour.Place) -> Bool {
        let kind = address.kind
        if kind == .public, ports.contains(place.port) { return true }
        return allowed.contains { rule in
            guard rule.opens(place.port) else { return false }
            switch rule.target {
            case .network(let network): return network.contains(address)
            // Whoever opens a name trusts it with the machines inside, but not with the keys of a
            // cloud.
            case .host(let host):
                return host == place.host && [.public, .private, .loopback].contains(kind)
            }
        }
    }

    private static func advice(_ place: Detour.Place) -> String {
        let host = place.host.contains(":") ? "[\(place.host)]" : place.host
        return "whoever runs this worker may open it with --allow \(host):\(place.port)"
    }
}
