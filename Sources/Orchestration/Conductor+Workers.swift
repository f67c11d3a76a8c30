package import Bus
package import Reactor
import Telemetry
import Wire

/// Workers pause, vanish, return and die: credit, and what becomes of the tasks they held.
extension Conductor {
    /// READY: how many tasks the worker takes from now on.
    mutating func ready(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let worker = peers[peer]?.worker else {
            throw Fault(WireCode.hello, "say HELLO before READY", retry: .now)
        }
        guard Int(message.credit) <= limits.capacity else {
            throw Fault(WireCode.range, "credit is 0 to \(limits.capacity)")
        }
        registry.setCapacity(worker, Int(message.credit), at: now)
        try noteOrphans(content, of: peer, at: now, into: &outbox)
        refill(worker, at: now, into: &outbox)
    }

    mutating func draining(_ peer: PeerID) {
        guard let worker = peers[peer]?.worker else { return }
        registry.drain(worker)
    }

    mutating func bye(_ peer: PeerID, at now: Instant, into outbox: inout Outbox) {
        guard let known = peers[peer] else { return }
        say("a peer left", of: known)
        forget(known, isDeath: false, at: now, into: &outbox)
    }

    /// The kernel closed the peer's connection: an absent session, out of dispatch at once, dead
    /// only later.
    package mutating func left(_ peer: PeerID, at now: Instant) {
        guard let known = peers[peer], known.absent == nil else { return }
        peers[peer]?.absent = now
        // Whoever stood still was given up by others, who come back as soon as they can.
        let isExcused = stoodStill(at: now) || forgiven.map { now - $0 < .seconds(1) } ?? false
        peers[peer]?.isExcused = isExcused
        peers.lookAgain(peer, delays)
        if let worker = known.worker { registry.setReachable(worker, false, at: now) }
        say("a connection closed", of: known)
    }

    /// Time passed: silent peers are asked, absent ones replaced, dead ones buried, late requests
    /// ended.
    package mutating func tick(at now: Instant, into outbox: inout Outbox) {
        // Whoever stood still itself has no right to call others silent.
        if stoodStill(at: now) {
            forgiven = now
            peers.forgive(at: now, delays)
        }
        (looked, present) = (now, now)
        for (peer, silence) in peers.silent(at: now, delays) {
            switch silence {
            case .none: break
            case .ask:
                peers[peer]?.pinged = now
                outbox.send(to: peer) { $0.begin(.ping) }
            case .replace: replaceTasks(of: peer, at: now, into: &outbox)
            case .dead: bury(peer, "a peer is dead", at: now, into: &outbox)
            }
            peers.lookAgain(peer, delays)
        }
        for slot in deadlines.takeDue(by: now) { expire(slot, into: &outbox) }
        for step in steps.timers.takeDue(by: now) where !steps.timers.contains(step) {
            // A slot that is due again already belongs to another step by now.
            look(at: step, at: now, into: &outbox)
        }
        resumeRested(at: now, into: &outbox)
        tickWorkflows(at: now, into: &outbox)
        lookAfterFollowers(at: now, into: &outbox)
        logHeldBack()
        tellStories(into: &outbox)
    }

    /// Whether this process has done nothing for so long that others may have given it up.
    private func stoodStill(at now: Instant) -> Bool {
        looked.map { now - $0 > max(delays.ping, .milliseconds(500)) } ?? false
    }

    /// A peer sends too much: it is told, and given up when that does not help.
    mutating func warn(
        _ peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard let known = peers[peer] else { return }
        let warnings = now - known.warned < .seconds(10) ? known.warnings + 1 : 1
        guard warnings <= limits.warnings else {
            return bury(peer, "a peer does not heed its limits", at: now, into: &outbox)
        }
        peers[peer]?.warnings = warnings
        peers[peer]?.warned = now
        throw Fault(
            WireCode.busy, "a task may report progress \(limits.progressPerSecond) times a second",
            retry: .after(.seconds(1)))
    }

