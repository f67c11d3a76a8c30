import Document
import Flow
import Reactor
import Store

/// A run of a workflow in hand: the run, what it is yet to be told, and what is under way for it.
/// It stays where it is: a run is large, and each of its steps touches it many times.
final class FlowWork {
    let edition: Edition
    var run: FlowRun
    /// Where it is durable; else its run begins anew with its next owner.
    var journal: RunJournal?
    /// Whether it has just been had again from its journal: what it has open may be under way.
    var isReturning = false
    /// Steps whose effect may have happened before, by their keys.
    var begun: [StepKey: (attempt: UInt32, instance: String)] = [:]
    /// Who answered calls, until that is written down.
    var performers: [StepKey: JournalLine.Performer] = [:]
    /// What a run that was had again has open.
    var open: [RunAction] = []
    /// What happened while the run was being told something else.
    private var inbox: [(event: RunEvent, place: LogPosition?)] = []
    /// Up to where in the log of events it was told of them, while it listens and keeps a journal.
    var cursor: LogPosition?
    /// Whether somebody further up goes on with it.
    private var isTelling = false
    var parts: [StepKey: Part] = [:]
    /// Whose step an ordinal is.
    private var keys: [UInt32: StepKey] = [:]
    private var lastOrdinal: UInt32 = 0
    /// How many notes of its life were made.
    private var notes = 0

    /// What an open key of the run stands for here.
    enum Part {
        case step(Pending)
        case timer(Int)
        /// Another request, by its token.
        case request(UInt64)
        /// A request that another orchestrator has, by the number of who follows it.
        case followed(Int)
        /// What a person is asked.
        case person(PersonKey)
    }

    /// A call that an agent has not answered.
    struct Pending {
        let slot: Int
        let ordinal: UInt32
        /// Under what its answer is kept for later calls, and how long.
        var cache: (key: AnswerCache.Key, lifetime: Duration)?
    }

    init(_ edition: Edition, _ run: FlowRun, journal: RunJournal? = nil) {
        self.edition = edition
        self.run = run
        self.journal = journal
    }

    /// The first thing a run is told, at the moment when its request was accepted: that needs no
    /// line, everybody knows it.
    func begin(at moment: Moment) -> [RunAction] { run.step(.started, now: moment) }

    /// Whether the caller is to go on with the run: nobody else does.
    func admit(_ event: RunEvent, at place: LogPosition? = nil) -> Bool {
        inbox.append((event, place))
        guard !isTelling else { return false }
        isTelling = true
        return true
    }

    /// What the run wants done about the next event; nothing when there is none.
    func advance(at moment: Moment) -> [RunAction]? {
        guard !inbox.isEmpty else {
            isTelling = false
            return nil
        }
        let (event, place) = inbox.removeFirst()
        if journal != nil, event != .proceed, run.accepts(event) {
            let steps = run.isBusy ? run.steps : nil
            let entry = Journal.Entry(event, at: moment, steps: steps)
            let performer = event.key.flatMap { performers.removeValue(forKey: $0) }
            journal?.write(place.map { .heard(entry, $0) } ?? .told(entry, by: performer))
        }
        return run.step(event, now: moment)
    }

    /// Lets an action wait until what led to it is kept.
    func hold(_ effect: RunJournal.Effect) { journal?.hold(effect) }

    func noteNumber() -> Int {
        notes += 1
        return notes
    }

    /// The number of the step that a call becomes. That of a durable run is made of its key, so
    /// that the next owner finds it by the same number.
    func nextOrdinal(for key: StepKey) -> UInt32 {
        var ordinal = lastOrdinal + 1
        if journal != nil {
            ordinal = key.ordinal
            while keys[ordinal] != nil { ordinal += 1 }
        } else {
            lastOrdinal = ordinal
        }
        keys[ordinal] = key
        return ordinal
    }

    func key(of ordinal: UInt32) -> StepKey? { keys[ordinal] }

    /// The key a step was made for, and what was noted of it; it is over.
    func take(_ ordinal: UInt32) -> (key: StepKey, pending: Pending)? {
        guard let key = keys.removeValue(forKey: ordinal),
            case .step(let pending)? = parts.removeValue(forKey: key)
        else { return nil }
        return (key, pending)
    }
}

