package import Bus
import Document
package import Reactor
import Telemetry
import Wire

/// Workers come, pause, return and go: registration, credit, and what becomes of the tasks they held.
extension Conductor {
    /// HELLO: who this is. The same session again is a flap, and what still runs goes on; a new one is a new process.
    mutating func hello(
        _ content: any Content, from peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard let known = peers[peer] else { return }
        let hello = try read(content)
        try check(hello, of: known)
        let isFlap = known.session == hello.session
        if !isFlap { try replaceSession(of: known, at: now, into: &outbox) }
        peers.with(peer) { entry in
            entry.session = hello.session
            entry.role = hello.role
            entry.absent = nil
            entry.replaced = false
        }
        var verdicts: [Welcome.Verdict]?
        if hello.role == .worker {
            verdicts = try register(hello, peer, isFlap: isFlap, at: now, into: &outbox)
        }
        sendWelcome(to: peer, hello, verdicts, into: &outbox)
        if let worker = peers[peer]?.worker { refill(worker, at: now, into: &outbox) }
    }

    /// READY: how many tasks the worker takes from now on.
    mutating func ready(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let worker = peers[peer]?.worker else {
            throw Fault(WireCode.hello, "say HELLO before READY", retry: .now)
        }
        guard Int(message.credit) <= limits.capacity else {
            throw Fault(WireCode.range, "credit is 0 to \(limits.capacity)")
        }
        let credit = Int(message.credit)
        registry.withWorker(worker) { $0.capacity = credit }
        refill(worker, at: now, into: &outbox)
    }

    mutating func draining(_ peer: PeerID) {
        guard let worker = peers[peer]?.worker else { return }
        registry.withWorker(worker) { $0.isDraining = true }
    }

    mutating func bye(_ peer: PeerID, at now: Instant, into outbox: inout Outbox) {
        guard let known = peers[peer] else { return }
        say("a peer left", of: known)
        if let worker = known.worker {
            loseAll(of: worker, isDeath: false, at: now, into: &outbox)
            registry.remove(worker)
        }
        peers.remove(peer)
        outbox.forget(peer)
    }

    // MARK: - Absence and death

    /// The kernel closed the peer's connection: an absent session, out of dispatch at once, dead only later.
    package mutating func left(_ peer: PeerID, at now: Instant) {
        guard let known = peers[peer], known.absent == nil else { return }
        counters.flaps += 1
        peers.with(peer) { $0.absent = now }
        if let worker = known.worker { registry.withWorker(worker) { $0.isReachable = false } }
        say("a connection closed", of: known)
    }

    /// Time passed: silent peers are asked, absent ones replaced, dead ones buried, late requests ended.
    package mutating func tick(at now: Instant, into outbox: inout Outbox) {
        for (peer, silence) in peers.silent(at: now, delays) {
            switch silence {
            case .none: break
            case .ask:
                peers.with(peer) { $0.pinged = now }
                outbox.send(to: peer) { $0.begin(.ping) }
            case .replace: replaceTasks(of: peer, at: now, into: &outbox)
            case .dead: bury(peer, at: now, into: &outbox)
            }
        }
        for slot in deadlines.takeDue(by: now) { expire(slot, at: now, into: &outbox) }
        if waiting > 0 { resumePaused(at: now, into: &outbox) }
    }

    private mutating func expire(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        counters.expired += 1
        let agent = registry.agents[requests[slot].agent].name
        let waited = requests[slot].state == .waiting
        stop(
            slot,
            Fault(
                WireCode.deadline,
                waited
                    ? "no instance of \(agent) had a place for it in time"
                    : "\(agent) did not answer in time"),
            into: &outbox)
    }

    /// Tasks that were put back because a worker was busy are offered again once its pause is over.
    private mutating func resumePaused(at now: Instant, into outbox: inout Outbox) {
        for agent in registry.agents.indices where !registry.agents[agent].waiting.isEmpty {
            serveWaiting(agent, at: now, into: &outbox)
        }
    }

