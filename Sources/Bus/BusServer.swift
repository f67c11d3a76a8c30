import CZeroMQ
import Glibc
package import Reactor
package import Telemetry
package import Wire

/// The orchestrator's side of the bus on the loop: one ROUTER for everybody, two XPUB sockets, the
/// door keeper. The module owns ZeroMQ: its sockets, its keys, and who is behind each connection.
///
/// It turns frames into messages and peers into numbers, and nothing more: what a message means is
/// its handler's matter. It never blocks, never trusts a routing id that does not belong to its
/// key, and never keeps a message waiting: what a peer's pipe cannot take is refused to its sender.
package final class BusServer: ServerBus {
    /// What the server tells its owner, always on the loop.
    package struct Handler {
        package var joined: (PeerID, String, Identity) -> Void
        package var received: (borrowing EnvelopeView, any Content, PeerID) -> Void
        package var malformed: (Fault, PeerID) -> Void
        package var left: (PeerID) -> Void
        /// Everything that was there has been handled: the time to send.
        package var settled: () -> Void
        /// Somebody began or ended to listen to a topic of the tap; it may be any bytes.
        package var listened: ([UInt8], Bool) -> Void

        package init(
            joined: @escaping (PeerID, String, Identity) -> Void,
            received: @escaping (borrowing EnvelopeView, any Content, PeerID) -> Void,
            malformed: @escaping (Fault, PeerID) -> Void, left: @escaping (PeerID) -> Void,
            settled: @escaping () -> Void,
            listened: @escaping ([UInt8], Bool) -> Void = { _, _ in }
        ) {
            self.joined = joined
            self.received = received
            self.malformed = malformed
            self.left = left
            self.settled = settled
            self.listened = listened
        }
    }

    package private(set) var endpoints: ServerEndpoints
    package private(set) var figures = Figures()
    private let loop: EventLoop
    private let gatekeeper: Gatekeeper
    private let zap: ZapHandler
    private let router: Socket
    private let broadcasts: Socket
    private let tap: Socket
    private let monitor: Monitor
    private let handler: Handler
    private var watches: [Watch] = []
    private var hook: Hook?
    private var isClosed = false
    private var peers = PeerTable()
    private var pieces = Assemblies()
    private let identity = Frame()
    private let envelope = Frame()
    /// Whether the sockets must be looked at again before the loop sleeps: every send may have
    /// swallowed a signal.
    private var isStirred = true
    /// Whether subscriptions may have come without a word of the descriptor's.
    private var hasPublished = false

    /// What the bus itself saw, for STATS.
    package struct Figures: Sendable {
        package var received = 0, sent = 0, malformed = 0, unreachable = 0, full = 0
        package var handshakesFailed = 0, refused = 0, impostors = 0, published = 0
    }

    package enum Limits {
        /// Messages taken before timers and jobs have their turn again.
        static let batch = 16
        static let rounds = 16
        /// Above a part's size and its envelope, with room: a sender beyond it loses its
        /// connection.
        static let message: Int64 = 128 << 10
        /// A subscription, with room for the frames of the handshake that proves a key: the
        /// greatest has some 300 bytes. What a longer topic would cost is for its sender to lose.
        static let topic: Int64 = 512
        static let backlog: Int32 = 1024
        /// Broadcasts that a subscriber may be behind; it loses what comes beyond them.
        static let broadcasts: Int32 = 1000
        /// Events that a listener of the tap may be behind; likewise.
        static let events: Int32 = 10_000
    }

    package init(
        _ endpoints: ServerEndpoints, _ gatekeeper: Gatekeeper, context: BusContext,
        loop: EventLoop, handler: Handler
    ) throws {
        try endpoints.check()
        self.endpoints = endpoints
        self.gatekeeper = gatekeeper
        self.loop = loop
        self.handler = handler
        zap = try ZapHandler(context, gatekeeper)
        router = try Socket(context, ZMQ_ROUTER)
        broadcasts = try Socket(context, ZMQ_XPUB)
        tap = try Socket(context, ZMQ_XPUB)
        monitor = try Monitor(context, of: router, name: "router")
        try open()
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        hook?.cancel()
        for watch in watches { watch.cancel() }
        watches = []
        monitor.close()
        // What may be lost does not hold up the end.
        for (socket, linger) in [(router, 2000), (broadcasts, 100), (tap, 100)] {
            socket.set(ZMQ_LINGER, Int32(linger))
            socket.close()
        }
        for path in [endpoints.socket, endpoints.broadcastSocket, endpoints.tapSocket] {
            if let path { unsafe unlink(path) }
        }
    }

    // MARK: - Sending

    package func send(
        to peer: PeerID, envelope: UnsafeRawBufferPointer, _ content: any Content
    ) {
        guard !isClosed, let name = peers.name(peer) else { return }
        isStirred = true
        let isWhole = content.count <= WireLimits.part
        let sending =
            unsafe isWhole
            ? router.send(name, envelope, content)
            : sendInPieces(name, envelope: [UInt8](envelope), content)
        switch sending {
        case .sent: figures.sent += 1
        case .full: figures.full += 1
        case .unreachable:
            figures.unreachable += 1
            handler.left(peer)
        }
    }

    private func sendInPieces(
        _ name: String, envelope: [UInt8], _ content: any Content
    ) -> Socket.Sending {
        let id = "part-\(figures.sent)"
        guard let messages = try? Pieces.messages(envelope: envelope, content, id: id) else {
            return .full
        }
        for (envelope, piece) in messages {
            let sending = unsafe envelope.withUnsafeBytes { unsafe router.send(name, $0, piece) }
            guard sending == .sent else { return sending }
        }
        return .sent
    }

    package func publish(
        _ topic: String, envelope: UnsafeRawBufferPointer, _ content: any Content
    ) {
        guard !isClosed, broadcasts.send(topic, more: true) == .sent else { return }
        _ = unsafe broadcasts.send(envelope, content)
        figures.published += 1
        hasPublished = true
        isStirred = true
    }

    package func publish(
        onTap topic: String, _ mark: TapMark, envelope: UnsafeRawBufferPointer,
        _ content: any Content
    ) {
        guard !isClosed, tap.send(topic, more: true) == .sent else { return }
        unsafe mark.withBytes { _ = unsafe tap.send($0, more: true) }
        _ = unsafe tap.send(envelope, more: true)
        if mark.flags.contains(.cut) {
            content.withBytes { span in
                unsafe span.withUnsafeBytes { bytes in
                    _ = unsafe tap.send(UnsafeRawBufferPointer(rebasing: bytes[..<TapMark.most]))
                }
            }
        } else {
            _ = tap.send(content)
        }
        hasPublished = true
        isStirred = true
    }

    package func forget(_ peer: PeerID) {
        peers.remove(peer)
        pieces.forget(peer)
    }

    // MARK: - Opening

    private func open() throws {
        configure(router)
        router.set(ZMQ_ROUTER_MANDATORY, Int32(1))
        router.set(ZMQ_ROUTER_HANDOVER, Int32(1))
        for socket in [broadcasts, tap] {
            configure(socket)
            socket.set(ZMQ_MAXMSGSIZE, Limits.topic)
        }
        broadcasts.set(ZMQ_SNDHWM, Limits.broadcasts)
        tap.set(ZMQ_SNDHWM, Limits.events)
        for (socket, path) in [
            (router, endpoints.socket), (broadcasts, endpoints.broadcastSocket),
            (tap, endpoints.tapSocket),
        ] {
            guard let path else { continue }
            try socket.set(ZMQ_ZAP_DOMAIN, Gatekeeper.Door.local.rawValue)
            try bind(socket, locally: path)
        }
        for (socket, door) in [(router, Gatekeeper.Door.bus), (broadcasts, .bus), (tap, .tap)] {
            try socket.set(ZMQ_ZAP_DOMAIN, door.rawValue)
            guard let key = endpoints.key else { continue }
            socket.set(ZMQ_CURVE_SERVER, Int32(1))
            try socket.set(ZMQ_CURVE_SECRETKEY, key.secret)
        }
        endpoints.bus = try router.bind(endpoints.bus)
        endpoints.broadcast = try broadcasts.bind(endpoints.broadcast)
        endpoints.tap = try tap.bind(endpoints.tap)
        try watch()
    }

    private func configure(_ socket: Socket) {
        socket.setCommonOptions(largest: Limits.message)
        socket.set(ZMQ_BACKLOG, Limits.backlog)
    }

    /// The socket file belongs to this user alone: that is its lock. One that a dead process left
    /// is replaced, one that somebody listens on is not.
    private func bind(_ socket: Socket, locally path: String) throws {
        guard !UnixSocket.isAnswered(path) else {
            throw Fault(BusCode.addressInUse, "another process listens there", at: path)
        }
        unsafe unlink(path)
        let mask = umask(0o177)
        defer { umask(mask) }
        try socket.bind("ipc://\(path)")
    }

    private func watch() throws {
        try watch(zap.socket) { [unowned self] in zap.drain() }
        try watch(monitor.socket) { [unowned self] in noteConnections() }
        try watch(broadcasts) { [unowned self] in dropSubscriptions(of: broadcasts) }
        try watch(tap) { [unowned self] in noteListeners() }
        try watch(router) { [unowned self] in isStirred = true }
        hook = loop.beforeSleep { [unowned self] in settle() }
    }

    /// Every edge of a ZeroMQ descriptor asks to take all there is; so does the beginning.
    private func watch(_ socket: Socket, _ take: @escaping () -> Void) throws {
        let watch = try loop.watch(socket.descriptor, for: [.read, .edge]) { _ in take() }
        watches.append(watch)
        take()
    }

    // MARK: - Receiving

    /// Takes what is there, a few batches at a time, and has it answered batch by batch; as long as
    /// more may be there the loop does not sleep.
    private func settle() {
        var rounds = 0
        while isStirred, rounds < Limits.rounds {
            rounds += 1
            if exchange(&hasPublished, with: false) {
                dropSubscriptions(of: broadcasts)
                noteListeners()
            }
            guard receiveBatch() > 0 else {
                // What was sent before is covered too: only a later send may swallow the
                // descriptor's word again.
                isStirred = false
                return
            }
            handler.settled()
            // Whoever was told may have closed this server, and its sockets with it.
            if isClosed { return }
        }
        // An empty job keeps the loop awake for one more tick.
        if isStirred { loop.submit {} }
    }

    private func receiveBatch() -> Int {
        for count in 0..<Limits.batch {
            guard router.receive(into: identity) else { return count }
            receiveMessage()
        }
        return Limits.batch
    }

    private func receiveMessage() {
        guard identity.hasMore, router.receive(into: envelope) else { return }
        let content = Frame()
        let isWhole = envelope.hasMore && router.receive(into: content) && !content.hasMore
        if !isWhole { router.skipRest(after: envelope.hasMore ? content : envelope) }
        figures.received += 1
        guard let peer = knownPeer() else { return }
        guard isWhole else {
            return refuse(
                Fault(WireCode.frames, "a message has two frames, an envelope and a content"), peer)
        }
        hand(content, from: peer)
    }

    private func hand(_ content: Frame, from peer: PeerID) {
        envelope.withBytes { bytes in
            do throws(Fault) {
                let view = try EnvelopeView(bytes)
                noteConnection(of: peer, view.type)
                switch try pieces.receive(view, content, from: peer) {
                case .wait: break
                case .deliver(let whole): handler.received(view, whole, peer)
                case .refuse(let fault): refuse(fault, peer)
                }
            } catch {
                refuse(error, peer)
            }
        }
    }

    private func refuse(_ fault: Fault, _ peer: PeerID) {
        figures.malformed += 1
        handler.malformed(fault, peer)
    }

    /// The peer the routing id names, if the connection's key allows it that name; a new one is
    /// announced.
    private func knownPeer() -> PeerID? {
        if let (peer, owner) = identity.withBytes({ peers.find($0) }) {
            guard envelope.isFrom(owner) else { return impostor() }
            return peer
        }
        let name = String(decoding: identity.array, as: UTF8.self)
        let user = envelope.user
        guard let who = gatekeeper.identity(named: user), who.mayUse(routingID: name),
            Name.isValid(name)
        else { return impostor() }
        // The kernel gives a descriptor again: what ended before belongs to its old owner.
        noteConnections()
        let peer = peers.add(name, owner: user, descriptor: envelope.descriptor)
        handler.joined(peer, name, who)
        return peer
    }

    /// A peer that speaks over another connection than before has lost that one, also when nobody
    /// said so yet. HELLO itself says what that means: a return, a restart, or another process
    /// under the same name.
    private func noteConnection(of peer: PeerID, _ type: MessageType?) {
        guard peers.descriptor(peer) != envelope.descriptor else { return }
        noteConnections()
        if peers.connect(peer, envelope.descriptor), type != .hello { handler.left(peer) }
    }

    private func impostor() -> PeerID? {
        figures.impostors += 1
        return nil
    }

    private func noteConnections() {
        while let event = monitor.next() {
            switch event {
            case .disconnected(let descriptor):
                for peer in peers.disconnect(descriptor) { handler.left(peer) }
            case .handshakeFailed: figures.handshakesFailed += 1
            case .refused: figures.refused += 1
            case .accepted, .connected: break
            }
        }
    }

    /// Subscriptions arrive as messages of the XPUB sockets; they are taken so that no pipe fills
    /// up.
    private func dropSubscriptions(of socket: Socket) {
        while socket.receiveAll() != nil {}
    }

    /// A subscription is one frame: a one or a zero, and the topic.
    private func noteListeners() {
        while let frames = tap.receiveAll() {
            guard frames.count == 1, let word = frames[0].first, word <= 1 else { continue }
            handler.listened(Array(frames[0].dropFirst()), word == 1)
        }
    }
}
