import Bus
import Reactor
import TestKit
import Wire

@testable import WorkerKit

/// A worker or a client on its machine: the session of the real product, dialling into the
/// simulated network.
// SAFETY: touched only by the one thread that runs its world.
final class Process: @unchecked Sendable {
    enum Role {
        case worker(capacity: Int, [Trade])
        case client
    }

    let machine: Machine
    let session: Session
    let role: Role
    /// Its calls in hand, by number, as the session names them.
    var tickets: [Int: UInt64] = [:]

    init(_ machine: Machine, _ role: Role, _ world: World) throws {
        self.machine = machine
        self.role = role
        var plan = Session.Plan(
            endpoints: [try ClientEndpoint("tcp://127.0.0.1:1")], routingID: machine.name)
        let draws = Draws(seed: world.random.next())
        plan.draw = { draws.text($0) }
        let network = world.network
        plan.dial = { _, routingID, stirred in
            SimulatedChannel(routingID, machine, network, stirred: stirred)
        }
        session = try Session(plan, on: machine.loop)
    }

    func start(_ world: World) {
        let session = session
        guard case .worker(let capacity, let trades) = role else {
            return machine.submit { session.assumeIsolated { try? $0.open() } }
        }
        var rules = TaskDesk.Rules()
        rules.capacity = capacity
        let settled = rules
        let agents = trades.map { $0.agent(world, machine) }
        let (name, life) = (machine.name, machine.life)
        machine.submit {
            Task(executorPreference: session.loop) {
                try? await session.work(
                    agents, settled, drain: .seconds(5), takingSignals: false)
                world.exited(name, life)
            }
        }
    }

    /// Ends whatever still waits in it, so that nothing leaks when the world is over.
    func cleanUp(at now: Instant) {
        let session = session
        machine.submit {
            session.assumeIsolated { session in
                session.ending?.end(.success(()))
                session.close()
            }
        }
        machine.cleanUp(at: now)
    }
}

/// Random text from a seed, for the names that sessions give themselves.
// SAFETY: drawn from only by the thread that runs the world.
private final class Draws: @unchecked Sendable {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func text(_ count: Int) -> String { MessageNumber.random(count, using: &random) }
}
