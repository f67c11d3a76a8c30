import Store

#if DEBUG
    import Glibc
    import Synchronization
#endif

/// Places at which a debug build can be told to die, so that tests see what becomes of what was
/// half done: with `BATON_CRASH_AT=finished:3` the process ends when it comes there for the third
/// time. A release build knows nothing of it.
enum CrashPoint: String {
    /// The store was asked to keep a request; it has answered, and nobody was told.
    case acceptSent = "accept-sent"
    case accepted
    /// A worker is about to be sent a task; it has answered, and nothing was made of it.
    case dispatched, result
    case advanceSent = "advance-sent"
    case advanced
    case journalSent = "journal-sent"
    case journaled
    case startSent = "start-sent"
    case started
    case finishSent = "finish-sent"
    case finished
    /// Requests of another instance are this one's by now; a worker was found that has a step.
    case claimed, resumed
    /// A worker's word for another was given to the store; it is kept, and nobody was told.
    case depositSent = "deposit-sent"
    case deposited

    #if DEBUG
        private static let plan: (point: CrashPoint, visits: Int)? = {
            guard let text = unsafe getenv("BATON_CRASH_AT") else { return nil }
            let words = unsafe String(cString: text).split(separator: ":").map(String.init)
            guard let point = words.first.flatMap(CrashPoint.init) else { return nil }
            return (point, words.count > 1 ? Int(words[1]) ?? 1 : 1)
        }()
        private static let visits = Atomic(0)

        func reached() {
            guard let plan = Self.plan, plan.point == self,
                Self.visits.add(1, ordering: .relaxed).newValue == plan.visits
            else { return }
            kill(getpid(), SIGKILL)
        }

        /// Commands were handed to the store, and leave by the closure.
        static func handed(_ commands: [StateCommand], _ flush: () -> Void) {
            guard plan != nil else { return }
            flush()
            for command in commands {
                switch command {
                case .accept: acceptSent.reached()
                case .advance: advanceSent.reached()
                case .journal: journalSent.reached()
                case .start: startSent.reached()
                case .finish: finishSent.reached()
                case .deposit: depositSent.reached()
                default: break
                }
            }
        }
    #else
        @inline(__always) func reached() {}
        @inline(__always) static func handed(_: [StateCommand], _: () -> Void) {}
    #endif
}
