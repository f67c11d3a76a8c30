import Reactor
import TestKit
import Wire

@testable import Orchestration
@testable import WorkerKit

/// The course of a world's life: work in all weathers, then everything heals and must come to an
/// end.
extension World {
    /// How a life went.
    struct Report {
        let seed: UInt64
        let weather: String
        let events: Int
        /// Nil when all was well.
        let fault: String?
        let trace: String
        /// The same for two lives in which the same things happened.
        let digest: Int
    }

    /// Lives the life of a seed from beginning to end.
    static func life(
        of seed: UInt64, actions: Int, plant: PlantedBug? = nil
    ) throws -> Report {
        let (report, loops) = try withWorld(seed, actions, plant)
        // What was let go only now takes its timers off its loop, and lets go of that.
        for loop in loops { loop.settle() }
        return report
    }

    private static func withWorld(
        _ seed: UInt64, _ actions: Int, _ plant: PlantedBug?
    ) throws -> (Report, [EventLoop]) {
        let world = try World(seed: seed, plant: plant)
        let fault = world.live(actions: actions)
        let report = Report(
            seed: seed, weather: world.weather.name, events: world.events, fault: fault,
            trace: fault == nil && Seeds.only == nil ? "" : world.trace.last(20_000),
            digest: world.trace.digest)
        return (report, world.loops)
    }

    private func live(actions count: Int) -> String? {
        // Everybody gets to know each other in peace.
        network.climate = SimulatedNetwork.Climate(slow: 0)
        run(for: .milliseconds(50))
        network.climate = weather.climate
        for _ in 0..<count {
            if fault != nil { break }
            run(for: random.duration(.zero...(.milliseconds(40))))
            act()
        }
        heal()
        settle()
        if fault == nil { probe() }
        cleanUp()
        return fault
    }

    // MARK: - Work and weather

    private func act() {
        var lot = Int.random(in: 0..<100, using: &random)
        func falls(_ share: Int) -> Bool {
            defer { lot -= share }
            return (0..<share).contains(lot)
        }
        if falls(weather.cuts) { return cut() }
        if falls(weather.stalls) { return stall() }
        if falls(weather.stops) { return stop() }
        if falls(weather.centerStops) { return stopCenter() }
        if falls(weather.kills) { return processes.randomElement(using: &random).map(kill) ?? () }
        guard let client = clients.randomElement(using: &random) else { return }
        if falls(weather.bombs) { return callAny(client, .ask(.bomb)) }
        if falls(8) { return cancel(client) }
        callAny(client, nil)
    }

    private func callAny(_ client: Process, _ wish: Order?) {
        var order = wish ?? Order.any(using: &random)
        var delivery: Delivery = random.happens(60) ? .durable : .volatile
        // Volatile calls, also those of `relay`, are not made for messages that come twice.
        if weather.isHostile {
            delivery = .durable
            if order.trades.contains(.relay) { order = .ask(.slow) }
        }
        let isPatient = !order.trades.contains(.mute) && random.happens(80)
        let timeout =
            isPatient
            ? Duration.seconds(120) : random.duration(.milliseconds(20)...(.seconds(2)))
        call(client, order, delivery, timeout: timeout, isPatient: isPatient)
    }

    private func cut() {
        guard let line = network.lines.randomElement(using: &random) else { return }
        trace.note("is cut off", line.machine.label, Int(line.number))
        disturbances.note(line.machine.name, until: now)
        let delays = (0..<2).map { _ in random.duration(.zero...(.milliseconds(300))) }
        network.cut(
            line, clientKnows: random.happens(80) ? delays[0] : nil,
            serverKnows: random.happens(80) ? delays[1] : nil)
    }

    private func stall() {
        guard let line = network.lines.randomElement(using: &random) else { return }
        let end = now + random.duration(.milliseconds(50)...(.seconds(6)))
        trace.note("stalls", line.machine.label, Int(line.number))
        disturbances.note(line.machine.name, until: end)
        let direction: Line.Direction = random.happens(50) ? .up : .down
        line[direction].stalledUntil = end
    }

    private func stop() {
        guard let process = processes.randomElement(using: &random) else { return }
        let end = now + random.duration(.milliseconds(50)...(.seconds(6)))
        trace.note("stops", process.machine.label)
        disturbances.note(process.machine.name, until: end)
        process.machine.stop(until: end)
    }

    private func stopCenter() {
        let end = now + random.duration(.milliseconds(50)...(.seconds(6)))
        trace.note("stops", center.label)
        disturbances.note(nil, until: end)
        center.stop(until: end)
    }

    // MARK: - The end

    /// From here on nothing bad happens any more.
    private func heal() {
        trace.note("everything heals", "")
        network.climate = SimulatedNetwork.Climate(slow: 0)
        let ends = processes.map(\.machine.stoppedUntil) + [center.stoppedUntil]
        run(for: max(.zero, (ends.max() ?? now) - now))
    }

    /// All that was asked for comes to its end, and nothing is left of it anywhere.
    private func settle() {
        for _ in 0..<400 {
            if fault != nil || isQuiet { break }
            run(for: .milliseconds(500))
        }
        if let broken = clientBook.unkept(self) { fail(broken) }
        guard fault == nil, !isQuiet else { return }
        if let call = clientBook.open.values.min(by: { $0.number < $1.number }) {
            fail("call \(call.number), \(call.order), never ended")
        }
        if let remains = centerRemains { fail(remains) }
        for process in workers where tasksAndResults(of: process) != (0, 0) {
            fail("\(process.machine.label) has (tasks, results): \(tasksAndResults(of: process))")
        }
    }

    private var isQuiet: Bool {
        clientBook.open.isEmpty && centerRemains == nil
            && workers.allSatisfy { tasksAndResults(of: $0) == (0, 0) }
    }

    /// Everybody can call again, and is answered.
    private func probe() {
        for (client, trade) in zip(clients, [Trade.slow, .once]) {
            call(client, .ask(trade), .durable, timeout: .seconds(30), isPatient: true)
        }
        settle()
    }

    private var centerRemains: String? {
        let orchestrator = orchestrator
        return ask(center) {
            orchestrator.assumeIsolated { ConductorBook.remains(in: $0.conductor) }
        }
    }

    private func tasksAndResults(of process: Process) -> (Int, Int) {
        let session = process.session
        return ask(process.machine) {
            session.assumeIsolated { ($0.desk?.tasks.count ?? 0, $0.desk?.outbox.count ?? 0) }
        }
    }

    /// Asks something of a machine, on its loop.
    private func ask<Answer: Sendable>(
        _ machine: Machine, _ question: @escaping @Sendable () -> Answer
    ) -> Answer {
        nonisolated(unsafe) var answer: Answer?
        machine.submit { unsafe answer = question() }
        machine.run(at: now)
        return unsafe answer!
    }
}
