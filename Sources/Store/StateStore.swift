package import Reactor
package import Telemetry

/// Keeps requests in Redis: takes commands, gathers those of a tick into calls of scripts, and
/// answers each exactly once, whatever becomes of the connection or of Redis in between.
///
/// What nobody knows the outcome of is asked again under the same arguments, in its old order,
/// until it is known. It holds a lease and decides nothing once that may be over. It belongs to one
/// loop and never answers from within a call to it.
package final class StateStore {
    /// Where the store says what happened; all of it on the loop.
    package struct Handler {
        /// One answer. `.claimed` may hand out a request that is in hand already: it is to be left
        /// alone then.
        package var replied: (StateReply) -> Void
        /// After all answers of one moment: the time to flush.
        package var settled: () -> Void
        package var changed: (StoreCondition) -> Void
        /// Comes with the renewals of the lease, when it differs from the last.
        package var news: (StoreNews) -> Void
        /// Whether this request is in hand, so that it need not be handed out again.
        package var holds: (RecordKey) -> Bool
        /// Under a new lease: of what this instance had in hand, only these are still its own.
        package var reclaimed: (Set<RecordKey>) -> Void

        package init(
            replied: @escaping (StateReply) -> Void, settled: @escaping () -> Void,
            changed: @escaping (StoreCondition) -> Void, news: @escaping (StoreNews) -> Void,
            holds: @escaping (RecordKey) -> Bool = { _ in false },
            reclaimed: @escaping (Set<RecordKey>) -> Void = { _ in }
        ) {
            self.replied = replied
            self.settled = settled
            self.changed = changed
            self.news = news
            self.holds = holds
            self.reclaimed = reclaimed
        }
    }

    typealias Connect = (
        _ name: String, _ changed: @escaping (RedisLink.Condition) -> Void
    ) -> any ScriptCaller

    /// How a connection stands.
    enum Standing {
        case away(String)
        case ready(run: String)
        case refused(Fault)
    }

    let settings: StoreSettings
    let loop: EventLoop
    let log: Log
    let handler: Handler
    private let connect: Connect
    let session = StateStore.random()

    /// The connection for commands, and the one for the lease alone: no renewal waits in a line.
    private(set) lazy var work = connect(lease.name) { [weak self] in self?.workChanged($0) }
    private(set) lazy var pulse = connect("\(lease.name).lease") { [weak self] in
        self?.pulseChanged($0)
    }
    var workStanding = Standing.away("it has not been reached yet")
    var pulseStanding = Standing.away("it has not been reached yet")
    /// What the store answered that the lease cannot go on with.
    var leaseFault: Fault?
    /// Why the store did not take the last word about the lease.
    var leaseTrouble: String?
    /// Set once something came back unanswered, until the connection is there again.
    var isCut = false
    var shown: StoreCondition?
    package internal(set) var isReady = false

    var batches: StateBatches
    var records = LeanRecords()
    var lease: Lease
    var adoption: Adoption
    var takeover = Takeover()
    var leaving: Leaving?
    var hold: Hold
    private var clock: StoreClock
    var lastNews: StoreNews?
    var isTrimming = false
    var isRepairing = false
    var isSweeping = false
    /// As the last sweep has counted them.
    var sessions = 0
    var sessionBytes = 0
    var hasWarnedOfBlindness = false
    private var early: [StateReply] = []

    private(set) lazy var earlyTimer = alarm { $0.answerEarly() }
    private(set) lazy var fenceTimer = alarm { $0.beat() }
    private(set) lazy var holdTimer = alarm { $0.tryHeld() }
    private(set) lazy var glanceTimer = alarm { $0.glance() }
    private(set) lazy var leaveTimer = alarm { $0.endLeaving() }
    private var repeating: [Timer] = []

    package convenience init(
        _ endpoint: RedisEndpoint, _ settings: StoreSettings, name: String, loop: EventLoop,
        log: Log, handler: Handler
    ) {
        let guide = SentinelGuide(endpoint, loop: loop, log: log)
        self.init(settings, name: name, loop: loop, log: log, handler: handler) { name, changed in
            let link = RedisLink(
                endpoint, name: name, settings: settings, scripts: RedisScript.all, loop: loop,
                log: log, guide: guide, changed: changed)
            return settings.profile == .ha ? ReplicatedCaller(link) : link
        }
    }

    init(
        _ settings: StoreSettings, name: String, loop: EventLoop, log: Log, handler: Handler,
        connect: @escaping Connect
    ) {
        self.settings = settings
        self.loop = loop
        self.log = log
        self.handler = handler
        self.connect = connect
        batches = StateBatches(limit: settings.batch, byteLimit: settings.batchBytes)
        lease = Lease(name: name, fence: settings.fence)
        adoption = Adoption(grace: settings.grace, early: settings.early)
        hold = Hold()
        clock = StoreClock(local: UInt64(max(0, Timestamp.now.milliseconds)))
    }

    package func open() {
        repeating = [
            loop.timer(every: settings.renewal) { [weak self] in self?.beat() },
            loop.timer(every: .seconds(1)) { [weak self] in self?.upkeep() },
        ]
        pulse.open()
        work.open()
    }

    /// Takes commands; nothing leaves before the next `flush`.
    package func perform(_ commands: [StateCommand]) {
        guard isReady, leaving == nil else {
            performWhileAway(commands)
            return
        }
        for command in commands { batches.add(command) }
    }

    /// Sends what was gathered.
    package func flush() {
        heed()
        send()
    }

    /// Sees at once that the lease has run out, where this process stood still: before anything
    /// that came meanwhile is looked at.
    package func heed() {
        if let fencedAt = lease.fencedAt, loop.now >= fencedAt { beat() }
    }

    /// The store's clock, in milliseconds since 1970.
    package var time: UInt64 { clock.time(at: loop.now) }

    // MARK: - Steps that the extensions share

    func told(time: UInt64) { clock.told(time, at: loop.now) }

    func close() {
        repeating = []
        for timer in [earlyTimer, fenceTimer, holdTimer, glanceTimer, leaveTimer] { timer.cancel() }
        work.close()
        pulse.close()
    }

    /// What cannot be kept now is refused; what is this instance's waits.
    private func performWhileAway(_ commands: [StateCommand]) {
        let mayAsk = mayAsk
        var refused: [StateCommand] = []
        for command in commands {
            let kind = command.kind
            if kind.isOwned || kind == .question && mayAsk {
                batches.add(command)
            } else {
                refused.append(command)
            }
        }
        refuse(refused)
    }

    /// Answers that nobody had to be asked for, in the loop's next tick.
    func refuse(_ commands: [StateCommand]) {
        guard !commands.isEmpty else { return }
        early += StateAnswers(failing: commands, reason: refusal).replies
        earlyTimer.reset(after: .zero)
    }

    private func answerEarly() { deliver(exchange(&early, with: [])) }

    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    private func alarm(_ body: @escaping (StateStore) -> Void) -> Timer {
        loop.timer(at: .distantFuture) { [weak self] in
            if let self { body(self) }
        }
    }
}

/// A pause before what Redis refused is tried again: longer each time, and over with the first
/// success.
struct Hold {
    private static let shortest = Duration.milliseconds(100)
    private static let longest = Duration.seconds(2)

    /// Whether changes are held back now.
    private(set) var isOn = false
    /// Whether the latest change was refused.
    private(set) var isRefused = false
    private var delay = shortest

    /// Says how long to wait.
    mutating func refused() -> Duration {
        defer { delay = min(delay * 2, Self.longest) }
        (isOn, isRefused) = (true, true)
        return delay
    }

    mutating func tryAgain() { isOn = false }

    /// Says whether there had been a refusal before.
    mutating func succeeded() -> Bool {
        defer { self = Hold() }
        return isRefused
    }
}
