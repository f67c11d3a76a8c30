import Reactor
import Telemetry

/// Requests that become this instance's without being accepted here: those of the dead, those of an
/// earlier self, and those that a lost answer gave it.
struct Takeover {
    /// Whose requests are to be taken over, one after the other.
    var candidates: [Adoption.Candidate] = []
    /// Whether a call is under way.
    var isBusy = false
    /// Taken from others under that name, to be handed out in a moment.
    var adopted: [StoredRequest] = []
    var adopter: String?
    /// Taken from an earlier self, to be handed out once this instance may decide.
    var reclaimed: [StoredRequest] = []
    /// Whether an earlier self was asked for what it had.
    var hasReclaimed = false
    /// Whether something may be owned that nobody here knows of; at first what another had under
    /// the same number, before the data and with it the counter of numbers was lost.
    var needsRecount = true
    /// The number for the tasks of what is found in a recount.
    var fence: UInt64 = 0
}

extension StateStore {
    /// Requests that one call takes over.
    private static let slice = 128
    /// How often it is looked whether an instance that was lost from sight renews its lease.
    private static let glance = Duration.milliseconds(50)

    /// Another instance cannot be seen any more: its process has ended, or the way to it is cut. If
    /// it does not renew its lease either its requests are taken over before that is over.
    package func lost(_ name: String) {
        adoption.lost(name, at: loop.now)
        glanceTimer.reset(after: .zero)
    }

    /// It is there again, and it is the same one.
    package func found(_ name: String) { adoption.found(name) }

    /// Another process has its name by now: only what was before that is missing.
    package func replaced(_ name: String, by epoch: UInt64) {
        adoption.replaced(name, by: epoch)
    }

    func glance() {
        let missing = adoption.missing(at: loop.now)
        guard !missing.isEmpty, leaving == nil else { return }
        glanceTimer.reset(after: Self.glance)
        guard isReady, takeover.candidates.isEmpty, !takeover.isBusy else { return }
        var arguments = RedisArguments()
        arguments.number(settings.early.milliseconds)
        for name in missing { arguments.text(name) }
        pulse.call(.missed, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self, case .reply(.array(let names)) = outcome else { return }
            let others = names.compactMap(\.text).filter(self.isOther)
            guard !others.isEmpty, takeover.candidates.isEmpty else { return }
            takeover.candidates = adoption.candidates(others)
            adoptNext()
        }
    }
    /// Longer than any lease can be over: only who has left is taken over.
    private static let never: UInt64 = 4_000_000_000_000

    /// Looks whose lease is over.
    func lookForDying() {
        let arguments = RedisArguments()
        pulse.call(.dying, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self, case .reply(.array(let names)) = outcome else { return }
            dying(names.compactMap(\.text))
        }
    }

    private func dying(_ names: [String]) {
        let others = names.filter(isOther)
        takeover.candidates = adoption.seen(others, at: loop.now, renewals: lease.renewals)
        adoptNext()
    }

    /// Whether a name is neither this instance's nor one that it had.
    private func isOther(_ name: String) -> Bool {
        name != lease.me && !lease.former.contains(name)
    }

    private func adoptNext() {
        guard isReady, leaving == nil, !takeover.isBusy, !takeover.candidates.isEmpty else {
            return
        }
        adopt(takeover.candidates.removeFirst())
    }

    /// Takes back what an earlier self owned, before anything is decided under the new name.
    func reclaim() {
        guard !takeover.isBusy, lease.me != nil, !lease.isFenced, !lease.isWiped,
            let former = lease.former.first, !isCut, work.isReady,
            case .ready(let run) = workStanding, run == lease.run
        else { return }
        adopt(Adoption.Candidate(name: former, grace: nil), isFormer: true)
    }

    private func adopt(_ candidate: Adoption.Candidate, isFormer: Bool = false) {
        guard let me = lease.me else { return }
        takeover.isBusy = true
        var arguments = RedisArguments()
        arguments.text(me)
        arguments.text(candidate.name)
        if let grace = candidate.grace, grace < .zero {
            arguments.text("-\((.zero - grace).milliseconds)")
        } else {
            arguments.number(candidate.grace?.milliseconds ?? Self.never)
        }
        arguments.text(isFormer ? "1" : "0")
        arguments.number(Self.slice)
        work.call(.adopt, key: settings.prefix, arguments) { [weak self] outcome in
            self?.adopted(candidate, isFormer: isFormer, outcome)
        }
    }

    private func adopted(
        _ candidate: Adoption.Candidate, isFormer: Bool, _ outcome: RedisLink.Outcome
    ) {
        takeover.isBusy = false
        switch outcome {
        case .unknown:
            wasCut()
            takeover.needsRecount = true
        case .reply(.array(let parts)):
            let items = StoredItems(parts.dropFirst())
            for item in items.unreadable { spoil(item) }
            take(items.requests, from: candidate.name, isFormer: isFormer)
            goOn(candidate, isFormer: isFormer, left: parts.first?.unsigned ?? 0, parts.count > 1)
        case .reply: adoptNext()
        }
    }