    private mutating func replaceTasks(
        of peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) {
        guard let worker = peers[peer]?.worker else { return }
        peers.with(peer) { $0.replaced = true }
        for slot in requests.held(by: worker) where requests[slot].state == .running {
            guard requests[slot].effect != .unsafe else { continue }
            giveToAnother(slot, from: worker, at: now, into: &outbox)
        }
    }

    private mutating func bury(_ peer: PeerID, at now: Instant, into outbox: inout Outbox) {
        guard let known = peers[peer] else { return }
        say("a peer is dead", of: known)
        if let worker = known.worker {
            counters.deaths += 1
            loseAll(of: worker, isDeath: true, at: now, into: &outbox)
            registry.remove(worker)
        }
        dropVolatile(askedBy: peer, into: &outbox)
        peers.remove(peer)
        outbox.forget(peer)
    }

    /// Nobody is left to hear the answers of volatile requests: their work is stopped.
    private mutating func dropVolatile(askedBy peer: PeerID, into outbox: inout Outbox) {
        for slot in requests.asked(by: peer) where requests[slot].delivery == .volatile {
            stop(slot, Fault(WireCode.cancelled, "the caller is gone"), into: &outbox)
        }
    }

    /// A process is gone for good: repeatable steps go to others, unsafe ones end as lost.
    private mutating func loseAll(
        of worker: Int, isDeath: Bool, at now: Instant, into outbox: inout Outbox
    ) {
        for slot in requests.held(by: worker) {
            switch requests[slot].state {
            case .running:
                if isDeath { requests[slot].deaths += 1 }
                lose(slot, from: worker, at: now, into: &outbox)
            case .detached: requests.release(slot)
            default: requests[slot].worker = Request.nobody
            }
        }
    }

    private mutating func lose(
        _ slot: Int, from worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        let agent = registry.agents[requests[slot].agent].name
        if requests[slot].effect == .unsafe {
            requests[slot].state = .waiting
            waiting += 1
            let reason = "the worker died while it ran \(agent); its effect is not known"
            stop(slot, Fault(WireCode.lost, reason), into: &outbox)
        } else if requests[slot].deaths >= limits.deathsPerStep {
            requests[slot].state = .waiting
            waiting += 1
            let reason = "\(requests[slot].deaths) workers died while they ran \(agent) for it"
            stop(slot, Fault(WireCode.lost, reason), into: &outbox)
        } else {
            giveToAnother(slot, from: worker, at: now, into: &outbox)
        }
    }

    private mutating func giveToAnother(
        _ slot: Int, from worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        counters.redispatched += 1
        registry.withWorker(worker) { $0.inFlight -= 1 }
        placeAgain(slot, at: now, into: &outbox)
    }

    // MARK: - Registration

    private func read(_ content: any Content) throws(Fault) -> Hello {
        do throws(Fault) {
            return try JSON.decode(Hello.self, from: content.array)
        } catch {
            throw Fault(WireCode.invalid, "HELLO: \(error)")
        }
    }

    private func check(_ hello: Hello, of peer: Peer) throws(Fault) {
        try Name.check(hello.session, "session")
        guard hello.role == .worker else { return }
        try Name.check(instance(of: hello, peer), "instance")
        let agents = hello.agents ?? []
        guard !agents.isEmpty, agents.count <= limits.agentsPerWorker else {
            throw Fault(WireCode.invalid, "a worker has 1 to \(limits.agentsPerWorker) agents")
        }
        guard (1...limits.capacity).contains(hello.capacity ?? 1) else {
            throw Fault(WireCode.range, "capacity is 1 to \(limits.capacity)")
        }
        guard (hello.inflight ?? []).count <= limits.inflightListed else {
            throw Fault(WireCode.range, "inflight lists at most \(limits.inflightListed) tasks")
        }
        for agent in agents { try check(agent, of: peer) }
        guard Set(agents.map(\.name)).count == agents.count else {
            throw Fault(WireCode.invalid, "an agent is listed twice")
        }
    }

