import Document
package import Reactor
package import Telemetry
package import Wire

/// Names one link of a client for as long as the client lives.
package struct LinkID: Hashable, Sendable {
    package let number: Int

    package init(number: Int) { self.number = number }
}

/// A process's side of the bus on the loop: one DEALER for each orchestrator, all with the same
/// routing id.
///
/// It keeps the links alive, says HELLO over each new connection and tells what arrives; what a
/// message means is its handler's matter. It never blocks and keeps no message: what a link cannot
/// take is said to its sender at once.
package final class BusClient {
    /// What the client tells its owner, always on the loop.
    package struct Handler {
        /// The JSON of HELLO for this link, asked for with every new connection.
        package var hello: (LinkID) -> [UInt8]
        package var up: (LinkID, Welcome) -> Void
        package var down: (LinkID) -> Void
        package var received: (borrowing EnvelopeView, any Content, LinkID) -> Void
        /// A link is given up; the others go on.
        package var failed: (LinkID, Fault) -> Void
        /// Everything that was there has been handled.
        package var settled: () -> Void

        package init(
            hello: @escaping (LinkID) -> [UInt8], up: @escaping (LinkID, Welcome) -> Void,
            down: @escaping (LinkID) -> Void,
            received: @escaping (borrowing EnvelopeView, any Content, LinkID) -> Void,
            failed: @escaping (LinkID, Fault) -> Void, settled: @escaping () -> Void
        ) {
            self.hello = hello
            self.up = up
            self.down = down
            self.received = received
            self.failed = failed
            self.settled = settled
        }
    }

    private final class Entry {
        let id: LinkID
        let endpoint: ClientEndpoint
        var orchestrator: String?
        var link: Link
        var channel: (any LinkChannel)?
        var assembler = PartAssembler()

        init(_ id: LinkID, _ endpoint: ClientEndpoint, _ link: Link) {
            self.id = id
            self.endpoint = endpoint
            self.link = link
        }

        func isAbout(_ address: OrchestratorAddress) -> Bool {
            orchestrator == address.name || endpoint.address == address.bus
                || endpoint.address == address.socket
        }
    }

    private enum Limits {
        static let batch = 256
        static let rounds = 4
        static let links = 64
        static let linger: Int32 = 5000
    }

    private static let helloID = "hello"

    package let routingID: String
    private let dial: Dial
    private let loop: EventLoop
    private let limits: Link.Limits
    private let handler: Handler
    private var entries: [Entry] = []
    private var live: [LinkID] = []
    private var turn = 0
    private var writer = EnvelopeWriter()
    private var isStirred = true
    private var hook: Hook?
    private var timer: Timer?

    /// Opens its links over ZeroMQ.
    package convenience init(
        _ endpoints: [ClientEndpoint], routingID: String, key: KeyPair?, context: BusContext,
        loop: EventLoop, limits: Link.Limits = Link.Limits(), handler: Handler
    ) throws(Fault) {
        try self.init(
            endpoints, routingID: routingID, key: key, loop: loop, limits: limits,
            dial: LinkSocket.dial(key: key, context: context, loop: loop), handler: handler)
    }

    package init(
        _ endpoints: [ClientEndpoint], routingID: String, key: KeyPair?, loop: EventLoop,
        limits: Link.Limits = Link.Limits(), dial: @escaping Dial, handler: Handler
    ) throws(Fault) {
        try Name.check(routingID, "routing id")
        if let key, routingID != key.name, !routingID.hasPrefix(key.name + ".") {
            throw Fault(
                BusCode.keyRefused,
                "\(routingID) is not a name of this key: it must be \(key.name), or begin with that"
                    + " and a dot"
            )
        }
        self.routingID = routingID
        self.dial = dial
        self.loop = loop
        self.limits = limits
        self.handler = handler
        for endpoint in endpoints { add(endpoint) }
        hook = loop.beforeSleep { [unowned self] in settle() }
        timer = loop.timer(at: .distantFuture) { [unowned self] in tick() }
        for entry in entries { handle(.opened, entry) }
    }

    /// Ends all links; what was sent already may still leave.
    package func close() {
        hook?.cancel()
        timer?.cancel()
        for entry in entries { entry.channel.take()?.close(linger: Limits.linger) }
        live = []
    }

    // MARK: - Sending

    /// The links that were welcomed and not lost since.
    package var liveLinks: [LinkID] { live }

    package func isLive(_ link: LinkID) -> Bool { entries[link.number].link.isUp }

    /// Any live link, in turns.
    package func anyLink() -> LinkID? {
        guard live.count > 1 else { return live.first }
        turn = (turn + 1) % live.count
        return live[turn]
    }

    /// The name of the orchestrator at the other end, once it is known; its address until then.
    package func name(of link: LinkID) -> String {
        entries[link.number].orchestrator ?? entries[link.number].endpoint.address
    }

    /// Sends a message of two frames; false when the link cannot take it now.
    package func send(
        _ envelope: UnsafeRawBufferPointer, _ content: any Content, to link: LinkID
    ) -> Bool {
        let entry = entries[link.number]
        guard let channel = entry.channel else { return false }
        channel.isStirred = true
        isStirred = true
        return unsafe channel.send(envelope, content)
    }

    /// Writes and sends a message that carries no content.
    package func send(to link: LinkID, _ write: (inout EnvelopeWriter) -> Void) -> Bool {
        writer.clear()
        write(&writer)
        return unsafe writer.bytes.withUnsafeBytes {
            unsafe send($0, ContentBytes.empty, to: link)
        }
    }

    // MARK: - Receiving

    /// Takes what is there, a few batches at a time; as long as more may be there the loop does not
    /// sleep.
    private func settle() {
        var rounds = 0
        while isStirred, rounds < Limits.rounds {
            isStirred = false
            rounds += 1
            for entry in entries { take(entry) }
            handler.settled()
        }
        // An empty job keeps the loop awake for one more tick.
        if isStirred { loop.submit {} }
    }

    /// Takes a batch of what a link has. Once nothing is left, what was sent before is covered too:
    /// only a later send may swallow the descriptor's word again.
    private func take(_ entry: Entry) {
        guard let channel = entry.channel else { return }
        if channel.hasNews {
            channel.hasNews = false
            noteConnections(entry)
        }
        guard channel.isStirred else { return }
        for _ in 0..<Limits.batch {
            guard entry.channel === channel else { return }
            guard channel.receive({ receiveMessage($0, $1, entry) }) else {
                channel.isStirred = false
                return
            }
        }
        isStirred = true
    }

    private func receiveMessage(_ envelope: RawSpan, _ content: any Content, _ entry: Entry) {
        entry.link.heard(at: loop.now)
        // An orchestrator that speaks another version is nobody this process can answer.
        guard let view = try? EnvelopeView(envelope) else { return }
        hand(view, content, entry)
    }

    private func hand(_ view: borrowing EnvelopeView, _ content: any Content, _ entry: Entry) {
        switch view.type {
        case .task where view.parts <= 1, .response where view.parts <= 1:
            return handler.received(view, content, entry.id)
        case .welcome: return welcome(content, entry)
        case .error where isAboutSession(view, entry): return
        case nil: return
        default: break
        }
        switch entry.assembler.receive(view, content) {
        case .wait: break
        case .deliver(let whole): handler.received(view, whole, entry.id)
        case .refuse: break
        }
    }

    private func welcome(_ content: any Content, _ entry: Entry) {
        do throws(Fault) {
            let welcome = try JSON.decode(Welcome.self, from: content.array)
            entry.orchestrator = welcome.orchestrator
            handle(.welcomed(welcome), entry)
        } catch {
            handle(.helloRefused(error), entry)
        }
    }

    /// ERROR that answers HELLO, or that asks for one.
    private func isAboutSession(_ view: borrowing EnvelopeView, _ entry: Entry) -> Bool {
        guard let error = try? view.error() else { return false }
        if view.has(.correlationID, "hello") {
            handle(.helloRefused(error.fault), entry)
            return true
        }
        if error.code == WireCode.hello.rawValue { handle(.unknown, entry) }
        return false
    }

    private func noteConnections(_ entry: Entry) {
        while let event = entry.channel?.nextNews() { handle(event, entry) }
    }

    // MARK: - Links

    private func tick() {
        for entry in entries { handle(.tick, entry) }
        setTimer()
    }

    private func setTimer() {
        let next = entries.map(\.link.nextLook).min() ?? .distantFuture
        timer?.reset(at: next)
    }

    private func handle(_ event: Link.Event, _ entry: Entry) {
        let actions = entry.link.handle(event, at: loop.now)
        guard !actions.isEmpty else { return }
        for action in actions { perform(action, entry) }
        setTimer()
    }

    private func perform(_ action: Link.Action, _ entry: Entry) {
        switch action {
        case .open: open(entry)
        case .close: entry.channel.take()?.close(linger: 0)
        case .sendHello: sayHello(entry)
        case .sendPing: _ = send(to: entry.id) { $0.begin(.ping) }
        case .up(let welcome):
            live.append(entry.id)
            retireTwins(of: entry)
            meet(welcome.orchestrators, by: entry)
            handler.up(entry.id, welcome)
        case .down:
            live.removeAll { $0 == entry.id }
            entry.assembler = PartAssembler()
            handler.down(entry.id)
        case .giveUp(let fault): handler.failed(entry.id, fault)
        }
    }

    private func open(_ entry: Entry) {
        do {
            entry.channel = try dial(entry.endpoint, routingID) { [unowned self] in
                isStirred = true
            }
        } catch {
            let fault =
                error as? Fault ?? Fault(BusCode.socket, "a link cannot be opened", cause: error)
            handler.failed(entry.id, fault)
        }
    }

    private func sayHello(_ entry: Entry) {
        entry.channel?.refresh()
        writer.clear()
        writer.begin(.hello)
        writer.text(.messageID, Self.helloID)
        let content = ContentBytes(handler.hello(entry.id))
        let sent = unsafe writer.bytes.withUnsafeBytes {
            unsafe send($0, content, to: entry.id)
        }
        if !sent { handle(.broken, entry) }
    }

    /// Two addresses may lead to one orchestrator, which knows one connection for a name: the
    /// newest.
    private func retireTwins(of entry: Entry) {
        for other in entries where other !== entry && other.orchestrator == entry.orchestrator {
            handle(.retired, other)
        }
    }

    /// Opens links to orchestrators that are not known yet.
    private func meet(_ addresses: [OrchestratorAddress], by entry: Entry) {
        for address in addresses where entries.count < Limits.links {
            guard !entries.contains(where: { $0.isAbout(address) }) else { continue }
            let local = entry.endpoint.isLocal ? address.socket : nil
            guard
                let endpoint = try? ClientEndpoint(local ?? address.bus, serverKey: address.key)
            else { continue }
            let new = add(endpoint)
            new.orchestrator = address.name
            handle(.opened, new)
        }
    }

    @discardableResult
    private func add(_ endpoint: ClientEndpoint) -> Entry {
        let entry = Entry(LinkID(number: entries.count), endpoint, Link(limits))
        entries.append(entry)
        return entry
    }
}
