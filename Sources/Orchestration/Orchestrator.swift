package import Bus
import Document
import Glibc
package import Reactor
package import Store
package import Telemetry
package import Wire

/// One orchestrator at work: carries out on the bus, in the store and by timers what the conductor
/// decides.
///
/// It decides nothing itself. Everything happens on its loop: bus callbacks, timers and calls from
/// outside meet there.
package actor Orchestrator {
    private let loop: EventLoop
    private let log: Log
    private let context: BusContext
    private(set) var conductor: Conductor
    /// Where durable requests are kept; memory answers at once, Redis in its own time.
    private var memory: MemoryStore
    private var store: StateStore?
    private var outbox = Outbox()
    private var server: (any ServerBus)?
    private var holdBack: ((@escaping () -> Void) -> Void)?
    private var others: PeerLinks?
    private var look: Timer?
    private var lookDelay = Duration.seconds(60)
    private var ended: CheckedContinuation<Void, Never>?
    private var storeOpened: CheckedContinuation<Void, Never>?
    /// Why it ended, where that was nobody's wish.
    private var failure: Fault?
    package private(set) var hasEnded = false
    private var drainLimit: Timer?
    private var workflows: WorkflowFolder?
    private var reading: Timer?
    private var isLeaving = false
    /// When it was last looked whether the lease has run out.
    private var heeded = Instant.zero
    /// The requests in hand at a moment, by their names in the store.
    private var held: (at: Instant, keys: Set<RecordKey>) = (.zero, [])

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    package init(
        welcome: Welcome, limits: Limits, delays: Delays, policies: Policies = Policies(),
        store settings: StoreSettings = StoreSettings(), isDurable: Bool = false, log: Log,
        loop: EventLoop
    ) throws {
        self.loop = loop
        self.log = log
        context = try BusContext()
        conductor = Conductor(
            welcome: welcome, limits: limits, delays: delays, policies: policies,
            storeIsDurable: isDurable, log: log)
        memory = MemoryStore(settings)
    }

    /// Keeps durable requests in a Redis from now on; returns when it can be used, or when it takes
    /// too long: then nothing durable is accepted until it can.
    package func keep(
        in endpoint: RedisEndpoint, _ settings: StoreSettings, patience: Duration = .seconds(5)
    ) async throws(Fault) {
        conductor.storeAwaited()
        let store = StateStore(
            endpoint, settings, name: conductor.name, loop: loop, log: log,
            handler: storeHandler())
        self.store = store
        store.open()
        let limit = loop.timer(after: patience) { [unowned self] in storeOpened.take()?.resume() }
        await withCheckedContinuation { storeOpened = $0 }
        limit.cancel()
        if let failure { throw failure }
    }

    /// Binds and begins to serve; says where it can be reached.
    ///
    /// - Parameter peers: other orchestrators of its cluster, to which it keeps links.
    package func open(
        _ endpoints: ServerEndpoints, _ gatekeeper: Gatekeeper, peers: [ClientEndpoint] = []
    ) throws -> OrchestratorAddress {
        let server = try BusServer(
            endpoints, gatekeeper, context: context, loop: loop, handler: handler())
        serve(server)
        var address = OrchestratorAddress(name: conductor.name, bus: server.endpoints.bus)
        address.broadcast = server.endpoints.broadcast
        address.tap = server.endpoints.tap
        address.socket = server.endpoints.socket.map { "ipc://\($0)" }
        address.broadcastSocket = server.endpoints.broadcastSocket.map { "ipc://\($0)" }
        address.tapSocket = server.endpoints.tapSocket.map { "ipc://\($0)" }
        address.key = server.endpoints.key?.public
        conductor.welcome.orchestrators = [address]
        lookAround()
        if !peers.isEmpty {
            others = try PeerLinks(
                peers, of: conductor.welcome, key: server.endpoints.key, context: context,
                loop: loop, log: log
            ) { [self] members in
                conductor.met(members, into: &outbox)
                flush()
            }
            others?.onLost = { [unowned self] name in store?.lost(name) }
            others?.onFound = { [unowned self] name in store?.found(name) }
            others?.ownEpoch = { [unowned self] in conductor.welcome.epoch }
            others?.onReplaced = { [unowned self] name, epoch in
                store?.replaced(name, by: epoch)
            }
        }
        return address
    }

    /// Begins to serve over a bus that tells what arrives to this orchestrator's `handler`.
    ///
    /// - Parameter holdBack: is handed each answer of the store, to be called later; nil: at once.
    package func serve(
        _ server: any ServerBus, holdBack: ((@escaping () -> Void) -> Void)? = nil
    ) {
        self.server = server
        self.holdBack = holdBack
        if conductor.storeClock.heard == .zero {
            conductor.storeClock = (UInt64(clamping: Timestamp.now.milliseconds), loop.now)
        }
        look = loop.timer(after: lookDelay) { [unowned self] in tick() }
    }

    /// Serves the workflows of a folder, and what becomes of them.
    package func serve(_ folder: WorkflowFolder) {
        workflows = folder
        readWorkflows()
    }

    private func readWorkflows() {
        guard !hasEnded else { return }
        if let contents = workflows?.read() {
            for news in contents.news { tell(news) }
            conductor.adopt(contents, at: loop.now, into: &outbox)
            flush()
        }
        reading = loop.timer(after: .seconds(1)) { [unowned self] in readWorkflows() }
    }

    private func tell(_ news: WorkflowFolder.News) {
        switch news {
        case .read(let file, let workflow):
            log.info("a workflow was read", ["file": .text(file), "workflow": .text(workflow)])
        case .broken(let broken):
            log.error(
                "a workflow cannot be used",
                ["file": .text(broken.file), "reason": .text(broken.reason)])
        case .gone(let file): log.info("a workflow file is gone", ["file": .text(file)])
        }
    }

    /// Works by other limits, delays and policies from now on.
    package func adopt(_ configuration: Configuration) { conductor.adopt(configuration) }

    /// Takes nothing new and ends once what is in hand is finished, or when that takes too long.
    package func drain() {
        guard !conductor.isDraining else { return }
        log.info("draining", ["in_hand": .integer(conductor.inHand)])
        conductor.drain()
        drainLimit = loop.timer(after: conductor.delays.drain) { [unowned self] in
            log.warning("the drain took too long", ["lost": .integer(conductor.inHand)])
            conductor.abandon(into: &outbox)
            flush()
            if store == nil { end() } else { leaveStore() }
        }
        endIfDrained()
    }

    /// Returns when the orchestrator has ended, with the reason if it could not go on.
    @discardableResult package func ending() async -> Fault? {
        if !hasEnded { await withCheckedContinuation { ended = $0 } }
        return failure
    }

    /// What is not given back by then is taken up by others when the lease has run out.
    private func leaveStore() {
        drainLimit = loop.timer(after: .seconds(2)) { [unowned self] in end() }
        endIfDrained()
    }

    // MARK: - Events

    /// The server keeps this actor alive by these, until `end` lets the server go.
    package func handler() -> BusServer.Handler {
        BusServer.Handler(
            joined: { [self] peer, name, identity in
                heed()
                conductor.joined(peer, name: name, identity: identity, at: loop.now)
            },
            received: { [self] message, content, peer in
                heed()
                if conductor.isTapped {
                    conductor.noteArrival(
                        message, content, from: peer, at: Timestamp.nanoseconds, into: &outbox)
                }
                conductor.received(message, content, from: peer, at: loop.now, into: &outbox)
            },
            malformed: { [self] fault, peer in
                conductor.malformed(fault, from: peer, into: &outbox)
            },
            left: { [self] peer in
                heed()
                conductor.left(peer, at: loop.now)
                lookSooner()
            },
            settled: { [self] in flush() },
            listened: { [self] topic, isOn in
                conductor.listened(topic, isOn)
                tally()
                // Whoever listens is told every second, also while nobody else is here.
                lookSooner()
            })
    }

    private func storeHandler() -> StateStore.Handler {
        StateStore.Handler(
            replied: { [unowned self] reply in take(reply) },
            settled: { [unowned self] in flush() },
            changed: { [unowned self] condition in storeChanged(condition) },
            news: { [unowned self] news in
                conductor.heard(news, at: loop.now, into: &outbox)
                flush()
            },
            holds: { [unowned self] key in inHand(key) },
            reclaimed: { [unowned self] keys in
                conductor.reclaimed(keys, at: loop.now, into: &outbox)
                flush()
            })
    }

    /// Whether the request is in hand. Asked for many at a time, so they are looked up at once.
    private func inHand(_ key: RecordKey) -> Bool {
        if held.at != loop.now || held.keys.isEmpty { held = (loop.now, conductor.records) }
        return held.keys.contains(key)
    }

    private func storeChanged(_ condition: StoreCondition) {
        conductor.storeChanged(condition, at: loop.now, into: &outbox)
        flush()
        switch condition {
        case .ready: storeOpened.take()?.resume()
        case .away, .fenced: break
        case .refused(let fault):
            failure = fault
            storeOpened.take()?.resume()
            end()
        }
    }

    /// After a pause it is the lease that is looked at first.
    private func heed() {
        guard loop.now != heeded else { return }
        heeded = loop.now
        store?.heed()
    }

    private func tick() {
        guard !hasEnded else { return }
        heed()
        lookAround()
        conductor.tick(at: loop.now, into: &outbox)
        conductor.handBackWaiting(into: &outbox)
        flush()
        if conductor.isTapped { tally() }
        guard !hasEnded else { return }
        lookDelay = conductor.nextLook
        look?.reset(after: lookDelay)
    }

    /// What health answers with: read now and then, not for every question.
    private func lookAround() {
        guard loop.now - conductor.surroundings.at >= .seconds(5) else { return }
        conductor.surroundings = ProcessFigures.surroundings(at: loop.now)
    }

    private func lookSooner() {
        guard !hasEnded, conductor.nextLook < lookDelay else { return }
        lookDelay = conductor.nextLook
        look?.reset(after: lookDelay)
    }

    // MARK: - Carrying out

    /// Carries out all the conductor has asked for; what the store answers may ask for more.
    private func flush() {
        askStore()
        if !outbox.isEmpty { send() }
        if outbox.shutdownAsked { drain() }
        outbox.clear()
        lookSooner()
        endIfDrained()
    }

    private func askStore() {
        while !outbox.commands.isEmpty {
            let commands = outbox.takeCommands()
            if let store { store.perform(commands) } else { askMemory(commands) }
            CrashPoint.handed(commands) { store?.flush() }
        }
        store?.flush()
    }

    private func askMemory(_ commands: [StateCommand]) {
        let time = conductor.storeTime(at: loop.now)
        for command in commands {
            let reply = memory.perform(command, at: time)
            if case .session = command {
                conductor.sessionsKept = (memory.sessionCount, memory.sessionBytes)
            }
            if let holdBack { holdBack { [self] in takeLate(reply) } } else { take(reply) }
        }
    }

    private func take(_ reply: StateReply) {
        conductor.replied(reply, at: loop.now, into: &outbox)
    }

    private func takeLate(_ reply: StateReply) {
        guard !hasEnded else { return }
        take(reply)
        flush()
    }

    private func send() {
        guard let server else { return }
        if conductor.isTapped { publishEvents(server) }
        unsafe outbox.forEachPublication { topic, envelope, content in
            unsafe server.publish(topic, envelope: envelope, content)
        }
        unsafe outbox.forEachMessage { peer, envelope, content in
            unsafe server.send(to: peer, envelope: envelope, content)
        }
        unsafe outbox.forEachAnnouncement { envelope, content in
            unsafe others?.tell(envelope, content)
        }
        for peer in outbox.forgotten { server.forget(peer) }
    }

    private func publishEvents(_ server: any ServerBus) {
        conductor.noteDepartures(at: Timestamp.nanoseconds, into: &outbox)
        unsafe outbox.forEachNote { note, envelope in
            conductor.publish(note) { topic, mark in
                unsafe server.publish(onTap: topic, mark, envelope: envelope, note.content)
            }
        }
    }

    private func tally() {
        guard let server, let tally = conductor.tally(at: loop.now) else { return }
        unsafe tally.envelope.withUnsafeBytes { envelope in
            unsafe server.publish(
                onTap: tally.topic, tally.mark, envelope: envelope, ContentBytes(tally.content))
        }
    }

    private func endIfDrained() {
        guard conductor.isDraining, conductor.isIdle, !isLeaving else { return }
        guard let store else { return end() }
        isLeaving = true
        store.leave { [unowned self] in end() }
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        look?.cancel()
        drainLimit?.cancel()
        leave()
        server?.close()
        server = nil
        storeOpened.take()?.resume()
        ended.take()?.resume()
    }

    /// The last word to everybody who listens.
    private func leave() {
        var words = Outbox()
        conductor.sayGoodbye(into: &words)
        unsafe words.forEachPublication { topic, envelope, content in
            unsafe server?.publish(topic, envelope: envelope, content)
        }
        others?.close()
        others = nil
    }
}