/// All runs in hand, with their timers.
struct FlowTable {
    /// By the token of the request.
    private(set) var works: [UInt64: FlowWork] = [:]
    /// Those that have used up a slice of work and have more to do.
    private var busy: [UInt64] = []
    /// Requests whose workflow nobody here knows.
    private var homeless: [UInt64] = []
    /// Runs that are read from their journals.
    var returning: [UInt64: Returning] = [:]
    /// Runs whose journals are begun with those of others.
    var forking: [UInt64: Forking] = [:]
    /// Texts of workflows that the store has from here.
    private var kept: Set<String> = []
    private var timers = SlotTable<FlowTimer>()
    private var wheel = DeadlineWheel()
    /// Those that listen for events, in the order in which they began.
    private(set) var listeners: [UInt64] = []
    /// How far the logs of events were read, and the latest events without them.
    var readers = EventReaders()
    var recent = RecentEvents()
    /// What the store did not take, and when it is asked again.
    var unpublished: [(due: Instant, publication: Conductor.Publication)] = []
    var answers = AnswerCache()
    /// Whose the workflows are that workers have brought.
    var tenants: [Edition.Key: String] = [:]
    /// Numbers for requests that runs make.
    private var requests = 0

    var isBusy: Bool { !busy.isEmpty }
    var count: Int { works.count }

    subscript(token: UInt64) -> FlowWork? { works[token] }

    mutating func add(_ work: FlowWork, _ token: UInt64) { works[token] = work }

    /// Lets go of a run; gives what was still under way for it.
    mutating func remove(_ token: UInt64) -> FlowWork? {
        if !returning.isEmpty { returning[token] = nil }
        if !forking.isEmpty { forking[token] = nil }
        guard let work = works.removeValue(forKey: token) else { return nil }
        for case .timer(let timer) in work.parts.values { drop(timer) }
        unlisten(token)
        return work
    }

    mutating func nextRequest() -> Int {
        requests += 1
        return requests
    }

    /// Whether the store is to be told this text; once is enough.
    mutating func mustKeep(_ digest: String) -> Bool { kept.insert(digest).inserted }

    mutating func waitForEdition(_ token: UInt64) { homeless.append(token) }

    mutating func takeHomeless() -> [UInt64] {
        defer { homeless = [] }
        return homeless
    }

    // MARK: - Work that goes on

    mutating func goOnLater(_ token: UInt64) { busy.append(token) }

    mutating func takeBusy() -> [UInt64] {
        defer { busy = [] }
        return busy
    }

    // MARK: - Events

    mutating func listen(_ token: UInt64) {
        if !listeners.contains(token) { listeners.append(token) }
    }

    mutating func unlisten(_ token: UInt64) {
        if let place = listeners.firstIndex(of: token) { listeners.remove(at: place) }
    }

    // MARK: - Timers

    mutating func setTimer(_ key: StepKey, of token: UInt64, due: Instant) {
        clearTimer(key, of: token)
        let timer = timers.take()
        timers[timer].token = token
        timers[timer].key = key
        wheel.set(timer, due: due)
        works[token]?.parts[key] = .timer(timer)
    }

    mutating func clearTimer(_ key: StepKey, of token: UInt64) {
        guard case .timer(let timer)? = works[token]?.parts.removeValue(forKey: key) else { return }
        drop(timer)
    }

    /// Takes out the timers whose time has come.
    mutating func takeDue(by now: Instant) -> [(token: UInt64, key: StepKey)] {
        var due: [(token: UInt64, key: StepKey)] = []
        for timer in wheel.takeDue(by: now) {
            let (token, key) = (timers[timer].token, timers[timer].key)
            timers.release(timer)
            works[token]?.parts[key] = nil
            due.append((token, key))
        }
        return due
    }

    private mutating func drop(_ timer: Int) {
        wheel.remove(timer)
        timers.release(timer)
    }
}

/// A run on its way back from its journal.
struct Returning {
    let edition: Edition
    var lines: [[UInt8]] = []
    var bodies: [String: [UInt8]] = [:]
}

/// A moment a run waits for.
struct FlowTimer: SlotEntry {
    var generation: UInt32 = 0
    var token: UInt64 = 0
    var key = StepKey("")

    var isFree: Bool { token == 0 }

    mutating func clear() {
        token = 0
        key = StepKey("")
    }
}
