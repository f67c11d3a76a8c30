import Document
import Telemetry
import Wire

@testable import baton

/// Events as the tap of an orchestrator would publish them, written in one line each.
struct TapStage {
    static let start: UInt64 = 1_790_000_000_000_000_000

    var orchestrator = "o1"
    private var number: UInt64 = 0
    private var now = TapStage.start

    init(_ orchestrator: String = "o1") { self.orchestrator = orchestrator }

    /// A message that passed `after` milliseconds after the one before it.
    mutating func event(
        _ type: MessageType, _ request: String = "", from sender: String = "",
        to receiver: String = "", out: Bool = false, after: UInt64 = 1, content: String = "",
        topic: String? = nil, cut: Bool = false, change: (inout Envelope) -> Void = { _ in }
    ) -> TapEvent {
        number += 1
        now += after * 1_000_000
        var envelope = Envelope(type)
        envelope.requestID = request
        envelope.sender = sender
        envelope.receiver = receiver
        change(&envelope)
        var mark = TapMark(
            number: number, at: now, length: UInt32(content.utf8.count + (cut ? 5000 : 0)))
        if out { mark.flags.insert(.left) }
        if cut { mark.flags.insert(.cut) }
        return TapEvent(
            topic: topic ?? TapTopic.type(type), mark: mark, envelope: envelope.encoded(),
            content: Array(content.utf8))
    }

    mutating func message(
        _ type: MessageType, _ request: String = "", from sender: String = "",
        to receiver: String = "", out: Bool = false, after: UInt64 = 1, content: String = "",
        topic: String? = nil, cut: Bool = false, change: (inout Envelope) -> Void = { _ in }
    ) throws -> TapMessage {
        let event = event(
            type, request, from: sender, to: receiver, out: out, after: after, content: content,
            topic: topic, cut: cut, change: change)
        guard let message = TapMessage(event, from: orchestrator) else {
            throw Fault(Exit.software, "the event cannot be read")
        }
        return message
    }

    // MARK: - What passes for a call

    mutating func call(_ id: String, of agent: String = "echo", content: String = "1") throws
        -> TapMessage
    {
        try message(.request, id, from: "client.x", to: agent, content: content) {
            $0.messageID = id
        }
    }

    mutating func task(
        _ id: String, to instance: String = "echo#1", attempt: UInt32 = 1, dispatch: UInt64 = 7
    ) throws -> TapMessage {
        try message(.task, id, from: "client.x", to: instance, out: true, content: "1") {
            $0.step = 1
            $0.attempt = attempt
            $0.dispatch = dispatch
        }
    }

    /// An attempt of 12 ms that has ended.
    mutating func span(_ id: String, of instance: String, code: String? = nil) throws
        -> TapMessage
    {
        var attributes: ObjectValue = [
            "gen_ai.agent.name": .string(String(instance.prefix { $0 != "#" })),
            "baton.request": .string(id), "baton.instance": .string(instance),
            "baton.outcome": "answered",
        ]
        if let code { attributes["baton.code"] = .string(code) }
        let span: Value = [
            "span": "1f", "name": .string("attempt \(instance)"), "start_ns": 1_000_000,
            "end_ns": 13_000_000, "status": code == nil ? "ok" : "error",
            "attributes": .object(attributes),
        ]
        return try message(
            .span, from: orchestrator, out: true, content: JSON.text(span), topic: "t/4bf9")
    }

    mutating func result(_ id: String, from instance: String = "echo#1") throws -> TapMessage {
        try message(.result, id, from: instance, to: orchestrator, content: "2")
    }

    mutating func response(_ id: String, to client: String = "client.x") throws -> TapMessage {
        try message(.response, id, from: "echo#1", to: client, out: true, content: "2")
    }

    mutating func failure(
        _ type: MessageType, _ id: String, from: String = "echo#1", to: String = "o1",
        out: Bool = false, code: String = "failed", retryable: Bool = true, attempt: UInt32 = 1
    ) throws -> TapMessage {
        try message(type, id, from: from, to: to, out: out) {
            $0.error = WireError(
                code: code, message: "no such file", retryable: retryable, retryAfter: 0)
            $0.attempt = attempt
        }
    }

    /// A call that is answered.
    mutating func answered(_ id: String) throws -> [TapMessage] {
        [try call(id), try task(id), try result(id), try response(id)]
    }
}
