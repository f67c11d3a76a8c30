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
/// routing id, and where it listens to broadcasts a SUB beside it.
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
        /// A broadcast on one of the topics that were asked for.
        package var published: (String, borrowing EnvelopeView, any Content, LinkID) -> Void
        /// A link is given up; the others go on.
        package var failed: (LinkID, Fault) -> Void
        /// Everything that was there has been handled.
        package var settled: () -> Void

        package init(
            hello: @escaping (LinkID) -> [UInt8], up: @escaping (LinkID, Welcome) -> Void,
            down: @escaping (LinkID) -> Void,
            received: @escaping (borrowing EnvelopeView, any Content, LinkID) -> Void,
            published: @escaping (String, borrowing EnvelopeView, any Content, LinkID) -> Void =
                { _, _, _, _ in },
            failed: @escaping (LinkID, Fault) -> Void, settled: @escaping () -> Void
        ) {
            self.hello = hello
            self.up = up
            self.down = down
            self.received = received
            self.published = published
            self.failed = failed
            self.settled = settled
        }
    }

    enum Limits {
        static let batch = 256
        static let rounds = 4
        static let links = 64
        /// Links of all time: those that ended keep their number.
        static let numbers = 4096
        static let linger: Int32 = 5000
    }

    static let helloID = "hello"
    private static let namesake = Fault(
        BusCode.sameName,
        "another process has this one's name: give each orchestrator one of its own (--name)")

    package let routingID: String
    let key: KeyPair?
    let context: BusContext
    let loop: EventLoop
    let limits: Link.Limits
    let ownName: String?
    private let ownEpoch: () -> String
    let dial: Dial?
    /// Nil once the client is closed: nobody waits for an answer then.
    private(set) var names: HostNames?
    let handler: Handler
    var entries: [LinkEntry] = []
    var live: [LinkID] = []
    var topics: TopicTable
    /// Filled anew with every broadcast.
    let broadcast = BroadcastFrames()
    private var turn = 0
    var writer = EnvelopeWriter()
    var isStirred = true
    var opened = 0
    private var hook: Hook?
    var timer: Timer?

    /// - Parameters:
    ///   - topics: what is heard of each orchestrator's broadcasts; empty: nothing.
    ///   - ownName: what this process is called as an orchestrator: it does not link to itself.
    ///   - ownEpoch: the number under which it leads now, by which it knows itself.
    ///   - dial: opens the channels of the links; nil: sockets of ZeroMQ.
    ///   - names: finds the hosts of endpoints; nil: as this machine does.
    package init(
        _ endpoints: [ClientEndpoint], routingID: String, key: KeyPair?, context: BusContext,
        loop: EventLoop, limits: Link.Limits = Link.Limits(), topics: [String] = [],
        ownName: String? = nil, ownEpoch: @escaping () -> String = { "" }, dial: Dial? = nil,
        names: HostNames? = nil, handler: Handler
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
        self.key = key
        self.context = context
        self.loop = loop
        self.limits = limits
        self.topics = TopicTable(topics)
        self.ownName = ownName
        self.ownEpoch = ownEpoch
        self.dial = dial
        self.names = names ?? HostNames(loop)
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
        names = nil
        for entry in entries {
            entry.broadcasts.take()?.close()
            entry.channel.take()?.close(linger: Limits.linger)
        }
        live = []
    }

    // MARK: - Sending

    /// The links that were welcomed and not lost since.
    package var liveLinks: [LinkID] { live }

    package func isLive(_ link: LinkID) -> Bool { entries[link.number].link.isUp }

    /// Whether a link is down because nothing was heard for too long, though nobody closed it.
    package func isSilent(_ link: LinkID) -> Bool { entries[link.number].link.isSilent }

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

    /// The addresses of the orchestrator that has welcomed this process over a link.
    package func address(of link: LinkID, in welcome: Welcome) -> OrchestratorAddress? {
        welcome.orchestrators.first { $0.name == welcome.orchestrator }?
            .seen(from: entries[link.number].endpoint)
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
            for entry in entries {
                take(entry)
                takeBroadcasts(entry)
            }
            handler.settled()
        }
        // An empty job keeps the loop awake for one more tick.
        if isStirred { loop.submit {} }
    }

    /// Takes a batch of what a link has. Once nothing is left, what was sent before is covered too:
    /// only a later send may swallow the descriptor's word again.
    private func take(_ entry: LinkEntry) {
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

    private func receiveMessage(
        _ envelope: RawSpan, _ content: any Content, _ entry: LinkEntry
    ) {
        entry.link.heard(at: loop.now)
        // An orchestrator that speaks another version is nobody this process can answer.
        guard let view = try? EnvelopeView(envelope) else { return }
        hand(view, content, entry)
    }

    private func hand(_ view: borrowing EnvelopeView, _ content: any Content, _ entry: LinkEntry) {
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

    private func welcome(_ content: any Content, _ entry: LinkEntry) {
        do throws(Fault) {
            let welcome = try JSON.decode(Welcome.self, from: content.array)
            entry.orchestrator = welcome.orchestrator
            entry.epoch = welcome.epoch
            guard welcome.orchestrator == ownName else {
                return handle(.welcomed(welcome), entry)
            }
            // An address of this very process: there is nobody to talk to.
            handle(.retired, entry)
            if welcome.epoch != ownEpoch() { handler.failed(entry.id, Self.namesake) }
        } catch {
            handle(.helloRefused(error), entry)
        }
    }

    /// ERROR that answers HELLO, or that asks for one.
    private func isAboutSession(_ view: borrowing EnvelopeView, _ entry: LinkEntry) -> Bool {
        guard let error = try? view.error() else { return false }
        if view.has(.correlationID, "hello") {
            handle(.helloRefused(error.fault), entry)
            return true
        }
        if error.code == WireCode.hello.rawValue { handle(.unknown, entry) }
        return false
    }

    private func noteConnections(_ entry: LinkEntry) {
        while let event = entry.channel?.nextNews() { handle(event, entry) }
    }
}
