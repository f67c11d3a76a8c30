package import Bus
import Document
package import Reactor
import Telemetry
package import Wire

/// What passes is shown to those who listen: each message with what it belongs to.
///
/// While nobody listens every verb here ends at its first line.
extension Conductor {
    package var isTapped: Bool { tap.isOn }

    /// Somebody began or ended to listen to a topic.
    package mutating func listened(
        _ topic: [UInt8], _ isOn: Bool
    ) {
        if isOn { tap.subscribe(topic) } else { tap.unsubscribe(topic) }
    }

    /// Tells listeners what should have reached them, if it is time. Everything that was noted must
    /// have been published before.
    package mutating func tally(at now: Instant) -> TapEvent? {
        guard let tally = tap.tally(name, welcome.epoch, at: now), tap.wants(TapTopic.tallies)
        else { return nil }
        var envelope = Envelope(.tally)
        envelope.sender = name
        let content = JSON.write(tally)
        let mark = TapMark(
            number: tap.number, at: surroundings.wallClock(at: now),
            length: UInt32(content.count), flags: .left)
        return TapEvent(
            topic: TapTopic.tallies, mark: mark, envelope: envelope.encoded(), content: content)
    }

    /// Notes a message that arrived, before anything comes of it.
    package mutating func noteArrival(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at moment: UInt64, into outbox: inout Outbox
    ) {
        let subject = subject(of: message, from: peer)
        arriving = message.isAsking ? subject?.scene : nil
        let from = subject?.other ?? peers.name(of: peer) ?? ""
        let filling = TapFilling(message)
        let start = outbox.writer.count
        outbox.writer.forward(message.bytes)
        filling.write(from: from, to: name, subject?.scene, &outbox.writer, since: start)
        outbox.notes.append(
            TapNote(
                place: outbox.messages.count, type: filling.type,
                envelope: start..<outbox.writer.count, content: content, hasLeft: false,
                moment: moment, subject: subject))
    }

    /// Notes the messages that leave, each behind what had arrived before it.
    package mutating func noteDepartures(at moment: UInt64, into outbox: inout Outbox) {
        let arrivals = outbox.notes
        outbox.notes = []
        outbox.notes.reserveCapacity(arrivals.count + outbox.messages.count)
        var arrived = arrivals[...]
        var latest = arrivals.first?.moment ?? moment
        for (place, message) in outbox.messages.enumerated() {
            while let next = arrived.first, next.place <= place {
                outbox.notes.append(next)
                latest = next.moment
                arrived.removeFirst()
            }
            let note = departure(of: message, at: arrived.isEmpty ? moment : latest, &outbox)
            outbox.notes.append(note)
        }
        outbox.notes += arrived
    }

    /// Hands out the topics of an event, and its mark.
    package mutating func publish(_ note: TapNote, _ body: (String, TapMark) -> Void) {
        let length = note.content.count
        var flags: TapMark.Flags = note.hasLeft ? .left : []
        if length > TapMark.most { flags.insert(.cut) }
        let isSpan = note.type == .span && note.topic != nil
        let number = isSpan ? tap.passSpan() : tap.pass()
        let mark = TapMark(
            number: number, at: note.moment, length: UInt32(clamping: length), flags: flags)
        guard let topic = note.topic else {
            return tap.forEachTopic(of: note.type, note.subject) { body($0, mark) }
        }
        if tap.wants(topic) { body(topic, mark) }
    }

    /// Notes what exists on the tap alone.
    mutating func note(
        _ type: MessageType, _ content: [UInt8], on topic: String, into outbox: inout Outbox
    ) {
        let start = outbox.writer.count
        outbox.writer.begin(type)
        outbox.writer.text(.sender, name)
        outbox.notes.append(
            TapNote(
                place: outbox.messages.count, type: type, envelope: start..<outbox.writer.count,
                content: ContentBytes(content), hasLeft: true,
                moment: surroundings.wallClock(at: present), subject: nil,
                topic: topic))
    }

    /// Notes what exists on the tap alone and belongs to a request.
    mutating func note(
        _ type: MessageType, _ content: [UInt8], about subject: TapSubject?,
        into outbox: inout Outbox
    ) {
        let start = outbox.writer.count
        outbox.writer.begin(type)
        outbox.writer.text(.sender, name)
        outbox.writer.text(.requestID, subject?.scene.request ?? "")
        outbox.notes.append(
            TapNote(
                place: outbox.messages.count, type: type, envelope: start..<outbox.writer.count,
                content: ContentBytes(content), hasLeft: true,
                moment: surroundings.wallClock(at: present), subject: subject))
    }

    // MARK: - Subjects

    /// What a message about a step belongs to.
    func subject(step: Int) -> TapSubject? {
        guard tap.isOn, steps[step].state != .detached, let scene = scene(steps[step].request)
        else { return nil }
        return TapSubject(
            scene, agent: registry.agents[steps[step].agent].name, other: holder(of: step))
    }

    /// What an answer to a request's caller belongs to.
    func subject(_ slot: Int) -> TapSubject? {
        guard tap.isOn, let scene = scene(slot) else { return nil }
        return TapSubject(scene, agent: scene.agent, other: scene.caller)
    }

