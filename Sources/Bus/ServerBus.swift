package import Wire

/// An orchestrator's side of the bus, as its owner sees it: `BusServer` over ZeroMQ, or the middle
/// of a simulated network.
///
/// What arrives it tells by a `BusServer.Handler`.
package protocol ServerBus: AnyObject {
    /// Sends a message; a peer that cannot be reached is reported as gone.
    func send(to peer: PeerID, envelope: UnsafeRawBufferPointer, _ content: any Content)

    /// Publishes a broadcast to whoever subscribed to its topic. It never waits: a subscriber that
    /// is too far behind does not get it.
    func publish(_ topic: String, envelope: UnsafeRawBufferPointer, _ content: any Content)

    /// Publishes an event on the tap, of its content at most the beginning. It never waits.
    func publish(
        onTap topic: String, _ mark: TapMark, envelope: UnsafeRawBufferPointer,
        _ content: any Content)

    /// Forgets a peer for good; should it speak again it is a new one.
    func forget(_ peer: PeerID)

    /// Closes the doors; what was sent already still leaves.
    func close()
}
