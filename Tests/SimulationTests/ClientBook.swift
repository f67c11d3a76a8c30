import Reactor
import Telemetry
import Wire

@testable import WorkerKit

/// What each call came to: exactly one end, the right answer, in time.
struct ClientBook {
    /// Nobody waits longer than this beyond a deadline.
    private static let patience = Duration.seconds(5)

    private(set) var open: [Int: Call] = [:]
    private(set) var answered = 0
    private(set) var failed: [String: Int] = [:]
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
            answered += 1
            let text = answer.content.text
            guard text == call.trade.answer(to: number) else {
                return "call \(number) of \(call.trade) was answered with \(text)"
            }
            return nil
        case .failure(let fault):
            failed[fault.code.rawValue, default: 0] += 1
            guard !mayFail(call, fault.code.rawValue, world) else { return nil }
            return "call \(number) of \(call.trade) (\(call.delivery)) failed: \(fault)"
        }
    }

    /// Looks at the time: who waits for too long?
    mutating func overdue(_ world: World) -> String? {
        guard world.now > nextOverdue else { return nil }
        let late = open.values.filter { call in
            world.now > call.deadline + Self.patience && !world.isStopped(call.client)
        }
        if let call = late.min(by: { $0.number < $1.number }) {
            return "call \(call.number) of \(call.trade) waits beyond its deadline"
        }
        nextOverdue = open.values.map { $0.deadline + Self.patience }.min() ?? .distantFuture
        return nil
    }

    // MARK: - Which ends are fair

    private func mayFail(_ call: Call, _ code: String, _ world: World) -> Bool {
        switch code {
        case "dice": call.trade == .dice
        case "cancelled": call.isCancelled
        case "deadline": !call.isPatient || call.trade == .mute
        case "lost": mayBeLost(call, world)
        default: false
        }
    }

    /// Volatile calls end with a connection, unsafe ones with their worker, and any with the third
    /// worker that dies of it.
    private func mayBeLost(_ call: Call, _ world: World) -> Bool {
        if call.trade == .bomb { return true }
        let wasDisturbed = world.disturbances.touched(nil, since: call.began + .seconds(-10))
        if call.delivery == .volatile || call.trade.isUnsafe || call.trade == .relay {
            return wasDisturbed
        }
        return world.effectBook.deaths(of: call.number, world) >= 3
    }
}
