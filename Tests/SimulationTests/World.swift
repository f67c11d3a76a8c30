import Bus
import Document
import Reactor
import Telemetry
import TestKit
import Wire

@testable import Orchestration
@testable import WorkerKit

/// One simulated cluster: an orchestrator, workers and clients of the real product, each on a loop
/// of its own, between them a network that does what its weather says. Time passes from event to
/// event.
///
/// One seed is one life: the same numbers are drawn for everything that is left to chance.
// SAFETY: a world, all its loops and all its tasks run on the one thread that calls `live`.
final class World: @unchecked Sendable {
    /// Not zero, which some tables take for "never".
    static let beginning = Instant(nanoseconds: 1_000_000_000_000)

    let seed: UInt64
    let weather: Weather
    var random: SplitMix64
    private(set) var now = World.beginning
    let network: SimulatedNetwork
    private(set) var server: SimulatedServer?
    let center: Machine
    let orchestrator: Orchestrator
    private(set) var processes: [Process] = []
    private var graveyard: [Process] = []
    private var lives: [String: Int] = [:]
    private var agenda = TimerQueue<() -> Void>()
    private(set) var events = 0

    // MARK: - The books

    let trace = Trace()
    var clientBook = ClientBook()
    var effectBook = EffectBook()
    var wireBook = WireBook()
    var disturbances = Disturbances()
    /// How many tasks each worker has room for.
    private(set) var capacity: [String: Int] = [:]
    private(set) var fault: String?
    var numbers = 0
    private var turn: Hook?
    /// All that ever ran here.
    private(set) var loops: [EventLoop] = []

    init(seed: UInt64, plant: PlantedBug? = nil) throws {
        self.seed = seed
        weather = Weather.all[Int(seed % UInt64(Weather.all.count))]
        random = SplitMix64(seed: seed)
        trace.now = now
        network = SimulatedNetwork(weather.climate, plant)
        center = try Machine("o1", life: 1, at: now)
        orchestrator = try Self.orchestrator(on: center.loop)
        network.world = self
        loops.append(center.loop)
        openOrchestrator()
        // Agents that call others have their own places, or all places could wait for each other.
        start("w.relay", .worker(capacity: 4, [.relay]))
        let trades = Trade.allCases.filter { $0 != .relay }
        for number in 1...3 { start("w.\(number)", .worker(capacity: 1 + number, trades)) }
        for number in 1...2 { start("c.\(number)", .client) }
    }

    /// What is wrong, once and first.
    func fail(_ reason: String) {
        guard fault == nil else { return }
        fault = reason
        trace.note("FAULT", reason)
    }

    // MARK: - Time

    func at(_ moment: Instant, _ body: @escaping () -> Void) { _ = agenda.add(body, at: moment) }

    func after(_ delay: Duration, _ body: @escaping () -> Void) { at(now + delay, body) }

    /// Lets the next thing happen; false when nothing is left before that moment.
    func step(until end: Instant) -> Bool {
        var next = min(agenda.earliest ?? .distantFuture, center.next(now))
        for process in processes { next = min(next, process.machine.next(now)) }
        guard next <= end else {
            now = end
            return false
        }
        now = max(now, next)
        trace.now = now
        events += 1
        // One entry at a time: what it leads to comes before the next.
        if let body = agenda.popDue(at: now, before: .max) { body() }
        if center.next(now) <= now { center.run(at: now) }
        for process in processes where process.machine.next(now) <= now {
            process.machine.run(at: now)
        }
        if let late = clientBook.overdue(self) { fail(late) }
        return fault == nil
    }

    func run(for duration: Duration) {
        let end = now + duration
        while step(until: end) {}
    }

    /// Whether a process stands still, or has only just gone on.
    func isStopped(_ label: String) -> Bool {
        processes.contains {
            $0.machine.label == label && $0.machine.stoppedUntil + .seconds(1) > now
        }
    }

    // MARK: - Processes

    var workers: [Process] { processes.filter { $0.machine.name.hasPrefix("w") } }
    var clients: [Process] { processes.filter { $0.machine.name.hasPrefix("c") } }

