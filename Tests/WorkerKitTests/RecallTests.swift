import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What a client asked for goes on at another orchestrator when its own is lost.
@Suite struct RecallTests {
    // SAFETY: the test's thread runs the loop, which is the only one to write here.
    private final class Notes: @unchecked Sendable {
        var answers: [Result<CallAnswer, Fault>] = []
        var events: [Int] = []
        var ends: [Result<Void, any Error>] = []
    }

    private static func call(_ bus: PlayedBus, _ delivery: Delivery = .durable) -> Notes {
        let notes = Notes()
        bus.onLoop { session in
            var request = CallRequest(agent: "cost", content: RawContent("1"))
            request.delivery = delivery
            session.start(request) { notes.answers.append($0) }
        }
        return notes
    }

    private static func requests(_ bus: PlayedBus, _ name: String) -> [AgentMessage] {
        bus.heard(name).filter { $0.envelope.type == .request }
    }

    private static func answer(
        _ bus: PlayedBus, _ name: String, _ message: AgentMessage, _ type: MessageType,
        _ error: WireError? = nil
    ) {
        var envelope = Envelope(type)
        envelope.correlationID = message.envelope.messageID
        envelope.error = error
        bus.say(name, envelope, type == .response ? Array("2".utf8) : [])
    }

    @Test("F41 a durable call is said again wherever somebody is, however often it is turned away")
    func durable() throws {
        let bus = try PlayedBus(["dead", "a", "b"])
        defer { bus.end() }
        try bus.connect("a")
        let notes = Self.call(bus)
        let first = try #require(Self.requests(bus, "a").first)
        bus.cut("a")
        try bus.connect("b")
        let again = try #require(Self.requests(bus, "b").first)
        #expect(first == again && !first.envelope.requestID.isEmpty)
        for (code, delay) in [
            ("unavailable", 6000), ("busy", 500), ("unavailable", 0), ("hello", 0),
        ] {
            let error = WireError(
                code: code, message: "not now", retryable: true, retryAfter: UInt64(delay))
            Self.answer(bus, "b", again, .error, error)
            if code == "hello" { try bus.connect("b") }
            bus.pass(.milliseconds(Int64(delay)), alive: ["b"])
            let early = Self.requests(bus, "b").count
            bus.pass(.milliseconds(200), alive: ["b"])
            #expect(early + Self.requests(bus, "b").count == 1, "\(code) after \(delay) ms")
        }
        #expect(notes.answers.isEmpty)
        Self.answer(bus, "b", again, .response)
        #expect(try notes.answers.first?.get().content.text == "2")
    }

    @Test("F41 a volatile call is lost with its connection, at once")
    func volatile() throws {
        let bus = try PlayedBus(["a", "b"])
        defer { bus.end() }
        for name in ["a", "b"] { try bus.connect(name) }
        let notes = Self.call(bus, .volatile)
        for name in ["a", "b"] where !Self.requests(bus, name).isEmpty { bus.cut(name) }
        guard case .failure(let fault)? = notes.answers.first else {
            Issue.record("it goes on")
            return
        }
        #expect(fault.has(WireCode.lost) && fault.retry == .now)
    }

    @Test("an orchestrator that no longer has a call does not end it, but tells what came of it")
    func late() throws {
        let bus = try PlayedBus(["a", "b"])
        defer { bus.end() }
        try bus.connect("a")
        let notes = Self.call(bus)
        let first = try #require(Self.requests(bus, "a").first)
        bus.cut("a")
        try bus.connect("b")
        try bus.connect("a")
        let passing = WireError(code: "unavailable", message: "no store", retryable: true)
        Self.answer(bus, "a", first, .error, passing)
        bus.pass(.seconds(1), alive: ["a", "b"])
        #expect(notes.answers.isEmpty && Self.requests(bus, "b").count == 1)
        Self.answer(bus, "a", first, .error, WireError(code: "failed", message: "no paper"))
        #expect(notes.answers.count == 1)
    }

    @Test("F41 a watch goes on at another orchestrator from the first event that is missing")
    func watch() throws {
        let bus = try PlayedBus(["a", "b"])
        defer { bus.end() }
        try bus.connect("a")
        let notes = Notes()
        bus.onLoop { session in
            _ = session.watch("r1", from: 1) {
                notes.events.append($0.number)
                return true
            } onEnd: {
                notes.ends.append($0)
            }
        }
        let first = try #require(bus.heard("a").first)
        func tell(_ name: String, _ numbers: [Int]) {
            for number in numbers {
                var event = Envelope(.event)
                event.correlationID = first.envelope.messageID
                let kind = number == 4 ? "succeeded" : "accepted"
                bus.say(
                    name, event,
                    Array(#"{"number": \#(number), "kind": "\#(kind)"}"#.utf8))
            }
        }
        tell("a", [1, 2])
        try bus.connect("b")
        bus.cut("a")
        let second = try #require(bus.heard("b").first)
        #expect(second.envelope.sequence == 3)
        #expect(second.envelope.messageID == first.envelope.messageID)
        tell("b", [2, 3])
        let lost = WireError(code: "hello", message: "say HELLO", retryable: false)
        Self.answer(bus, "b", second, .error, lost)
        try bus.connect("b")
        bus.pass(.seconds(1), alive: ["b"])
        #expect(bus.heard("b").map(\.envelope.sequence) == [4] && notes.ends.isEmpty)
        tell("b", [3, 4])
        #expect(notes.events == [1, 2, 3, 4] && notes.ends.count == 1)
    }
}
