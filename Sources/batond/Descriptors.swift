import CAccept
import Glibc
import Reactor
import Telemetry

/// The descriptors of this process: as many as the system allows, of which connections never take
/// the last ones.
final class Descriptors {
    private enum Limits {
        /// What is kept from connections: for the store, the links to others, files.
        static let fewest = 8
        static let most = 64
        static let share = 16
        static let look = Duration.seconds(5)
    }

    private let log: Log
    private let limit: Int
    private var timer: Timer?
    private var told: UInt = 0

    init(_ loop: EventLoop, _ log: Log) {
        self.log = log
        limit = Self.raiseLimit()
        let spare = min(max(limit / Limits.share, Limits.fewest), Limits.most)
        if limit > 0 { accept_below(Int32(clamping: limit - spare)) }
        timer = loop.timer(after: Limits.look) { [unowned self] in look() }
    }

    /// The soft limit is raised to the hard one; 0 if it is not known.
    private static func raiseLimit() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        return Int(clamping: unsafe setrlimit(resource, &limit) == 0 ? limit.rlim_max : before)
    }

    /// Says it once for all that were turned away meanwhile.
    private func look() {
        timer?.reset(after: Limits.look)
        let refused = accept_refusals()
        guard refused > told else { return }
        log.warning(
            "connections were turned away for want of descriptors; raise the limit (ulimit -n)",
            ["count": .integer(Int(clamping: refused - told)), "limit": .integer(limit)])
        told = refused
    }
}
