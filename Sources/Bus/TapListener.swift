import CZeroMQ
package import Reactor
import Telemetry
package import Wire

/// One SUB socket at the tap of one orchestrator, on the loop: tells its owner every event, and
/// how the connection stands.
///
/// It connects again by itself for as long as it lives. What it cannot take in time is lost at the
/// orchestrator, which never waits for it.
package final class TapListener {
    /// What happened to the connection.
    package enum Word: Sendable {
        case connected, disconnected
        /// The orchestrator does not let this key listen.
        case refused
    }

    package struct Handler {
        package var heard: (TapEvent) -> Void
        package var changed: (Word) -> Void

        package init(
            heard: @escaping (TapEvent) -> Void, changed: @escaping (Word) -> Void = { _ in }
        ) {
            self.heard = heard
            self.changed = changed
        }
    }

    enum Limits {
        /// Above an envelope or a content as the tap publishes them.
        static let frame: Int64 = 64 << 10
        /// Events this process may be behind before it loses any.
        static let pipe: Int32 = 20_000
        static let batch = 256
    }

    private let socket: Socket
    private let monitor: Monitor
    private let loop: EventLoop
    private let handler: Handler
    private var watches: [Watch] = []
    private var hook: Hook?
    /// Whether events may be there.
    private var isStirred = true
    private var isClosed = false

    package init(
        _ endpoint: ClientEndpoint, topics: [String], key: KeyPair?, context: BusContext,
        loop: EventLoop, handler: Handler
    ) throws {
        self.loop = loop
        self.handler = handler
        socket = try Socket(context, ZMQ_SUB)
        socket.setCommonOptions(largest: Limits.frame)
        socket.set(ZMQ_RCVHWM, Limits.pipe)
        socket.set(ZMQ_RECONNECT_IVL, LinkSocket.Limits.reconnect)
        socket.set(ZMQ_RECONNECT_IVL_MAX, LinkSocket.Limits.longestReconnect)
        try socket.secure(endpoint, with: key)
        for topic in topics { try socket.set(ZMQ_SUBSCRIBE, topic) }
        monitor = try Monitor(context, of: socket, name: "tap-\(socket.descriptor)")
        try watch(monitor.socket) { [unowned self] in noteConnection() }
        try watch(socket) { [unowned self] in isStirred = true }
        hook = loop.beforeSleep { [unowned self] in take() }
        try socket.connect(endpoint.address)
        noteConnection()
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        hook?.cancel()
        for watch in watches { watch.cancel() }
        watches = []
        monitor.close()
        socket.close()
    }

    /// Every edge of a ZeroMQ descriptor asks to take all there is.
    private func watch(_ socket: Socket, _ take: @escaping () -> Void) throws {
        watches.append(try loop.watch(socket.descriptor, for: [.read, .edge]) { _ in take() })
    }

    /// Takes a batch; what is left waits until the loop has had its turn, which an empty job brings
    /// about.
    private func take() {
        guard isStirred else { return }
        for _ in 0..<Limits.batch {
            guard !isClosed, let frames = socket.receiveAll() else {
                isStirred = false
                return
            }
            if let event = TapEvent(frames: frames) { handler.heard(event) }
        }
        loop.submit {}
    }

    private func noteConnection() {
        while !isClosed, let event = monitor.next() {
            switch event {
            case .connected: handler.changed(.connected)
            case .disconnected: handler.changed(.disconnected)
            case .refused, .handshakeFailed: handler.changed(.refused)
            case .accepted: break
            }
        }
    }
}
