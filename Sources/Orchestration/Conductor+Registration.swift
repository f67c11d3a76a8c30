import Bus
import Document
import Reactor
import Telemetry
import Wire

/// HELLO: who a peer is, what it serves, and what becomes of the tasks it still has.
extension Conductor {
    /// The same session again is a flap, and what still runs goes on; a new one is a new process.
    mutating func hello(
        _ content: any Content, from peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard let known = peers[peer] else { return }
        let hello = try read(content)
        try check(hello, of: known)
        let editions = try workflows(of: hello, known)
        if known.session != hello.session {
            try replaceSession(of: known, at: now, into: &outbox)
        } else if known.absent != nil {
            counters.flaps += 1
            settleSuspicion(of: known, died: false, at: now, into: &outbox)
        }
        peers[peer]?.session = hello.session
        peers[peer]?.role = hello.role
        peers[peer]?.absent = nil
        peers[peer]?.replaced = false
        peers[peer]?.isExcused = false
        peers.heard(peer, at: now)
        var verdicts: [Welcome.Verdict]?
        var missing: [Int] = []
        for edition in editions { shelf.bring(edition) }
        scheduleBrought(editions, by: known.identity.tenant)
        if hello.role == .worker { verdicts = register(hello, peer, at: now, missing: &missing) }
        // Before any task: what a worker answers to one that it has before WELCOME reaches nobody.
        sendWelcome(to: peer, hello, verdicts, into: &outbox)
        giveAgain(missing, at: now, into: &outbox)
        noteOrphans(hello.orphans ?? [], of: peer, at: now, into: &outbox)
        if !editions.isEmpty { startHomeless(at: now, into: &outbox) }
        if let worker = peers[peer]?.worker { refill(worker, at: now, into: &outbox) }
    }

    // MARK: - Checks

    private func read(_ content: any Content) throws(Fault) -> Hello {
        do throws(Fault) {
            return try JSON.decode(Hello.self, from: content.array)
        } catch {
            throw Fault(WireCode.invalid, "HELLO: \(error)")
        }
    }

    private func check(_ hello: Hello, of peer: Peer) throws(Fault) {
        try Name.check(hello.session, "session")
        guard peer.session != hello.session || peer.role == hello.role else {
            throw Fault(WireCode.invalid, "a session keeps its role")
        }
        guard hello.role == .worker else { return }
        try Name.check(instance(of: hello, peer), "instance")
        guard (1...limits.capacity).contains(hello.capacity ?? 1) else {
            throw Fault(WireCode.range, "capacity is 1 to \(limits.capacity)")
        }
        guard max(hello.inflight?.count ?? 0, hello.orphans?.count ?? 0) <= limits.inflightListed
        else {
            throw Fault(WireCode.range, "inflight lists at most \(limits.inflightListed) tasks")
        }
        try check(hello.agents ?? [], of: peer)
    }

    /// The workflows a worker brings. One that cannot be read keeps the worker out: its tasks would
    /// be asked for by nobody, and its operator would learn of it much later.
    private func workflows(of hello: Hello, _ peer: Peer) throws(Fault) -> [Edition] {
        var editions: [Edition] = []
        for text in hello.role == .worker ? hello.workflows ?? [] : [] {
            let bytes = Array(text.utf8)
            guard shelf.known(bytes) == nil else { continue }
            let edition = try Edition(bytes, from: .worker(peer.name), name: "workflow")
            guard peer.identity.mayServe(edition.name) else {
                throw Fault(
                    WireCode.forbidden,
                    "the key \(peer.identity.name) may not serve \(edition.name)")
            }
            editions.append(edition)
        }
        return editions
    }

