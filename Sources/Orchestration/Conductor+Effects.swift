import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// The ledger of side effects: a worker says what it is about to do, and is told whether that was
/// done before.
extension Conductor {
    /// EFFECT_BEGIN: may it be done?
    mutating func beginEffect(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        let asker = asker(of: message, peer)
        let call = try call(in: content)
        guard let step = held(message, by: peer), steps[step].state == .running else {
            return answerEffect(asker, "stale", into: &outbox)
        }
        guard steps[step].delivery == .durable else {
            return answerEffect(asker, "go", into: &outbox)
        }
        let effect = effect(call, of: step, asking: asker.caller.messageID)
        try inquire(.effect(asker, step: steps.token(step)), into: &outbox) {
            .beginEffect($0, effect)
        }
    }

    /// EFFECT_DONE: it was done, and this came of it.
    mutating func endEffect(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        let asker = asker(of: message, peer)
        let call = try message.headers()["call"] ?? ""
        try Self.check(call)
        guard let step = held(message, by: peer), steps[step].state == .running else {
            return answerEffect(asker, "stale", into: &outbox)
        }
        guard steps[step].delivery == .durable else {
            return answerEffect(asker, "kept", into: &outbox)
        }
        let effect = effect(call, of: step)
        try inquire(.effect(asker, step: 0), into: &outbox) {
            .endEffect($0, effect, result: content)
        }
    }

    /// The store's word on an effect.
    mutating func effectKnown(
        _ ticket: UInt64, _ verdict: EffectVerdict, into outbox: inout Outbox
    ) {
        guard case .effect(let asker, let step) = inquiries.answered(ticket) else { return }
        switch verdict {
        case .go: answerEffect(asker, step == 0 ? "kept" : "go", into: &outbox)
        case .unknown: answerEffect(asker, "unknown", into: &outbox)
        case .stale: answerEffect(asker, "stale", into: &outbox)
        case .skip(let result): answerEffect(asker, "skip", result, into: &outbox)
        }
    }

    func answerEffect(
        _ asker: Inquiries.Asker, _ verdict: StaticString, _ result: (any Content)? = nil,
        into outbox: inout Outbox
    ) {
        var bytes = Array("{\"verdict\":\"\(verdict)\"".utf8)
        if let result, result.count > 0 {
            bytes += Array(",\"result\":".utf8) + result.array
        }
        bytes.append(UInt8(ascii: "}"))
        outbox.send(to: asker.caller.peer, ContentBytes(bytes)) { writer in
            writer.begin(.effect)
            writer.text(.correlationID, asker.caller.messageID)
            writer.text(.requestID, asker.requestID)
        }
    }

    // MARK: - Steps

    private func asker(
        of message: borrowing EnvelopeView, _ peer: PeerID
    ) -> Inquiries.Asker {
        Inquiries.Asker(
            caller: Caller(peer: peer, messageID: message[.messageID].bounded),
            requestID: message[.requestID].bounded)
    }

    private func effect(
        _ call: String, of step: Int, asking: String = ""
    ) -> StateCommand.Effect {
        StateCommand.Effect(
            key: requests[steps[step].request].record, step: Int(steps[step].ordinal), call: call,
            isUnsafe: steps[step].effect == .unsafe, asking: asking)
    }

    private func call(in content: any Content) throws(Fault) -> String {
        let body: Value
        do throws(Fault) {
            body = try JSON.parse(content.array)
        } catch {
            throw Fault(WireCode.invalid, "EFFECT_BEGIN: \(error)")
        }
        let call = body["call"]?.string ?? ""
        try Self.check(call)
        return call
    }

    private static func check(_ call: String) throws(Fault) {
        try Name.check(call, "the name of an effect (\"call\")")
    }
}
