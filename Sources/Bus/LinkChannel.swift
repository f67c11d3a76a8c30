package import Wire

/// One connection of a client to one orchestrator, as its `BusClient` sees it: a DEALER and its
/// monitor, or a line of a simulated network.
///
/// It decides nothing, never blocks and keeps no message for later.
package protocol LinkChannel: AnyObject {
    /// Whether messages may be there: something said so, or a send may have swallowed that word.
    var isStirred: Bool { get set }
    /// Whether something may have happened to the connection.
    var hasNews: Bool { get set }

    /// Sends a message of two frames; false when it cannot be taken now.
    func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Bool

    /// Takes one message and lends it; one that has not two frames is taken and not lent. False
    /// when nothing is there.
    func receive(_ body: (RawSpan, any Content) -> Void) -> Bool

    /// The next thing that happened to the connection, if anything did.
    func nextNews() -> Link.Event?

    /// Takes in a connection that has just been told of, so that the next message can go over it.
    func refresh()

    /// - Parameter linger: how many milliseconds what was sent may still take to leave.
    func close(linger: Int32)
}

/// Opens a channel to an endpoint under a routing id; the closure is told when something may be
/// there to take.
package typealias Dial =
    @Sendable (ClientEndpoint, _ routingID: String, @escaping () -> Void) throws -> any LinkChannel