    private func check(_ agent: AgentDescription, of peer: Peer) throws(Fault) {
        try Name.check(agent.name, "agent")
        guard agent.name != "baton" else {
            throw Fault(WireCode.forbidden, "the name baton is reserved")
        }
        guard peer.identity.mayServe(agent.name) else {
            throw Fault(
                WireCode.forbidden, "the key \(peer.identity.name) may not serve \(agent.name)")
        }
        if let effect = agent.effect, Effect(name: effect) == nil {
            throw Fault(WireCode.invalid, "\(agent.name): effect is pure, idempotent or unsafe")
        }
    }

    private func instance(of hello: Hello, _ peer: Peer) -> String {
        if let instance = hello.instance { return instance }
        return peer.name.split(separator: ".").last.map(String.init) ?? peer.name
    }

    /// Enters a worker, or takes back one that was only away; says what becomes of the tasks it lists.
    private mutating func register(
        _ hello: Hello, _ peer: PeerID, isFlap: Bool, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) -> [Welcome.Verdict] {
        guard let known = peers[peer] else { return [] }
        if isFlap, let worker = known.worker {
            let capacity = hello.capacity ?? 1
            registry.withWorker(worker) { entry in
                entry.isReachable = true
                entry.capacity = capacity
            }
            return reconcile(hello.inflight ?? [], worker, at: now, into: &outbox)
        }
        guard registry.agents.count + (hello.agents ?? []).count <= limits.agents else {
            throw Fault(WireCode.busy, "\(limits.agents) agents are registered: no more")
        }
        let entry = Registry.Worker(
            peer: peer, instance: instance(of: hello, known), version: hello.version ?? "",
            capacity: hello.capacity ?? 1, agents: [])
        let worker = registry.add(entry, serving: hello.agents ?? [])
        peers.with(peer) { $0.worker = worker }
        say(
            "a worker registered", of: known,
            (hello.agents ?? []).map(\.name).joined(separator: " "))
        return (hello.inflight ?? []).map { Welcome.Verdict(.abort, of: $0) }
    }

    /// After a flap: what the worker still has goes on, what was given to another is aborted, what it never got is given
    /// again.
    private mutating func reconcile(
        _ listed: [Hello.Inflight], _ worker: Int, at now: Instant, into outbox: inout Outbox
    ) -> [Welcome.Verdict] {
        var held = Set(requests.held(by: worker).filter { requests[$0].state == .running })
        var verdicts: [Welcome.Verdict] = []
        for task in listed {
            let slot = requests.slot(token: task.dispatch)
            let isCurrent = slot.map { held.remove($0) != nil } ?? false
            let verdict: Welcome.Verdict.Word =
                task.state == .done ? .resend : isCurrent ? .continue : .abort
            verdicts.append(Welcome.Verdict(verdict, of: task))
        }
        for slot in held.sorted() { lose(slot, from: worker, at: now, into: &outbox) }
        return verdicts
    }

    /// A new process under a known name: the old one is dead. A name that two live processes fight for is refused.
    private mutating func replaceSession(
        of known: Peer, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard !known.session.isEmpty else { return }
        let isFight = known.absent == nil && now - known.takenOver < .seconds(2)
        peers.with(known.id) { entry in
            entry.takeovers = isFight ? entry.takeovers + 1 : 0
            entry.takenOver = now
        }
        guard (peers[known.id]?.takeovers ?? 0) < 3 else {
            throw Fault(
                WireCode.identity, "another live process has the name \(known.name): choose another"
            )
        }
        guard let worker = known.worker else { return }
        counters.deaths += 1
        loseAll(of: worker, isDeath: true, at: now, into: &outbox)
        registry.remove(worker)
        peers.with(known.id) { $0.worker = nil }
    }

    private mutating func sendWelcome(
        to peer: PeerID, _ hello: Hello, _ verdicts: [Welcome.Verdict]?, into outbox: inout Outbox
    ) {
        var welcome = welcome
        welcome.inflight = verdicts
        if hello.role == .worker, let known = peers[peer] {
            welcome.instance = instance(of: hello, known)
        }
        // SAFETY: a Welcome holds nothing that JSON cannot say, so encoding it cannot fail.
        let content = (try? JSON.encode(welcome)) ?? []
        outbox.send(to: peer, ContentBytes(content)) { $0.begin(.welcome) }
    }
}
