import Bus
import Document
import Reactor
import Telemetry
import Wire

/// BROADCAST to all instances of an agent or to everybody: published once, heard at most once by
/// each, numbered so that a loss shows.
extension Conductor {
    mutating func broadcast(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        let headers = try message.headers()
        guard content.count <= WireLimits.broadcast else {
            throw Fault(
                WireCode.tooLarge,
                "a broadcast has at most \(WireLimits.broadcast) bytes, not \(content.count)")
        }
        switch headers["broadcast"] {
        case nil where headers["agents"] == nil:
            try publish(message, content, from: peer, into: &outbox)
        case nil, "acknowledged":
            try request(message, content, from: peer, at: now, into: &outbox)
        case .some(let word):
            throw Fault(
                WireCode.invalid,
                "the header broadcast is \"acknowledged\" or left out, not \"\(word.bounded)\"")
        }
    }

    // MARK: - Steps

    private mutating func publish(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        let (messageID, receiver) = (message[.messageID], message[.receiver])
        try Name.check(messageID, "message id")
        let instances = try audience(receiver)
        guard !isDraining else {
            throw Fault(
                WireCode.busy, "this orchestrator is leaving", retry: .after(.milliseconds(100)))
        }
        let most = WireLimits.envelope - Self.forwardingRoom
        guard message.bytes.byteCount <= most else {
            throw Fault(
                WireCode.header, "a broadcast's envelope is above \(most) bytes")
        }
        counters.broadcasts += 1
        let sequence = publish(
            Topic.broadcast(to: receiver), message, content, from: peer, into: &outbox)
        let answer: Value = ["instances": Value(instances), "sequence": Value(sequence)]
        let subject = subject(of: message, from: peer)
        outbox.send(to: peer, ContentBytes(JSON.write(answer)), about: subject) { writer in
            writer.begin(.response)
            writer.text(.correlationID, messageID)
            writer.text(.requestID, messageID)
            writer.text(.sender, name)
            writer.delivery(.volatile)
        }
    }

    /// How many are there to hear it. An agent that was here before may have nobody now.
    private func audience(_ receiver: String) throws(Fault) -> Int {
        if receiver == "*" {
            return registry.workers.count { !$0.agents.isEmpty && $0.isReachable }
        }
        guard let agent = registry.agent(receiver) else {
            guard !receiver.contains("#") else {
                throw Fault(
                    WireCode.invalid,
                    "a broadcast goes to an agent or to \"*\", not to one instance")
            }
            try Name.check(receiver, "receiver")
            throw unknown(receiver)
        }
        return registry.workers(of: agent).count { registry.workers[$0].isReachable }
    }

    /// The message as it came, with every field that is not its sender's to say.
    private mutating func publish(
        _ topic: String, _ message: borrowing EnvelopeView, _ content: any Content,
        from peer: PeerID, into outbox: inout Outbox
    ) -> UInt64 {
        let sequence = nextNumber(on: topic)
        let sender = peers.name(of: peer) ?? ""
        let tenant = peers.tenant(of: peer) ?? ""
        let start = message.bytes
        let trace = message.trace == nil ? dice.trace() : nil
        outbox.publish(topic, content) { writer in
            writer.forward(start)
            writer.text(.sender, sender)
            writer.text(.tenant, tenant)
            writer.text(.fence, welcome.epoch)
            writer.sequence(sequence)
            writer.delivery(.volatile)
            writer.dispatch(0)
            writer.parts(0)
            if let trace { writer.text(.traceparent, trace.description) }
        }
        return sequence
    }

    mutating func nextNumber(on topic: String) -> UInt64 {
        published[topic, default: 0] += 1
        return published[topic] ?? 0
    }
}