    /// Starts a process under a name, as one that has never been here.
    func start(_ name: String, _ role: Process.Role) {
        lives[name, default: 0] += 1
        do {
            let machine = try Machine(name, life: lives[name] ?? 1, at: now)
            let process = try Process(machine, role, self)
            if case .worker(let count, _) = role { capacity[name] = count }
            processes.append(process)
            loops.append(machine.loop)
            process.start(self)
            trace.note("starts", machine.label)
        } catch {
            fail("\(name) could not be started: \(error)")
        }
    }

    /// Kills a process where it stands; another one is started in its place after a while.
    func kill(_ process: Process) {
        guard process.machine.isAlive else { return }
        trace.note("is killed", process.machine.label)
        disturbances.note(process.machine.name, until: now)
        bury(process, isNoticed: random.happens(90))
    }

    /// A step kills the process that runs it.
    func explode(_ machine: Machine, _ number: Int) {
        guard let process = processes.first(where: { $0.machine === machine }) else { return }
        effectBook.exploded(number, self)
        kill(process)
    }

    /// A process has ended of its own will.
    func exited(_ name: String, _ life: Int) {
        let gone = processes.first { $0.machine.name == name && $0.machine.life == life }
        guard let gone, gone.machine.isAlive else { return }
        trace.note("exits", gone.machine.label)
        disturbances.note(name, until: now)
        bury(gone, isNoticed: true)
    }

    private func bury(_ process: Process, isNoticed: Bool) {
        let machine = process.machine
        machine.kill()
        clientBook.forget(callsOf: machine.label)
        for line in network.lines where line.machine === machine {
            let delay = random.duration(.zero...(.milliseconds(50)))
            network.cut(line, clientKnows: nil, serverKnows: isNoticed ? delay : nil)
        }
        processes.removeAll { $0 === process }
        graveyard.append(process)
        after(random.duration(.milliseconds(50)...(.seconds(2)))) { [unowned self] in
            start(machine.name, process.role)
        }
    }

    // MARK: - The orchestrator

    private static func orchestrator(on loop: EventLoop) throws -> Orchestrator {
        let welcome = Welcome(
            orchestrator: "o1", cluster: "test", version: "1", epoch: "1", orchestrators: [],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        return try Orchestrator(
            welcome: welcome, limits: .init(), delays: Delays(), policies: policies, log: .silent,
            loop: loop)
    }

    /// Short times, so that a life sees many of them come and go.
    private static var policies: Policies {
        var policies = Policies()
        policies.common.breaker.recoveryTimeout = .milliseconds(500)
        policies.common.retries.delay = .milliseconds(20)
        policies.common.balancing.algorithm = .powerOfTwo
        return policies
    }

    private func openOrchestrator() {
        let orchestrator = orchestrator
        center.submit { [unowned self] in
            orchestrator.assumeIsolated { open($0) }
        }
        center.run(at: now)
    }

    private func open(_ orchestrator: isolated Orchestrator) {
        let server = SimulatedServer(self, center, orchestrator.handler())
        self.server = server
        // After the server's own hook: when a turn of the orchestrator is over.
        turn = center.loop.beforeSleep { [unowned self] in
            if let wrong = ConductorBook.fault(in: orchestrator.conductor, self) { fail(wrong) }
        }
        guard weather.storeIsSlow else { return orchestrator.serve(server) }
        orchestrator.serve(server) { [unowned self] reply in
            // SAFETY: taken up on the same thread.
            nonisolated(unsafe) let reply = reply
            after(random.duration(.microseconds(100)...(.milliseconds(30)))) { [unowned self] in
                center.submit { unsafe reply() }
            }
        }
    }

    /// Ends everything that still waits, so that nothing outlives the test.
    func cleanUp() {
        for process in processes + graveyard {
            process.machine.kill()
            process.cleanUp(at: now)
        }
        let orchestrator = orchestrator
        center.submit { orchestrator.assumeIsolated { $0.drain() } }
        center.run(at: now)
        center.run(at: now + .seconds(60))
        turn = nil
        agenda = TimerQueue()
        processes = []
        graveyard = []
        server = nil
    }
}