    private func goOn(
        _ candidate: Adoption.Candidate, isFormer: Bool, left: UInt64, _ hasMoved: Bool
    ) {
        if left > 0 && hasMoved {
            if !isFormer {
                takeover.candidates.insert(candidate, at: 0)
                adoptNext()
            } else {
                reclaim()
            }
        } else if isFormer && left == 0 {
            takeover.hasReclaimed = true
            _ = lease.handle(.reclaimed(candidate.name), at: loop.now)
            review()
        } else {
            adoptNext()
        }
    }

    private func take(_ requests: [StoredRequest], from name: String, isFormer: Bool) {
        guard !requests.isEmpty else { return }
        log.info(
            "requests were taken over",
            ["from": .text(name), "count": .integer(requests.count)])
        if isFormer {
            takeover.reclaimed += requests
        } else {
            // The next slice is asked for before anything is done with this one: while that takes
            // its time, nothing waits for an owner.
            if takeover.adopted.isEmpty {
                RedisLink.inTurn(of: loop) { [weak self] in self?.handOutAdopted() }
            }
            takeover.adopted += requests
            takeover.adopter = lease.me
        }
    }

    /// Hands out what was adopted, unless the name it was adopted under is over: then it is
    /// reclaimed. What the store says after an adoption counts after it, too: so this comes first.
    func handOutAdopted() {
        guard !takeover.adopted.isEmpty else { return }
        let requests = exchange(&takeover.adopted, with: [])
        heed()
        guard lease.me == takeover.adopter, !lease.isFenced else { return }
        // That somebody asks for it again here is no reason to leave it to nobody.
        let owned = batches.owned(among: Set(requests.map(\.key)))
        claimed(requests.filter { !owned.contains($0.key) })
    }

    /// Says what of all that is in hand is this instance's still, under its new name.
    func tellReclaimed() {
        guard takeover.hasReclaimed else { return }
        takeover.hasReclaimed = false
        handler.reclaimed(Set(takeover.reclaimed.map(\.key)).union(batches.keys))
    }

    /// Hands out what an earlier self owned.
    func handOver() { handOut(exchange(&takeover.reclaimed, with: [])) }

    /// Not what is in hand here: an answer about it may still be to come.
    private func handOut(_ requests: [StoredRequest]) {
        let pending = batches.pending(among: Set(requests.map(\.key)))
        claimed(requests.filter { !pending.contains($0.key) && !handler.holds($0.key) })
    }

    private func claimed(_ requests: [StoredRequest]) {
        if !requests.isEmpty { deliver([.claimed(requests)]) }
    }

    // MARK: - What a lost answer gave

    /// Looks through what this instance owns for what nobody here knows of.
    func recount() {
        guard takeover.needsRecount, isReady, let me = lease.me else { return }
        takeover.needsRecount = false
        recount(me, from: "0")
    }

    private func recount(_ me: String, from cursor: String) {
        let own = "\(settings.prefix)own:\(me)"
        work.send(["SSCAN", own, cursor, "COUNT", "500"]) { [weak self] outcome in
            guard let self else { return }
            guard case .reply(.array(let parts)) = outcome, parts.count == 2,
                let next = parts[0].text, let keys = parts[1].array
            else {
                takeover.needsRecount = true
                return
            }
            recount(keys.compactMap { $0.text.flatMap(RecordKey.init) }, of: me)
            if next != "0", lease.me == me { recount(me, from: next) }
        }
    }

    private func recount(_ keys: [RecordKey], of me: String) {
        let pending = batches.keys
        let unknown = keys.filter { !pending.contains($0) && !handler.holds($0) }
        guard !unknown.isEmpty else { return }
        // Whoever had it before it was given away here may have given its tasks away, too.
        work.send(["INCR", "\(settings.prefix)tok"]) { [weak self] outcome in
            guard let self else { return }
            guard case .reply(let reply) = outcome, let fence = reply.unsigned else {
                takeover.needsRecount = true
                return
            }
            takeover.fence = fence
            for key in unknown { read(key, of: me) }
        }
    }

    private func read(_ key: RecordKey, of me: String) {
        var arguments = RedisArguments()
        arguments.digest(key.digest)
        arguments.number(0)
        work.call(.read, key: settings.prefix, arguments) { [weak self] outcome in
            self?.found(outcome, of: me)
        }
    }

    private func found(_ outcome: RedisLink.Outcome, of me: String) {
        guard case .reply(let reply) = outcome else {
            takeover.needsRecount = true
            return
        }
        guard reply.array != nil else { return }
        let items = StoredItems([reply])
        for item in items.unreadable { spoil(item) }
        let mine = items.requests.filter { $0.owner == me && $0.state == .running }
        let found = mine.map { request in
            var request = request
            request.fence = takeover.fence
            return request
        }
        handOut(found)
    }
}
