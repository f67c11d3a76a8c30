import Bus
import Reactor
import Synchronization
import Telemetry
import WorkerKit

/// The workers of a scenario, each on a connection of its own until they are dismissed.
final class Crew {
    private let loop: EventLoop
    private var tasks: [Task<Void, Never>] = []

    init(on loop: EventLoop) { self.loop = loop }

    /// Connects a worker; throws what it was refused with.
    func hire(_ worker: Worker, _ cluster: Cluster) async throws(Fault) {
        var configuration = WorkerConfiguration()
        do {
            configuration.bus = try await cluster.bus.address
        } catch {
            throw Fault(RunnerCode.cluster, "\(error)")
        }
        configuration.isSilent = true
        configuration.drain = .milliseconds(50)
        configuration.grace = .milliseconds(50)
        let (gate, refusal, settled) = (Gate(loop), Refusal(), configuration)
        let loop = loop
        tasks.append(
            Task(executorPreference: loop) {
                do {
                    try await worker.run(settled, on: loop, takingSignals: false) { gate.open() }
                } catch {
                    refusal.fault.withLock { $0 = error as? Fault }
                }
                gate.open()
            })
        let isUp = await gate.wait(.seconds(20))
        if let fault = refusal.fault.withLock({ $0 }) { throw fault }
        guard isUp else { throw Fault(RunnerCode.cluster, "a worker was not welcomed") }
    }

    func dismiss() async {
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private final class Refusal: Sendable {
        let fault = Mutex<Fault?>(nil)
    }
}
