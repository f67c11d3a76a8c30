import Reactor

/// Endpoints whose host has a name. libzmq would look it up itself, on the one thread that all
/// connections of the process share, with every attempt: a name that nobody answers for, such as
/// that of a container that is gone, would hold up all of them for seconds.
extension BusClient {
    /// Asks where the host of an endpoint is, to open its link or to see whether it has moved.
    /// False where the endpoint needs no looking up.
    @discardableResult
    func lookUp(_ entry: LinkEntry) -> Bool {
        entry.nextLookup = .distantFuture
        guard dial == nil, let names, let host = entry.endpoint.hostName else { return false }
        names.find(host) { [weak self] addresses in self?.found(addresses, entry) }
        return true
    }

    /// libzmq tries the address it knows again; only after a while it may be another one.
    func lookAgainLater(_ entry: LinkEntry) {
        guard entry.link.state == .opening, entry.channel != nil,
            entry.endpoint.hostName != nil
        else { return }
        entry.nextLookup = min(entry.nextLookup, loop.now + limits.lookup)
    }

    private func found(_ addresses: [String], _ entry: LinkEntry) {
        guard entry.link.state == .opening else { return }
        // The bus speaks IPv4.
        let places = addresses.filter { !$0.contains(":") }.compactMap(entry.endpoint.at)
        if entry.channel == nil {
            guard let place = places.first else { return handle(.broken, entry) }
            move(entry, to: place)
        } else if let place = places.first(where: { $0 != entry.reached }) {
            move(entry, to: place)
        }
        lookAgainLater(entry)
        setTimer()
    }

    private func move(_ entry: LinkEntry, to place: ClientEndpoint) {
        entry.channel.take()?.close(linger: 0)
        entry.reached = place
        open(entry)
    }
}
