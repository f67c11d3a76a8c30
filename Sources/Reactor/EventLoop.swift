import CEvent
import Glibc
import Synchronization
import Telemetry

/// One thread, one loop, three verbs: watch a descriptor, set a timer, run a job. It is the
/// executor of every pinned actor and of the one task of a process, so nothing on it needs a lock.
/// The module owns whatever the kernel is waited for: descriptors, timers, processes.
///
/// It must never be blocked, and nothing but `submit`, `stop`, `enqueue`, `now` and the async verbs
/// may be called from another thread: everything else traps there.
///
/// A tick is: poll (blocking only if nothing is ready), timers that are due, jobs (at most
/// `Limits.jobsPerTick`), hooks. Work that comes after `stop` is kept and runs with the next `run`;
/// if the loop is let go before, closures are dropped unrun and tasks never resume.
// SAFETY: `owner`, `time`, `stopping` and `inbox` are atomics and a lock; all other state is
// touched only by the thread inside `run`, which `requireLoop` checks at every verb. Touching it
// elsewhere would be a data race.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Real time comes from the kernel; manual time stands still until a test calls `advance`.
    package enum Time: Sendable { case real, manual }

    private struct Inbox {
        var work = WorkQueue()
        var sleeping = false
    }

    let base: EventBase
    private let clock: Time
    private let owner = Atomic<UInt>(0)
    private let time: Atomic<Int64>
    private let stopping = Atomic<Bool>(false)
    private let inbox = Locked(Inbox())
    private let bell: Descriptor
    private let alarm: Descriptor
    private var internalEvents: [Event] = []

    var timers = TimerQueue<() -> Void>()
    var hooks: [HookEntry] = []
    private var ready = WorkQueue()
    private var timeIsStale = true
    private var alarmTime: Instant?

    package init(time clock: Time = .real) throws {
        self.clock = clock
        self.base = try EventBase()
        self.time = Atomic(clock == .real ? Instant.current().nanoseconds : 0)
        self.bell = try Descriptor(
            checking: eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)),
            "a wake-up")
        self.alarm = try Descriptor(
            checking: timerfd_create(
                CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC)),
            "an alarm")
        // Both are edge-triggered: every ring is a new edge, so neither is ever read.
        let flags = EV_READ | EV_PERSIST | EV_ET
        internalEvents = [
            try Event(on: base, bell.number, flags) { _ in },
            try Event(on: base, alarm.number, flags) { [unowned self] _ in alarmTime = nil },
        ]
    }

    // MARK: Running

    /// Runs on the calling thread until `stop`, and finishes the tick in which that came. A stop
    /// that came before counts: then one tick is run.
    package func run() {
        enter()
        repeat { tick() } while !stopping.load(ordering: .acquiring)
        leave()
    }

    /// Runs on the calling thread until nothing is ready: everything that is due in manual time has
    /// happened, and nothing was waited for.
    package func settle() {
        precondition(clock == .manual, "only manual time stands still")
        enter()
        stopping.store(true, ordering: .relaxed)
        repeat { tick() } while isReady
        leave()
    }

    private func enter() {
        let me = UInt(pthread_self())
        let (entered, _) = owner.compareExchange(
            expected: 0, desired: me, ordering: .acquiringAndReleasing)
        precondition(entered, "an event loop runs on one thread at a time")
    }

    private func leave() {
        stopping.store(false, ordering: .relaxed)
        owner.store(0, ordering: .releasing)
    }

    private var isReady: Bool {
        if !ready.isEmpty { return true }
        if let earliest = timers.earliest, earliest <= now { return true }
        return inbox.withLock { !$0.work.isEmpty }
    }

    /// Ends `run` after its tick. From any thread.
    package func stop() {
        // Inside the lock, so that a loop about to sleep either sees it or is woken.
        wake { _ in stopping.store(true, ordering: .releasing) }
    }

    /// Whether the caller is on the loop's thread, inside `run`.
    package var isOnLoop: Bool {
        owner.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Calls a closure on the loop: in its turn, never at once. From any thread; a thousand calls
    /// while the loop is busy cost no system call, the first one while it sleeps costs one.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        push(.call(body))
    }

    // MARK: Time

    /// What time it is for everything in this tick. The kernel is asked at most once a tick.
    package var now: Instant {
        guard clock == .real else { return Instant(nanoseconds: time.load(ordering: .acquiring)) }
        guard isOnLoop else { return Instant.current() }
        if timeIsStale { refreshNow() }
        return Instant(nanoseconds: time.load(ordering: .relaxed))
    }

    /// Asks the kernel again, for a tick that took long.
    package func refreshNow() {
        requireLoop()
        timeIsStale = false
        if clock == .real { time.store(Instant.current().nanoseconds, ordering: .relaxed) }
    }

    /// Moves manual time; timers that are due fire in the loop's next tick. From any thread.
    package func advance(by duration: Duration) {
        precondition(clock == .manual, "only manual time can be moved")
        let next = Instant(nanoseconds: time.load(ordering: .acquiring)).advanced(by: duration)
        time.store(next.nanoseconds, ordering: .releasing)
        submit {}
    }

    func requireLoop() {
        precondition(isOnLoop, "only the loop's own thread may do this; use submit")
    }

    // MARK: The tick

    private func tick() {
        let waiting = mayWait()
        timeIsStale = true
        base.poll(waiting: waiting)
        fireTimers()
        takeInbox()
        runWork()
        runHooks()
    }

    /// Whether nothing is ready. If so the inbox rings the bell from now on, and the alarm is set.
    private func mayWait() -> Bool {
        guard ready.isEmpty, setAlarm() else { return false }
        return inbox.withLock { inbox in
            inbox.sleeping = inbox.work.isEmpty && !stopping.load(ordering: .relaxed)
            return inbox.sleeping
        }
    }

    /// Sets the alarm for the earliest timer unless it rings by then anyway: timers that are set
    /// and cancelled again cost no system call. False if a timer is due already.
    private func setAlarm() -> Bool {
        guard let earliest = timers.earliest else { return true }
        guard earliest > now else { return false }
        guard clock == .real, alarmTime.map({ earliest < $0 }) ?? true else { return true }
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(earliest.nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(earliest.nanoseconds % 1_000_000_000)
        let absolute = Int32(TFD_TIMER_ABSTIME)
        unsafe timerfd_settime(alarm.number, absolute, &setting, nil)
        alarmTime = earliest
        return true
    }

    private func fireTimers() {
        guard timers.earliest != nil else { return }
        let (now, mark) = (now, timers.mark)
        while let fire = timers.popDue(at: now, before: mark) { fire() }
    }

    private func takeInbox() {
        inbox.withLock { inbox in
            inbox.sleeping = false
            if !inbox.work.isEmpty { ready.take(from: &inbox.work) }
        }
    }

    private func runWork() {
        let serial = unsafe asUnownedSerialExecutor()
        let task = unsafe asUnownedTaskExecutor()
        for _ in 0..<Limits.jobsPerTick {
            switch ready.popFirst() {
            case .job(let job): unsafe job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            case .call(let body): body()
            case .nothing: continue
            case nil: return
            }
        }
    }

    private func push(_ work: Work) {
        if isOnLoop {
            ready.append(work)
        } else {
            wake { $0.work.append(work) }
        }
    }

    /// Changes the inbox and rings the bell if the loop sleeps and nobody has rung yet.
    private func wake(_ change: (inout Inbox) -> Void) {
        let rings = inbox.withLock { inbox in
            change(&inbox)
            return exchange(&inbox.sleeping, with: false)
        }
        if rings { eventfd_write(bell.number, 1) }
    }

    // MARK: The executor

    public func enqueue(_ job: consuming ExecutorJob) {
        push(.job(UnownedJob(job)))
    }

    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    public func checkIsolated() {
        precondition(isOnLoop, "this code belongs on the event loop's thread")
    }
}
