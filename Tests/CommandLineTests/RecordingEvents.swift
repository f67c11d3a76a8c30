import Document
import Wire

@testable import baton

/// Makes the events that the tap of an orchestrator would have published.
struct RecordingEvents {
    private(set) var events: [RecordedEvent] = []
    var now: UInt64 = 1_790_000_000_000_000_000
    var orchestrator = "o1"
    private var number: UInt64 = 0

    init() {}

    /// A message that passed `after` milliseconds after the one before.
    @discardableResult
    mutating func add(
        _ type: MessageType, _ request: String, left: Bool = false, after: Double = 1,
        content: String = "", topic: String? = nil, length: Int? = nil,
        change: (inout Envelope) -> Void = { _ in }
    ) -> RecordedEvent {
        number += 1
        now += UInt64(after * 1_000_000)
        var envelope = Envelope(type)
        envelope.requestID = request
        change(&envelope)
        var mark = TapMark(number: number, at: now, length: UInt32(content.utf8.count))
        if left { mark.flags.insert(.left) }
        var bytes = Array(content.utf8)
        if bytes.count > 4096 {
            bytes = Array(bytes.prefix(4096))
            mark.flags.insert(.cut)
        }
        let event = TapEvent(
            topic: topic ?? "e/\(type.name)", mark: mark, envelope: envelope.encoded(),
            content: bytes)
        let recorded = RecordedEvent(orchestrator: orchestrator, event: event)
        events.append(recorded)
        return recorded
    }

    mutating func skip(_ count: UInt64 = 1) { number += count }

    mutating func remove(_ type: MessageType, _ occurrence: Int = 0) {
        var seen = 0
        events.removeAll { event in
            guard (try? Envelope(decoding: event.event.envelope))?.type == type else {
                return false
            }
            defer { seen += 1 }
            return seen == occurrence
        }
    }

    mutating func remove(at place: Int) { events.remove(at: place) }

    mutating func move(_ place: Int, to other: Int) {
        let event = events.remove(at: place)
        events.insert(event, at: min(other, events.count))
    }

    /// Every event again, under another topic.
    mutating func double() {
        events = events.flatMap { event in
            var other = event.event
            other.topic = "r/x"
            return [event, RecordedEvent(orchestrator: event.orchestrator, event: other)]
        }
    }

    mutating func rewrite(_ body: (inout TapEvent) -> Void) {
        events = events.map { recorded in
            var event = recorded.event
            body(&event)
            return RecordedEvent(orchestrator: recorded.orchestrator, event: event)
        }
    }

    mutating func begin(
        _ type: MessageType, _ id: String, _ receiver: String, content: String = "{}",
        change: (inout Envelope) -> Void = { _ in }
    ) {
        add(type, id, content: content) {
            $0.messageID = id
            $0.sender = "client.x"
            $0.receiver = receiver
            $0.delivery = .volatile
            change(&$0)
        }
    }

    mutating func task(
        _ id: String, _ instance: String, step: UInt32 = 1, attempt: UInt32 = 1,
        dispatch: UInt64 = 1, content: String = "{}", change: (inout Envelope) -> Void = { _ in }
    ) {
        add(.task, id, left: true, content: content) {
            $0.messageID = id
            $0.sender = "client.x"
            $0.receiver = instance
            $0.delivery = .volatile
            $0.step = step
            $0.attempt = attempt
            $0.dispatch = dispatch
            $0.fence = "7"
            $0.budget = 29_000
            $0.effect = .idempotent
            change(&$0)
        }
    }

    mutating func answer(
        _ type: MessageType, _ id: String, _ instance: String, step: UInt32 = 1,
        attempt: UInt32 = 1, dispatch: UInt64 = 1, content: String = "",
        change: (inout Envelope) -> Void = { _ in }
    ) {
        add(type, id, after: 5, content: content) {
            $0.sender = instance
            $0.step = step
            $0.attempt = attempt
            $0.dispatch = dispatch
            $0.fence = "7"
            change(&$0)
        }
    }

    mutating func end(
        _ type: MessageType, _ id: String, content: String = "",
        change: (inout Envelope) -> Void = { _ in }
    ) {
        add(type, id, left: true, content: content) {
            $0.correlationID = id
            $0.receiver = "client.x"
            $0.delivery = .volatile
            change(&$0)
        }
    }

    /// The bytes of a closed recording of these events.
    func recording(_ limits: RecordingIndex.Limits = .init()) -> [UInt8] {
        var bytes = open()
        var index = RecordingIndex(limits: limits)
        for (event, range) in zip(events, ranges()) {
            index.note(
                event.event, from: event.orchestrator, at: UInt64(range.lowerBound),
                end: UInt64(range.upperBound))
        }
        let start = UInt64(bytes.count)
        RecordingFormat.append(.index, index.bytes, to: &bytes)
        return bytes + RecordingFormat.trailer(indexAt: start)
    }

    /// The bytes without an index, as a killed process leaves them.
    func open() -> [UInt8] {
        events.reduce(into: RecordingFormat.magic) { bytes, event in
            RecordingFormat.append(.event, body(event), to: &bytes)
        }
    }

    /// Where each event's record stands.
    func ranges() -> [Range<Int>] {
        var start = RecordingFormat.magic.count
        return events.map { event in
            defer { start += RecordingFormat.headLength + body(event).count }
            return start..<start + RecordingFormat.headLength + body(event).count
        }
    }

    private func body(_ event: RecordedEvent) -> [UInt8] {
        var body: [UInt8] = []
        RecordingFormat.write(event.event, from: event.orchestrator, to: &body)
        return body
    }
}

extension RecordingEvents {
    /// A call of echo that was answered.
    static func call(_ id: String = "order-17") -> RecordingEvents {
        var events = RecordingEvents()
        events.call(id)
        return events
    }

    mutating func call(_ id: String, content: String = #"{"a":1}"#) {
        begin(.request, id, "echo", content: content)
        task(id, "echo#1", content: content)
        answer(.result, id, "echo#1", content: content)
        end(.response, id, content: content) { $0.sender = "echo#1" }
    }

    /// A pipeline of three agents, each of which adds one.
    static func pipeline(_ id: String = "p-1", answers: [String] = ["1", "2", "3"])
        -> RecordingEvents
    {
        var events = RecordingEvents()
        let header: (inout Envelope) -> Void = { $0.headers["pipeline"] = "a,b,c" }
        events.begin(.pipeline, id, "a", content: "0", change: header)
        var input = "0"
        for (index, answer) in answers.enumerated() {
            let instance = "\(["a", "b", "c"][index])#1"
            let step = UInt32(index + 1)
            events.task(
                id, instance, step: step, dispatch: UInt64(index + 1), content: input,
                change: header)
            events.answer(
                .result, id, instance, step: step, dispatch: UInt64(index + 1), content: answer)
            input = answer
        }
        events.end(.response, id, content: input) { $0.sender = "c#1" }
        return events
    }
}