    /// A process is gone for good: repeatable steps go to others, unsafe ones end as lost.
    mutating func loseTasks(
        of worker: Int, isDeath: Bool, at now: Instant, into outbox: inout Outbox
    ) {
        for step in registry.workers[worker].tasks.members(steps.places) {
            // What came before may have ended the request this one belonged to.
            guard steps[step].isHeld else { continue }
            guard steps[step].state == .running else {
                letGo(step, .lost, at: now)
                continue
            }
            if isDeath, !steps[step].isUnsent { steps[step].deaths += 1 }
            lose(step, at: now, into: &outbox)
        }
    }

    /// The worker has not got the task any more, and nobody knows how far it came.
    mutating func lose(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        if steps[step].twin != Step.nobody {
            vacate(step, .lost, at: now)
            _ = leaveToTwin(step, into: &outbox)
        } else if isUncertain(step) {
            vacate(step, .lost, at: now)
            park(step, .lost, "its worker was lost", into: &outbox)
        } else if steps[step].effect == .unsafe, steps[step].isStarted {
            let agent = registry.agents[steps[step].agent].name
            let reason = "the worker was lost while it ran \(agent); its effect is not known"
            vacate(step, .lost, at: now)
            settle(
                step, .failure(WireError(code: "lost", message: reason)), at: now, into: &outbox)
        } else if steps[step].deaths >= limits.deathsPerStep {
            vacate(step, .lost, at: now)
            endAsPoison(step, at: now, into: &outbox)
        } else {
            counters.redispatched += 1
            logLoss(step)
            seekWord(of: step, at: now, into: &outbox)
        }
    }

    /// Nobody is left to hear the answers of volatile requests: their work is stopped.
    mutating func dropVolatile(askedBy peer: PeerID, into outbox: inout Outbox) {
        guard let asked = peers[peer]?.asked else { return }
        for slot in asked.members(requests.callers) {
            stopSteps(slot, into: &outbox)
            noteEnd(of: slot, nil)
            if tap.wantsSpans { tellSpans(of: slot, nil, into: &outbox) }
            close(slot)
        }
    }

    // MARK: - Steps

    private mutating func replaceTasks(
        of peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) {
        guard let worker = peers[peer]?.worker else { return }
        peers[peer]?.replaced = true
        for step in registry.workers[worker].tasks.members(steps.places)
        where steps[step].state == .running && mayMove(step) {
            if steps[step].twin != Step.nobody {
                lose(step, at: now, into: &outbox)
                continue
            }
            if !steps[step].isUnsent { steps[step].suspects.append(peer) }
            counters.redispatched += 1
            logLoss(step)
            seekWord(of: step, at: now, into: &outbox)
        }
    }

    private mutating func bury(
        _ peer: PeerID, _ reason: StaticString, at now: Instant, into outbox: inout Outbox
    ) {
        guard let known = peers[peer] else { return }
        say(reason, of: known)
        tellGivenUp(peer, into: &outbox)
        forget(known, isDeath: true, at: now, into: &outbox)
    }

    /// Only one direction may have failed: a process that still hears this would otherwise believe
    /// itself known for ever, and wait for tasks or answers that never come.
    private func tellGivenUp(_ peer: PeerID, into outbox: inout Outbox) {
        let fault = Fault(
            WireCode.hello, "you were given up; if you are still there, say HELLO", retry: .now)
        outbox.send(to: peer) { writer in
            writer.begin(.error)
            writer.error(WireError(fault))
        }
    }

    private mutating func forget(
        _ peer: Peer, isDeath: Bool, at now: Instant, into outbox: inout Outbox
    ) {
        dropVolatile(askedBy: peer.id, into: &outbox)
        settleSuspicion(of: peer, died: isDeath, at: now, into: &outbox)
        if let worker = peer.worker {
            if isDeath { counters.deaths += 1 }
            registry.setReachable(worker, false, at: now)
            loseTasks(of: worker, isDeath: isDeath, at: now, into: &outbox)
            registry.remove(worker)
        }
        forgetSearch(of: peer.id, into: &outbox)
        peers.remove(peer.id)
        outbox.forget(peer.id)
    }
}
