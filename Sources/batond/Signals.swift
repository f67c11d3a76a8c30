import Glibc
import Orchestration
import Reactor
import Telemetry

/// What signals mean: the first SIGTERM or SIGINT drains, a second one ends at once, SIGHUP reads
/// the file again.
final class Signals {
    private var watches: [Watch] = []
    private var isLeaving = false

    init(
        _ loop: EventLoop, _ orchestrator: Orchestrator, _ log: Log, _ file: String?
    ) throws {
        for signal in [SIGTERM, SIGINT] {
            watches.append(
                try loop.onSignal(signal) { [unowned self] in
                    guard !isLeaving else { exit(1) }
                    isLeaving = true
                    orchestrator.assumeIsolated { $0.drain() }
                })
        }
        watches.append(
            try loop.onSignal(SIGHUP) {
                guard let file else { return }
                do throws(Fault) {
                    let configuration = try Configuration(file: file)
                    orchestrator.assumeIsolated { $0.adopt(configuration) }
                    log.info("the configuration was read again")
                } catch {
                    log.error("the configuration stays as it was", ["reason": .text("\(error)")])
                }
            })
    }
}