    /// What a message that arrived, or is answered at once, belongs to.
    func subject(of message: borrowing EnvelopeView, from peer: PeerID) -> TapSubject? {
        guard tap.isOn else { return nil }
        let step = message.dispatch == 0 ? nil : steps.slot(token: message.dispatch)
        if message.isAsking { return asking(message, from: peer, in: step) }
        if let step, steps[step].isHeld, let subject = subject(step: step) { return subject }
        let id = message[message.isEmpty(.requestID) ? .correlationID : .requestID]
        guard !id.isEmpty, let known = peers[peer] else { return nil }
        let slot =
            requests.slot(RequestKey(scope: known.ownScope, id: id))
            ?? requests.slot(RequestKey(scope: known.tenantScope, id: id))
        if let slot { return subject(slot) }
        let scene = TapScene(
            id.bounded, agent: "", caller: known.name, traceparent: message[.traceparent])
        return TapSubject(scene, agent: "", other: known.name)
    }

    private func asking(
        _ message: borrowing EnvelopeView, from peer: PeerID, in step: Int?
    ) -> TapSubject {
        let id = message[message.isEmpty(.requestID) ? .messageID : .requestID]
        let headers = (try? message.headers()) ?? [:]
        let parent = step.flatMap { steps[$0].isHeld ? $0 : nil }
        let stages = headers["pipeline"]?.prefix { $0 != "," }
        let agent = stages ?? message[.receiver].prefix { $0 != "#" }
        let other = parent.map { holder(of: $0) } ?? peers.name(of: peer) ?? ""
        let scene = TapScene(
            id.bounded, below: parent.flatMap { root(of: $0) }, agent: String(agent),
            caller: other, session: headers["session"] ?? "", traceparent: message[.traceparent])
        return TapSubject(scene, agent: scene.agent, other: other)
    }

    /// Keeps with a new request what its messages have in common; the trace it was given is shown
    /// with the message it came by, too.
    mutating func keepScene(_ slot: Int, into outbox: inout Outbox) {
        guard tap.isOn, let scene = arriving else { return }
        if requests[slot].beganTrace {
            let trace = requests[slot].trace
            outbox.lengthenLastNote { $0.text(.traceparent, trace.description) }
        }
        requests[slot].scene = TapScene(
            scene.request, below: scene.root, agent: registry.agents[requests[slot].agent].name,
            caller: scene.caller, session: scene.session,
            traceparent: requests[slot].trace.description)
    }

    /// The request that the one of this step began with.
    private func root(of step: Int) -> String? {
        guard steps[step].state != .detached else { return nil }
        let slot = steps[step].request
        guard requests[slot].root != 0 else { return requests[slot].key.id }
        return requests.slot(token: requests[slot].root).map { requests[$0].key.id }
    }

    /// The instance that has a step, or had it last, as a caller would name it.
    private func holder(of step: Int) -> String {
        let agent = registry.agents[steps[step].agent].name
        let (worker, peer) = (steps[step].worker, steps[step].holder)
        guard registry.workers.indices.contains(worker), registry.workers[worker].peer == peer
        else { return peers.name(of: peer) ?? agent }
        return "\(agent)#\(registry.workers[worker].instance)"
    }

    /// What a request's messages have in common: as it arrived, or read from its envelope by
    /// whoever came to listen since.
    private func scene(_ slot: Int) -> TapScene? {
        if let scene = requests[slot].scene { return scene }
        guard let envelope = try? Envelope(decoding: requests[slot].envelope) else { return nil }
        let parent = envelope.dispatch == 0 ? nil : steps.slot(token: envelope.dispatch)
        let caller = parent.flatMap { steps[$0].isHeld ? holder(of: $0) : nil }
        let root = requests.slot(token: requests[slot].root).map { requests[$0].key.id }
        return TapScene(
            requests[slot].key.id, below: root,
            agent: registry.agents[requests[slot].agent].name,
            caller: caller ?? peers.name(of: requests[slot].caller.peer) ?? "",
            session: envelope.headers["session"] ?? "",
            traceparent: requests[slot].trace.description)
    }

    // MARK: - Steps

    private func departure(
        of message: Outbox.Message, at moment: UInt64, _ outbox: inout Outbox
    ) -> TapNote {
        let filling = unsafe try? TapFilling(
            EnvelopeView(outbox.writer.bytes.span.bytes.extracting(message.envelope)))
        let to = message.subject?.other ?? peers.name(of: message.peer) ?? ""
        let start = outbox.writer.count
        outbox.writer.forward(again: message.envelope)
        filling?.write(from: name, to: to, message.subject?.scene, &outbox.writer, since: start)
        return TapNote(
            place: 0, type: filling?.type, envelope: start..<outbox.writer.count,
            content: message.content, hasLeft: true, moment: moment, subject: message.subject)
    }
}

extension EnvelopeView {
    /// Whether it asks for something that gets an answer of its own.
    var isAsking: Bool {
        switch type {
        case .request, .notification, .pipeline, .broadcast: true
        default: false
        }
    }
}
