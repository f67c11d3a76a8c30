import Bus
import Glibc
import Orchestration
import Reactor
import Telemetry

/// What signals mean: the first SIGTERM or SIGINT drains, a second one ends at once, SIGHUP reads
/// the configuration and the list of keys again.
final class Signals {
    private var watches: [Watch] = []
    private var isLeaving = false

    init(
        _ loop: EventLoop, _ orchestrator: Orchestrator, _ log: Log, configuration: String?,
        _ gatekeeper: Gatekeeper, _ keys: KeyFolder?
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
                if let configuration { Self.adopt(configuration, orchestrator, log) }
                if let keys { Self.admit(keys, gatekeeper, log) }
            })
    }

    private static func adopt(_ file: String, _ orchestrator: Orchestrator, _ log: Log) {
        do throws(Fault) {
            let configuration = try Configuration(file: file)
            orchestrator.assumeIsolated { $0.adopt(configuration) }
            log.info("the configuration was read again")
        } catch {
            log.error("the configuration stays as it was", ["reason": .text("\(error)")])
        }
    }

    private static func admit(_ keys: KeyFolder, _ gatekeeper: Gatekeeper, _ log: Log) {
        do throws(Fault) {
            let admitted = try keys.admitted()
            gatekeeper.admit(admitted)
            log.info("the list of keys was read again", ["keys": .integer(admitted.count)])
        } catch {
            log.error("the list of keys stays as it was", ["reason": .text("\(error)")])
        }
    }
}
