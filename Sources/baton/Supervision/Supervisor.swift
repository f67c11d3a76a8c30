import Glibc
import Reactor
import Telemetry

/// Keeps the processes of one cluster up until it is asked to end them: `baton up`.
///
/// Everything that happens becomes an event of one queue, and each event is handled to its end
/// before the next. What to do is decided by `ChildPlan` and `Drain`; here it is done. All on the
/// loop's thread.
actor Supervisor {
    /// The name under which the supervisor itself logs.
    static let name = "baton"

    private enum Event: Sendable {
        case child(Int, Child.Event)
        case stop
        /// The start takes longer than one would think.
        case slow
    }

    /// Above this the queue refuses events; each child has at most a handful under way.
    private static let mostEvents = 1 << 16
    /// After this whoever waits for the start is told what for.
    private static let patience = Duration.seconds(1)

    private nonisolated let loop: EventLoop
    private nonisolated let queue: AsyncStream<Event>.Continuation
    private let events: AsyncStream<Event>
    private let folder: ClusterFolder
    private let screen: Screen
    private let log: Journal
    private let began: Instant
    private var children: [Child] = []
    private var drain = Drain()
    private var file: ClusterFile
    private var fault: Fault?
    private var started: [Int] = []
    private var herald: Herald?

    /// What a start says of itself; what it answers is shown to people.
    struct Herald: Sendable {
        /// Every orchestrator listens and the workers are started.
        var ready: @Sendable (ClusterFile) -> [Text]
        /// That takes its time: a sentence says whom it waits for.
        var waits: @Sendable (String) -> [Text] = { [Text($0, .yellow)] }
    }

    /// - Parameter herald: has its say until the cluster is ready.
    init(
        _ specifications: [ChildSpecification], store: ClusterFile.Store, folder: ClusterFolder,
        output: Output, style: Screen.Style, on loop: EventLoop,
        herald: Herald
    ) throws {
        (self.loop, self.folder, self.herald) = (loop, folder, herald)
        began = loop.now
        file = ClusterFile(supervisor: .own, started: Timestamp.now.milliseconds)
        file.store = store
        let (events, queue) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingOldest(Self.mostEvents))
        (self.events, self.queue) = (events, queue)
        let names = specifications.map(\.name) + [Self.name]
        let screen = Screen(output, style: style, names: names)
        self.screen = screen
        log = try Journal(folder: folder, screen: screen)
        children = try specifications.enumerated().map { index, specification in
            try Child(specification, folder: folder, screen: screen, on: loop) { event in
                queue.yield(.child(index, event))
            }
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Runs until all children are gone. Throws what kept the cluster from starting.
    func run() async throws {
        let signals = try [SIGINT, SIGTERM, SIGHUP].map { number in
            try loop.onSignal(number) { [queue] in queue.yield(.stop) }
        }
        defer { for signal in signals { signal.cancel() } }
        let clock = loop.timer(after: Self.patience) { [queue] in queue.yield(.slow) }
        defer { clock.cancel() }
        await withDiscardingTaskGroup { await handleEvents(&$0) }
        unsafe unlink(folder.clusterFile)
        screen.close()
        if let fault { throw fault }
    }

    private func handleEvents(_ group: inout DiscardingTaskGroup) async {
        startWhatMay()
        watchStarted(in: &group)
        for await event in events {
            handle(event)
            watchStarted(in: &group)
            if drain.step == .done { return }
        }
    }

    /// The ends of processes are waited for in the task group, one wait a process.
    private func watchStarted(in group: inout DiscardingTaskGroup) {
        for index in started {
            guard let process = children[index].process else { continue }
            group.addTask { [queue] in
                let exit = try? await process.waitForExit()
                queue.yield(.child(index, .ended(Self.text(exit))))
            }
        }
        started = []
    }

    private static func text(_ exit: ChildProcess.Exit?) -> String {
        switch exit {
        case .code(let code): "code \(code)"
        case .signal(let signal): "signal \(signal)"
        case nil: "an unknown end"
        }
    }

    // MARK: Events

    private func handle(_ event: Event) {
        switch event {
        case .stop: stopRequested()
        case .slow: tellWhoIsSlow()
        case .child(let index, .lastWords): if children[index].process == nil { save() }
        case .child(let index, .clock): apply(.clock, to: index)
        case .child(let index, .ready(let address)):
            children[index].address = address
            becameReady(index)
        case .child(let index, .answers):
            if children[index].plan.wasReady { log.info("the store answers again") }
            becameReady(index)
        case .child(let index, .ended(let how)): ended(index, how)
        case .child(let index, .spawnFailed(let why)):
            log.error(
                "a process cannot be started", ["name": .text(name(index)), "why": .text(why)])
            apply(.spawnFailed, to: index)
        }
        if !screen.isOpen, drain.step == .running { stopRequested() }
        showStatus()
    }

    private func stopRequested() {
        perform(drain.requested(left))
    }

    private func becameReady(_ index: Int) {
        apply(.ready, to: index)
        startWhatMay()
        save()
        guard fault == nil else { return }
        if wereReady(.store), wereReady(.orchestrator), let herald = herald.take() {
            herald.ready(file).forEach(screen.note)
        }
    }

    /// Those that were started and are not ready, and what the first of them says of it.
    private func tellWhoIsSlow() {
        guard let herald, drain.step == .running else { return }
        let slow = children.filter { !$0.plan.wasReady && $0.plan.state != .idle }
        guard let first = slow.first else { return }
        let words = first.lastWords.isEmpty ? "" : ": \(first.lastWords)"
        let names = slow.map(\.name).joined(separator: ", ")
        herald.waits("Waiting for \(names)\(words)").forEach(screen.note)
    }

    /// The store before the orchestrators, the orchestrators before the workers; and Sentinels once
    /// all that they watch have read their files, or they would take one for dead that still reads.
    /// What was started before is left as it is.
    private func startWhatMay() {
        guard drain.step == .running else { return }
        startAll(.store)
        guard wereReady(.store) else { return }
        startAll(.sentinel)
        guard wereReady(.sentinel) else { return }
        startAll(.orchestrator)
        if wereReady(.orchestrator) { startAll(.worker) }
    }

    private func startAll(_ role: ChildSpecification.Role) {
        for index in children.indices where children[index].specification.role == role {
            apply(.start, to: index)
        }
    }

    /// Whether all of them have been ready once.
    private func wereReady(_ role: ChildSpecification.Role) -> Bool {
        children.allSatisfy { $0.specification.role != role || $0.plan.wasReady }
    }

    private func ended(_ index: Int, _ how: String) {
        let child = children[index]
        child.ended(how)
        let isExpected = drain.step != .running
        // Once it is known that a child does not stay up, it is not said again at every try.
        if !isExpected, child.plan.failures < child.plan.policy.circuitOpensAfter {
            log.warning("a process ended", ["name": .text(child.name), "with": .text(how)])
        }
        apply(.exited, to: index)
        if !isExpected { save() }
    }

    private func apply(_ event: ChildPlan.Event, to index: Int) {
        let now = began.duration(to: loop.now)
        for action in children[index].plan.event(event, at: now) {
            perform(action, index, now)
        }
    }

    // MARK: Effects

    private func perform(_ action: ChildPlan.Action, _ index: Int, _ now: Duration) {
        let child = children[index]
        switch action {
        case .spawn: spawn(index)
        case .terminate: child.signal(SIGTERM)
        case .kill: child.signal(SIGKILL)
        case .wake(let time): child.wake(after: time - now)
        case .circuitOpened(let failures):
            log.error(
                "a process does not stay up; it is tried again without further words",
                ["name": .text(child.name), "failures": .integer(failures)])
        case .circuitClosed: log.info("a process is well again", ["name": .text(child.name)])
        case .gone: progress()
        case .gaveUp: giveUp(child)
        }
    }

    private func perform(_ actions: [Drain.Action]) {
        for action in actions {
            switch action {
            case .stopWorkers: stopAll(.worker, .stop)
            case .stopOrchestrators: stopAll(.orchestrator, .stop)
            case .stopStore: stopStore()
            case .stopAllNow:
                stopAll(.worker, .stopNow)
                stopAll(.orchestrator, .stopNow)
                // It has the time for a last flush: nothing accepted may be lost for haste.
                stopStore()
            case .finished: break
            }
        }
    }

    /// Sentinels first: nobody is to be made a master any more.
    private func stopStore() {
        stopAll(.sentinel, .stop)
        stopAll(.store, .stop)
    }

    private func stopAll(_ role: ChildSpecification.Role, _ event: ChildPlan.Event) {
        for index in children.indices where children[index].specification.role == role {
            apply(event, to: index)
        }
    }

    private func progress() {
        guard drain.step != .running else { return }
        perform(drain.progressed(left))
    }

    private func spawn(_ index: Int) {
        let child = children[index]
        do {
            // What the store writes is its user's alone, whatever others are allowed.
            let mask = child.specification.place == nil ? nil : umask(0o077)
            defer { if let mask { umask(mask) } }
            try child.spawn(
                environment: child.specification.role == .worker ? busEnvironment : [:],
                directory: folder.directory)
            started.append(index)
            if child.plan.restarts > 0 || child.specification.place != nil { save() }
        } catch {
            child.signal(SIGKILL)
            guard child.process == nil else { return started.append(index) }
            queue.yield(.child(index, .spawnFailed("\(error)")))
        }
    }

    private func giveUp(_ child: Child) {
        let words = child.lastWords.isEmpty ? "" : ": \(child.lastWords)"
        fault = Fault(
            Exit.unavailable,
            "\(child.name) did not start\(words); see all of it with: baton logs \(child.name)")
        if drain.step == .running { stopRequested() } else { progress() }
    }

    // MARK: What is known

    private func name(_ index: Int) -> String { children[index].name }

    private var left: Drain.Left {
        Drain.Left(
            workers: left(.worker), orchestrators: left(.orchestrator),
            stores: left(.store) + left(.sentinel))
    }

    private func left(_ role: ChildSpecification.Role) -> Int {
        children.count { $0.specification.role == role && !$0.plan.isOver }
    }

    private var busEnvironment: [String: String] {
        ["BATON_BUS": children.compactMap(\.address?.socket).joined(separator: ",")]
    }

    private func save() {
        file.orchestrators = children.compactMap { child in
            guard var address = child.address else { return nil }
            (address.pid, address.birth) = (child.identity?.pid ?? 0, child.identity?.birth ?? 0)
            address.ended = child.end
            return address
        }
        file.workers = children.filter { $0.specification.role == .worker }.map { child in
            ClusterFile.Worker(
                name: child.name, pid: child.identity?.pid ?? 0,
                birth: child.identity?.birth ?? 0, ended: child.end)
        }
        if file.store?.nodes != nil {
            file.store?.nodes = children.compactMap(\.node)
        } else if let store = children.first(where: { $0.specification.role == .store }) {
            file.store?.pid = store.identity?.pid ?? 0
            file.store?.birth = store.identity?.birth ?? 0
            file.store?.ended = store.end
        }
        do {
            try file.write(folder.clusterFile)
        } catch {
            log.error("the cluster file cannot be written", ["why": .text("\(error)")])
            // Nobody would find a cluster that starts without it.
            if herald != nil, drain.step == .running {
                fault = error
                queue.yield(.stop)
            }
        }
    }

    private func showStatus() {
        let running = children.count { if case .running = $0.plan.state { true } else { false } }
        let count: Text = "\(Text("\(running) of \(children.count)", .bold)) running"
        screen.status(
            drain.step == .running
                ? "\(count) \("· Ctrl-C stops them", .dim)"
                : "\(Text("stopping", .yellow)) · \(count) \("· Ctrl-C again: at once", .dim)")
    }
}
