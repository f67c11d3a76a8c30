import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// WATCH: every event of a request from a number on, in order and without a gap, until it ends.
extension Conductor {
    mutating func follow(
        _ message: borrowing EnvelopeView, from peer: PeerID, into outbox: inout Outbox
    ) throws(Fault) {
        let id = message[.requestID]
        try Name.check(id, "request id")
        let asker = Inquiries.Asker(
            caller: Caller(peer: peer, messageID: message[.messageID]), requestID: id)
        guard followers.count < limits.followers else {
            throw Fault(
                WireCode.busy, "\(limits.followers) follow requests already",
                retry: .after(.seconds(1)))
        }
        // Whoever asks again, after a loss or a gap, follows from there.
        followers.remove(of: asker.caller)
        let key = RecordKey(tenant: peers.tenant(of: peer) ?? "", id: id)
        addFollower(
            Follower(asker: asker, key: key, goal: .events, from: message.sequence),
            into: &outbox)
    }

    mutating func addFollower(_ follower: Follower, into outbox: inout Outbox) {
        askFor(followers.add(follower), into: &outbox)
    }

    /// Something was kept of a request: whoever follows it is told.
    mutating func tellFollowers(of key: RecordKey, into outbox: inout Outbox) {
        guard !followers.isEmpty else { return }
        for number in followers.numbers(of: key) { askFor(number, into: &outbox) }
    }

    /// What happens elsewhere is found by looking now and then.
    mutating func lookAfterFollowers(at now: Instant, into outbox: inout Outbox) {
        guard !followers.isEmpty else { return }
        for number in followers.numbers {
            guard let follower = followers[number] else { continue }
            guard isHere(follower) else {
                followers.remove(number)
                continue
            }
            if !follower.isAsking, now - follower.asked >= delays.followers {
                askFor(number, into: &outbox)
            }
        }
    }

    /// What the store has for a follower.
    mutating func follow(
        _ number: Int, _ request: StoredRequest?, into outbox: inout Outbox
    ) {
        guard var follower = followers[number] else { return }
        guard let request else {
            let fault = Fault(
                WireCode.notFound,
                "no such request is known; what has ended is kept for a while only")
            return disappoint(number, follower, fault, into: &outbox)
        }
        follower.isAsking = false
        let isOver: Bool
        switch follower.goal {
        case .result: isOver = tellResult(follower, request, into: &outbox)
        case .events: isOver = tellEvents(&follower, request, into: &outbox)
        case .parent(let parent):
            isOver = request.outcome != nil
            if let outcome = request.outcome {
                followers.remove(number)
                return subordinateEnded(parent, outcome, into: &outbox)
            }
        }
        // Beyond what one look brings there may be more.
        if !isOver, request.state.isTerminal { follower.isBehind = true }
        guard !isOver else { return followers.remove(number) }
        followers[number] = follower
        if follower.isBehind { askFor(number, into: &outbox) }
    }

    // MARK: - Steps

    private func isHere(_ follower: Follower) -> Bool {
        if case .parent(let parent) = follower.goal { return flows[parent.token] != nil }
        return peers.contains(follower.asker.caller.peer)
    }

    /// Nothing will come any more.
    mutating func disappoint(
        _ number: Int, _ follower: Follower, _ fault: Fault, into outbox: inout Outbox
    ) {
        followers.remove(number)
        if case .parent(let parent) = follower.goal {
            return subordinateEnded(parent, .failure(WireError(fault)), into: &outbox)
        }
        complain(fault, to: follower.asker, into: &outbox)
    }

    mutating func askFor(_ number: Int, into outbox: inout Outbox) {
        guard var follower = followers[number] else { return }
        follower.isBehind = follower.isAsking
        defer { followers[number] = follower }
        guard !follower.isAsking, !inquiries.isFull else { return }
        follower.isAsking = true
        follower.asked = present
        let ticket = inquiries.ask(.following(number))
        outbox.ask(.read(ticket, follower.key, from: follower.next))
    }

    private func tellResult(
        _ follower: Follower, _ request: StoredRequest, into outbox: inout Outbox
    ) -> Bool {
        if let outcome = request.outcome {
            tell(
                outcome, request.id, to: follower.asker.caller, isDurable: storeIsDurable,
                into: &outbox)
            return true
        }
        guard request.state == .uncertain else { return false }
        complain(request.openness, to: follower.asker, into: &outbox)
        return true
    }

    private func tellEvents(
        _ follower: inout Follower, _ request: StoredRequest, into outbox: inout Outbox
    ) -> Bool {
        if request.state.isTerminal, request.events.isEmpty {
            let fault = Fault(
                WireCode.gone, "the request has ended, and has no event \(follower.next)")
            complain(fault, to: follower.asker, into: &outbox)
            return true
        }
        for event in request.events where event.number >= follower.next {
            follower.next = event.number + 1
            let caller = follower.asker.caller
            outbox.send(to: caller.peer, ContentBytes(JSON.write(event.value))) { writer in
                writer.begin(.event)
                writer.text(.correlationID, caller.messageID)
                writer.text(.requestID, request.id)
                writer.sequence(event.number)
            }
        }
        return request.state.isTerminal
            && request.events.last?.kind == request.state.word
    }
}
