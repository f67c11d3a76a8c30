import Reactor
import Telemetry
import Wire

@testable import WorkerKit

/// What each call came to: exactly one end, the right answer, in time.
struct ClientBook {
    /// Nobody waits longer than this beyond a deadline.
    private static let patience = Duration.seconds(5)

    private(set) var open: [Int: Call] = [:]
    /// Notifications that were accepted, and so are promised to be carried out.
    private(set) var promised: [Call] = []
    private var nextOverdue = Instant.distantFuture

    mutating func began(_ call: Call) {
        open[call.number] = call
        nextOverdue = min(nextOverdue, call.deadline + Self.patience)
    }

    mutating func cancelled(_ number: Int) { open[number]?.isCancelled = true }

    /// A client died: nobody is told how its calls end.
    mutating func forget(callsOf client: String) {
        for (number, call) in open where call.client == client { open[number] = nil }
    }

    /// Notes an end; says what is wrong with it.
    mutating func ended(
        _ number: Int, _ result: Result<CallAnswer, Fault>, _ world: World
    ) -> String? {
        guard let call = open.removeValue(forKey: number) else {
            return "call \(number) ended twice"
        }
        switch result {
        case .success(let answer):
            if case .notify = call.order { promised.append(call) }
            guard let wrong = call.order.fault(in: answer, to: number) else { return nil }
            return "call \(number), \(call.order), was answered with \(wrong)"
        case .failure(let fault):
            guard !mayFail(call, fault.code.rawValue, world) else { return nil }
            return "call \(number), \(call.delivery) \(call.order), failed: \(fault)"
        }
    }

    /// Looks at the time: who waits for too long?
    mutating func overdue(_ world: World) -> String? {
        guard world.now > nextOverdue else { return nil }
        let late = open.values.filter { call in
            world.now > call.deadline + Self.patience && !world.isStopped(call.client)
        }
        if let call = late.min(by: { $0.number < $1.number }) {
            return "call \(call.number), \(call.order), waits beyond its deadline"
        }
        nextOverdue = open.values.map { $0.deadline + Self.patience }.min() ?? .distantFuture
        return nil
    }

    // MARK: - Which ends are fair

    private func mayFail(_ call: Call, _ code: String, _ world: World) -> Bool {
        switch code {
        case "dice": call.order.trades.contains(.dice)
        // Retries have a budget, and their wait may outlast the deadline.
        case "flaky": call.order.trades.contains(.flaky)
        // What calls others fails with them.
        case "circuit_open":
            call.order.trades.contains { $0.isUnreliable || $0 == .relay || $0 == .mute }
        case "cancelled": call.isCancelled
        case "deadline": !call.isPatient || call.order.trades.contains(.mute)
        case "lost": mayBeLost(call, world)
        // What must not run twice rests when its worker is gone.
        case "uncertain":
            call.delivery == .durable && call.order.trades.contains { $0.isUnsafe || $0 == .relay }
                && wasDisturbed(call, world)
        // A broadcast is for those who are there.
        case "unavailable": call.order.isSpread && wasDisturbed(call, world)
        default: false
        }
    }

    private func wasDisturbed(_ call: Call, _ world: World) -> Bool {
        world.disturbances.touched(nil, since: call.began + .seconds(-10))
    }

    /// Volatile calls end with a connection, unsafe ones with their worker, and any with the third
    /// worker that dies of it.
    private func mayBeLost(_ call: Call, _ world: World) -> Bool {
        let trades = call.order.trades
        if trades.contains(.bomb) || trades.contains(where: \.isUnreliable) { return true }
        if call.delivery == .volatile || trades.contains(where: { $0.isUnsafe || $0 == .relay }) {
            return wasDisturbed(call, world)
        }
        return trades.contains { world.effectBook.deaths(of: call.number, $0, world) >= 3 }
    }

    /// What was accepted and not done, although everything has come to its end.
    func unkept(_ world: World) -> String? {
        let broken = promised.first { call in
            call.delivery == .durable && call.isPatient && !call.isCancelled
                && call.order.trades.contains { !world.effectBook.hasRun(call.number, $0) }
                && !mayBeLost(call, world)
        }
        return broken.map { "call \($0.number), \($0.order), was accepted and never done" }
    }
}