    private func check(_ agents: [AgentDescription], of peer: Peer) throws(Fault) {
        guard !agents.isEmpty, agents.count <= limits.agentsPerWorker else {
            throw Fault(WireCode.invalid, "a worker has 1 to \(limits.agentsPerWorker) agents")
        }
        for agent in agents { try check(agent, of: peer) }
        guard Set(agents.map(\.name)).count == agents.count else {
            throw Fault(WireCode.invalid, "an agent is listed twice")
        }
        guard registry.count(with: agents) <= limits.agents else {
            throw Fault(WireCode.busy, "\(limits.agents) agents are registered: no more")
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

    // MARK: - Entering

    /// Enters a worker, or takes back one that was only away; says what becomes of the tasks it
    /// lists.
    ///
    /// - Parameter missing: the tasks it should have and does not list.
    private mutating func register(
        _ hello: Hello, _ peer: PeerID, at now: Instant, missing: inout [Int]
    ) -> [Welcome.Verdict] {
        guard let known = peers[peer] else { return [] }
        let agents = hello.agents ?? []
        if let worker = known.worker {
            registry.setReachable(worker, true, at: now)
            registry.setCapacity(worker, hello.capacity ?? 1, at: now)
            registry.serve(worker, agents)
            return reconcile(hello.inflight ?? [], worker, at: now, missing: &missing)
        }
        let entry = Registry.Worker(
            peer: peer, instance: instance(of: hello, known), version: hello.version ?? "",
            capacity: hello.capacity ?? 1)
        peers[peer]?.worker = registry.add(entry, serving: agents)
        log.info(
            "a worker registered",
            [
                "peer": .text(known.name),
                "agents": .text(agents.map(\.name).joined(separator: " ")),
            ])
        return (hello.inflight ?? []).filter { !isEarlier($0) }
            .map { Welcome.Verdict(.abort, of: $0) }
    }

    /// Whether somebody gave the task away before this instance had its number: its request may
    /// come here yet, and its worker goes on with it until then.
    private func isEarlier(_ task: Hello.Inflight) -> Bool {
        guard storeIsDurable, let fence = task.fence.flatMap({ UInt64($0) }) else { return false }
        return fence < epoch
    }

    /// After a flap: what the worker still has goes on, what was given to another is aborted, what
    /// it never got is given again.
    private mutating func reconcile(
        _ listed: [Hello.Inflight], _ worker: Int, at now: Instant, missing: inout [Int]
    ) -> [Welcome.Verdict] {
        var unlisted = Set(registry.workers[worker].tasks.members(steps.places))
        var verdicts: [Welcome.Verdict] = []
        for task in listed {
            var isCurrent = false
            if let step = steps.slot(token: task.dispatch) {
                isCurrent = stillHas(step, worker, at: now)
                if isCurrent { unlisted.remove(step) }
            }
            guard isCurrent || !isEarlier(task) else { continue }
            let verdict: Welcome.Verdict.Word =
                task.state == .done ? .resend : isCurrent ? .continue : .abort
            verdicts.append(Welcome.Verdict(verdict, of: task))
        }
        missing = unlisted.sorted()
        return verdicts
    }

    /// What a worker never got, or has lost, is given again; it need not be to the same one.
    private mutating func giveAgain(
        _ missing: [Int], at now: Instant, into outbox: inout Outbox
    ) {
        for step in missing where steps[step].isHeld {
            if steps[step].state == .running {
                lose(step, at: now, into: &outbox)
            } else {
                letGo(step, .lost, at: now)
            }
        }
    }

    /// Whether a task the worker says it has is still its own: one that nobody else was given is
    /// taken back.
    private mutating func stillHas(_ step: Int, _ worker: Int, at now: Instant) -> Bool {
        guard steps[step].holder == registry.workers[worker].peer else { return false }
        switch steps[step].state {
        case .running: return true
        case .waiting, .sought: return takeBack(step, by: worker, at: now)
        default: return false
        }
    }

    /// A new process under a known name: the old one is dead. A name that two live processes fight
    /// for is refused.
    private mutating func replaceSession(
        of known: Peer, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard !known.session.isEmpty else { return }
        let isFight =
            known.absent == nil && known.takenOver.map { now - $0 < .seconds(2) } ?? false
        let takeovers = isFight ? known.takeovers + 1 : 0
        peers[known.id]?.takeovers = takeovers
        peers[known.id]?.takenOver = now
        guard takeovers < limits.takeovers else {
            throw Fault(
                WireCode.identity, "another live process has the name \(known.name): choose another"
            )
        }
        dropVolatile(askedBy: known.id, into: &outbox)
        settleSuspicion(of: known, died: true, at: now, into: &outbox)
        guard let worker = known.worker else { return }
        counters.deaths += 1
        registry.setReachable(worker, false, at: now)
        loseTasks(of: worker, isDeath: true, at: now, into: &outbox)
        registry.remove(worker)
        peers[known.id]?.worker = nil
    }

    private func sendWelcome(
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
