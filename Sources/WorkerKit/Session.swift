package import Bus
import Document
package import Reactor
package import Telemetry
import Wire

/// A process's place on the bus: its links, the calls it makes and the tasks it does, all on its
/// loop.
///
/// What is to be done it learns from the pure tables it owns; it carries that out on the bus and by
/// timers. It outlives the links and never gives up a durable call or result because one of them
/// went down.
package actor Session {
    /// What a session is on the bus.
    package struct Plan: Sendable {
        package var endpoints: [ClientEndpoint]
        package var routingID: String
        package var key: KeyPair?
        /// How the links behave; whoever only calls gives up a refused key sooner than a worker.
        package var links = Link.Limits()
        package var log = Log.silent
        /// How links are opened; nil: over ZeroMQ.
        package var dial: Dial?
        /// Draws so many characters for the names of the session and its requests; a simulation
        /// draws the same ones again.
        package var draw: @Sendable (_ count: Int) -> String = { MessageNumber.random($0) }

        package init(endpoints: [ClientEndpoint], routingID: String, key: KeyPair? = nil) {
            self.endpoints = endpoints
            self.routingID = routingID
            self.key = key
        }
    }

    nonisolated package let loop: EventLoop
    nonisolated let plan: Plan
    let sessionID: String
    private let context: BusContext
    var bus: BusClient?
    var calls: CallTable
    var watches: WatchTable
    let requestPrefix: String
    var requestCount: UInt64 = 0
    var desk: TaskDesk?
    var ending: WorkEnding?
    var outboxFile: OutboxFile?
    var loopGuard: LoopGuard?
    private var writer = EnvelopeWriter()
    private var look: Timer?
    private var lookAt = Instant.distantFuture
    private var complaint: Timer?
    private var upWaiters: [CheckedContinuation<Void, any Error>] = []
    /// Who answered over each link the last time: its name and epoch.
    var lives: [LinkID: String] = [:]
    /// Links whose HELLO had no room for the tasks of others.
    var untold: Set<LinkID> = []
    private(set) var failure: Fault?
    private var failed: Set<LinkID> = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    package init(_ plan: Plan, on loop: EventLoop) throws(Fault) {
        self.loop = loop
        self.plan = plan
        context = try BusContext()
        sessionID = plan.draw(20)
        requestPrefix = plan.draw(26)
        calls = CallTable(prefix: MessageNumber(prefix: plan.draw(6)))
        watches = WatchTable(prefix: "w" + sessionID.prefix(5))
    }

    /// Connects to all orchestrators of the plan; returns at once.
    package func open() throws {
        look = loop.timer(at: .distantFuture) { [unowned self] in takeLook() }
        complaint = loop.timer(after: .seconds(1)) { [unowned self] in complain() }
        bus = try BusClient(
            plan.endpoints, routingID: plan.routingID, key: plan.key, context: context, loop: loop,
            limits: plan.links, topics: desk?.broadcasts.topics ?? [], dial: plan.dial,
            handler: handler())
    }

    /// Returns when a first orchestrator has welcomed this process.
    package func untilUp() async throws {
        if let failure { throw failure }
        guard bus?.liveLinks.isEmpty != false else { return }
        try await withCheckedThrowingContinuation { upWaiters.append($0) }
    }

    func tellWhenUp(_ tell: (@Sendable () -> Void)?) async {
        guard let tell, (try? await untilUp()) != nil else { return }
        tell()
    }

    /// Whoever waits for a first orchestrator waits no longer.
    func giveUp(_ fault: Fault) {
        for waiter in exchange(&upWaiters, with: []) { waiter.resume(throwing: fault) }
    }

    /// Ends everything at once; calls in hand fail.
    package func close() {
        if desk == nil { leaveBus() }
        endCalls(Fault(WireCode.cancelled, "the connection to the bus was closed"))
        endWatches(Fault(WireCode.cancelled, "the connection to the bus was closed"))
        giveUp(Fault(WireCode.cancelled, "the connection to the bus was closed"))
        look?.cancel()
        complaint?.cancel()
        endEffects(Fault(WireCode.cancelled, "the connection to the bus was closed"))
        desk?.stop()
        bus?.close()
        bus = nil
    }

    /// Does it on the loop: at once there, in its turn from elsewhere.
    nonisolated func submit(_ body: @escaping @Sendable (isolated Session) -> Void) {
        guard loop.isOnLoop else {
            return loop.submit { [self] in assumeIsolated { body($0) } }
        }
        assumeIsolated { body($0) }
    }

    // MARK: - Events

    private func handler() -> BusClient.Handler {
        BusClient.Handler(
            hello: { [unowned self] link in hello(link) },
            up: { [unowned self] link, welcome in up(link, welcome) },
            down: { [unowned self] link in down(link) },
            received: { [unowned self] message, content, link in
                received(message, content, link)
            },
            published: { [unowned self] topic, message, content, link in
                published(topic, message, content, link)
            },
            failed: { [unowned self] link, fault in failed(link, fault) },
            settled: {})
    }

    private func received(
        _ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID
    ) {
        switch message.type {
        case .task: task(message, content, link)
        case .go: go(message, link)
        case .response: answered(message, content)
        case .error, .nack: refused(message, link)
        case .accepted: accepted(message)
        case .partial: partial(message, content)
        case .progress: progressed(message, content)
        case .ping:
            pong(link)
            asked(content, link)
        case .event: event(message, content)
        case .resultAck: acknowledged(message, link)
        case .effect: effectAnswered(message, content, link)
        case .resume: resume(message, link)
        case .cancel, .abort: cancelTask(message, link)
        default: break
        }
    }

    private func up(_ link: LinkID, _ welcome: Welcome) {
        plan.log.info("connected", ["orchestrator": .text(welcome.orchestrator)])
        for waiter in exchange(&upWaiters, with: []) { waiter.resume() }
        meet(link, welcome)
        settleTasks(welcome.inflight ?? [], link)
        sendUnsent()
        askForWatches()
    }

    private func down(_ link: LinkID) {
        plan.log.warning("disconnected", ["orchestrator": .text(bus?.name(of: link) ?? "")])
        recallCalls(from: link)
        recallWatches(from: link)
        leaveTasks(of: link)
    }

    private func failed(_ link: LinkID, _ fault: Fault) {
        plan.log.error(
            "an orchestrator is given up",
            [
                "orchestrator": .text(bus?.name(of: link) ?? ""), "reason": .text(fault.message),
            ])
        // Those that others told of come and go; the configured ones decide.
        guard link.number < plan.endpoints.count else { return }
        failed.insert(link)
        guard failed.count >= plan.endpoints.count, bus?.liveLinks.isEmpty != false else { return }
        failure = fault
        giveUp(fault)
        endCalls(fault)
        endWatches(fault)
        desk?.fail(fault)
    }

    private func hello(_ link: LinkID) -> [UInt8] {
        var hello = Hello(role: desk == nil ? .client : .worker, session: sessionID)
        desk?.describe(in: &hello, link) { bus?.isLive($0) == true }
        // SAFETY: a Hello holds nothing that JSON cannot say, so encoding it cannot fail.
        let content = (try? JSON.encode(hello)) ?? []
        guard hello.orphans != nil, content.count > WireLimits.part else { return content }
        // HELLO travels in one piece: what makes it too long is told after it.
        untold.insert(link)
        hello.orphans = nil
        return (try? JSON.encode(hello)) ?? []
    }

    private func pong(_ link: LinkID) {
        let running = UInt32(clamping: desk?.running ?? 0)
        _ = bus?.send(to: link) { writer in
            writer.begin(.pong)
            if running > 0 { writer.running(running) }
        }
    }

    /// Says once soon, and then every half minute, that nobody can be reached.
    private func complain() {
        guard let bus, bus.liveLinks.isEmpty else {
            complaint?.reset(after: .seconds(30))
            return
        }
        plan.log.warning(
            "no orchestrator can be reached; still trying",
            ["addresses": .text(plan.endpoints.map(\.address).joined(separator: ","))])
        complaint?.reset(after: .seconds(30))
    }

    // MARK: - Time

    /// Makes sure that time is looked at by then.
    func lookSooner(_ moment: Instant) {
        guard moment < lookAt else { return }
        lookAt = moment
        look?.reset(at: moment)
    }

    private func takeLook() {
        lookAt = .distantFuture
        expireCalls()
        tendWatches()
        tendTasks()
        lookSooner(calls.nextDeadline)
        lookSooner(watches.nextDue ?? .distantFuture)
        lookSooner(desk?.nextLook ?? .distantFuture)
        expectTasks()
    }

    // MARK: - Sending

    /// Sends a message whose content may travel in several; false when the link cannot take it now.
    ///
    /// - Parameter messageID: what ties the pieces together; written by `write` as well, where the
    /// message has one.
    func send(
        _ content: any Content, to link: LinkID, tiedBy messageID: @autoclosure () -> String,
        _ write: (inout EnvelopeWriter) -> Void
    ) -> Bool {
        guard let bus else { return false }
        writer.clear()
        guard content.count > WireLimits.part else {
            write(&writer)
            return unsafe writer.bytes.withUnsafeBytes { unsafe bus.send($0, content, to: link) }
        }
        return sendPieces(content, to: link, messageID(), write)
    }

    private func sendPieces(
        _ content: any Content, to link: LinkID, _ messageID: String,
        _ write: (inout EnvelopeWriter) -> Void
    ) -> Bool {
        writer.clear()
        write(&writer)
        guard let bus,
            let messages = try? Pieces.messages(envelope: writer.bytes, content, id: messageID)
        else { return false }
        for (envelope, piece) in messages {
            let sent = unsafe envelope.withUnsafeBytes { unsafe bus.send($0, piece, to: link) }
            guard sent else { return false }
        }
        return true
    }
}
