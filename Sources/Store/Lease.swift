import Reactor

/// The right of this instance to decide: registered under a name with a number, renewed again and
/// again, and over by its own clock before anybody else may think so. It is told what happened and
/// says what to ask next; at most one thing is asked at a time.
struct Lease {
    enum Event: Equatable {
        /// The connection is there; the server says which run of it this is.
        case linked(run: String)
        case cut
        /// Time has passed.
        case tick
        case floored
        case registered(epoch: UInt64, generation: String)
        case renewed
        /// The store knows nothing of this lease any more.
        case lost
        /// The store's data is not what it was.
        case wiped
        /// Nobody knows what became of what was asked, or it was refused.
        case failed
        /// An earlier self owns nothing any more.
        case reclaimed(String)
    }

    enum Action: Equatable {
        /// No number up to this one may be given out again.
        case floor(UInt64)
        case register
        case renew(me: String, generation: String)
    }

    let name: String
    private let fence: Duration

    /// `name#epoch`, while the store is known to have it.
    private(set) var me: String?
    private(set) var epoch = UInt64.zero
    /// The highest number that this process was given for anything.
    private(set) var highest = UInt64.zero
    private(set) var generation: String?
    /// The run of the server that this lease is known to.
    private(set) var run: String?
    /// Earlier selves whose requests are not yet this one's, the oldest first.
    private(set) var former: [String] = []
    private(set) var isWiped = false
    private(set) var isFenced = false
    /// How often it was renewed.
    private(set) var renewals = 0
    private var isLinked = false
    private var needsFloor = false
    /// When what is under way was sent.
    private var asked: Instant?
    /// When the last thing that succeeded was sent.
    private var good: Instant?

    init(name: String, fence: Duration) {
        self.name = name
        self.fence = fence
    }

    /// Whether this instance may decide.
    var isLive: Bool { me != nil && !isFenced && !isWiped && former.isEmpty }

    /// When it stops by itself, unless it is renewed before.
    var fencedAt: Instant? {
        guard me != nil, !isFenced else { return nil }
        return good?.advanced(by: fence)
    }

    mutating func handle(_ event: Event, at now: Instant) -> Action? {
        checkFence(at: now)
        switch event {
        case .linked(let run):
            meet(run)
            (isLinked, asked) = (true, nil)
            return next(at: now)
        case .cut:
            (isLinked, asked) = (false, nil)
            return nil
        case .tick: return next(at: now)
        case .failed:
            asked = nil
            return nil
        case .floored:
            (needsFloor, asked) = (false, nil)
            return next(at: now)
        case .registered(let epoch, let generation):
            register(epoch, generation, at: now)
            return nil
        case .renewed:
            renew(at: now)
            return nil
        case .lost:
            forget()
            return next(at: now)
        case .wiped:
            (isWiped, asked) = (true, nil)
            return nil
        case .reclaimed(let name):
            former.removeAll { $0 == name }
            return nil
        }
    }

    /// What is to be asked next, if nothing is under way.
    private mutating func next(at now: Instant) -> Action? {
        guard isLinked, asked == nil, !isWiped else { return nil }
        asked = now
        if needsFloor { return .floor(highest) }
        guard let me, let generation else { return .register }
        return .renew(me: me, generation: generation)
    }

    /// A server that started anew may have forgotten the latest: no number may come again.
    private mutating func meet(_ run: String) {
        if let known = self.run, known != run, epoch > 0 {
            forget()
            needsFloor = true
        }
        self.run = run
    }

    /// A number was given out, or was heard of.
    mutating func seen(_ number: UInt64) { highest = max(highest, number) }

    private mutating func forget() {
        if let me { former.append(me) }
        (me, asked) = (nil, nil)
    }

    private mutating func register(_ epoch: UInt64, _ generation: String, at now: Instant) {
        (good, asked) = (asked ?? now, nil)
        if let known = self.generation, known != generation {
            isWiped = true
            return
        }
        self.generation = generation
        self.epoch = max(epoch, self.epoch)
        seen(epoch)
        me = "\(name)#\(epoch)"
        isFenced = false
        checkFence(at: now)
    }

    private mutating func renew(at now: Instant) {
        (good, asked) = (asked ?? now, nil)
        renewals += 1
        isFenced = false
        checkFence(at: now)
    }

    /// The answer to a renewal may itself come too late.
    private mutating func checkFence(at now: Instant) {
        if let fencedAt, now >= fencedAt { isFenced = true }
    }
}
