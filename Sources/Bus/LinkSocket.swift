import CZeroMQ
import Reactor
import Telemetry
import Wire

/// One DEALER and its monitor on the loop, from opening to closing. It decides nothing.
final class LinkSocket: LinkChannel {
    private let socket: Socket
    private let monitor: Monitor
    var isStirred = true
    var hasNews = true
    private var envelope = Frame()
    /// Messages that were taken in a row.
    private var taken = 0
    private var watches: [Watch] = []

    enum Limits {
        /// Far above what an orchestrator sends: a breach would make the socket a zombie.
        static let message: Int64 = 4 * 128 << 10
        static let reconnect: Int32 = 20
        static let longestReconnect: Int32 = 2000
    }

    /// - Parameters:
    ///   - name: its own within the context, for as long as the context lives.
    ///   - stirred: something may be there to take.
    init(
        _ endpoint: ClientEndpoint, routingID: String, key: KeyPair?, name: String,
        context: BusContext, loop: EventLoop, stirred: @escaping () -> Void
    ) throws {
        socket = try Socket(context, ZMQ_DEALER)
        monitor = try Monitor(context, of: socket, name: name)
        try configure(endpoint, routingID, key)
        watches = [
            try loop.watch(socket.descriptor, for: [.read, .edge]) { [unowned self] _ in
                isStirred = true
                stirred()
            },
            try loop.watch(monitor.socket.descriptor, for: [.read, .edge]) { [unowned self] _ in
                hasNews = true
                stirred()
            },
        ]
        try socket.connect(endpoint.address)
        stirred()
    }

    func close(linger: Int32) {
        for watch in watches { watch.cancel() }
        watches = []
        monitor.close()
        socket.set(ZMQ_LINGER, linger)
        socket.close()
    }

    // MARK: - Messages

    func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Bool {
        unsafe socket.send(envelope, content) == .sent
    }

    func receive(_ body: (RawSpan, any Content) -> Void) -> Bool {
        // With every hundredth frame in a row libzmq looks at what its I/O thread has to say. If
        // that is that the connection is lost, and the frame is the second of a message, it ends
        // the process: so it is made to look before the first.
        taken += 1
        if taken.isMultiple(of: 50) { refresh() }
        guard socket.receive(into: envelope) else {
            taken = 0
            return false
        }
        let content = Frame()
        if envelope.hasMore, socket.receive(into: content), !content.hasMore {
            envelope.withBytes { body($0, content) }
        } else {
            socket.skipRest(after: content)
        }
        return true
    }

    func nextNews() -> Link.Event? {
        while let event = monitor.next() {
            switch event {
            case .connected: return .connected
            case .disconnected: return .disconnected
            case .refused: return .refused
            case .handshakeFailed: return .broken
            case .accepted: continue
            }
        }
        return nil
    }

    func refresh() { _ = socket.isReadable }

    private func configure(
        _ endpoint: ClientEndpoint, _ routingID: String, _ key: KeyPair?
    ) throws(Fault) {
        try socket.set(ZMQ_ROUTING_ID, routingID)
        socket.set(ZMQ_IMMEDIATE, Int32(1))
        socket.set(ZMQ_RECONNECT_IVL, Limits.reconnect)
        socket.set(ZMQ_RECONNECT_IVL_MAX, Limits.longestReconnect)
        socket.setCommonOptions(largest: Limits.message)
        try socket.secure(endpoint, with: key)
    }
}
