import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// The spans that handlers tell of their own work.
@Suite struct SpanTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let sampled = "00-\(trace)-00f067aa0ba902b7-01"
    private static let unsampled = "00-\(trace)-00f067aa0ba902b7-00"

    private static func task(_ agent: String, _ traceparent: String) -> AgentMessage {
        var envelope = Envelope(.task)
        envelope.receiver = "\(agent)#1"
        envelope.requestID = "r1"
        envelope.step = 2
        envelope.attempt = 3
        envelope.dispatch = 77
        envelope.delivery = .volatile
        envelope.budget = 5000
        envelope.traceparent = traceparent
        return AgentMessage(envelope, content: Array("1".utf8))
    }

    /// What the worker says while it does a task, up to its last word.
    private static func said(
        _ traceparent: String, by agent: Agent
    ) async throws -> [AgentMessage] {
        let (told, telling) = AsyncStream<[AgentMessage]>.makeStream()
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .request else { return }
            var envelope = Envelope(.response)
            envelope.correlationID = message.envelope.messageID
            bus.send(AgentMessage(envelope, content: Array("1".utf8)), "worker.1")
        } agents: {
            agent
        } _: { bus, _ in
            bus.send(task(agent.name, traceparent), "worker.1")
            while !bus.seen.contains(where: { [.result, .fail].contains($0.envelope.type) }) {
                _ = await bus.any()
            }
            telling.yield(bus.seen)
        }
        for await messages in told { return messages }
        return []
    }

    private static func spans(_ messages: [AgentMessage]) throws -> [Value] {
        try messages.filter { $0.envelope.type == .span }.map { message in
            let span = try JSON.parse(message.content)
            let context = try #require(TraceContext(traceparent: message.envelope.traceparent))
            #expect(span["trace"]?.string == context.traceID && context.traceID == trace)
            #expect(span["span"]?.string == context.spanID && context.isSampled)
            #expect(message.content.count <= TapMark.most)
            return span
        }
    }

    @Test(
        "nothing is sent of spans that nobody wants",
        arguments: [unsampled, "", "no trace", "00-\(trace)-0000000000000000-01"])
    func unwanted(_ traceparent: String) async throws {
        let said = try await Self.said(
            traceparent,
            by: Agent("work") { (number: Int, task) in
                try await task.span("chat") { number + 1 }
            })
        #expect(said.map(\.envelope.type) == [.result])
    }

    @Test("a span names its trace, its parent, its task and what its handler says of it")
    func wanted() async throws {
        let said = try await Self.said(
            Self.sampled,
            by: Agent("work") { (number: Int, task) in
                try await task.span("chat", attributes: ["model": "m1", "baton.step": 9]) {
                    number + 1
                }
            })
        #expect(said.map(\.envelope.type) == [.span, .result])
        #expect(said[0].envelope.requestID == "r1" && said[0].envelope.dispatch == 77)
        let span = try #require(try Self.spans(said).first)
        #expect(span["parent"] == "00f067aa0ba902b7" && span["name"] == "chat")
        #expect(span["status"] == "ok" && span["kind"] == "internal")
        #expect((span["start_ns"]?.integer ?? 1) <= (span["end_ns"]?.integer ?? 0))
        let attributes = span["attributes"]
        #expect(attributes?["model"] == "m1" && attributes?["gen_ai.agent.name"] == "work")
        #expect(attributes?["baton.request"] == "r1" && attributes?["baton.attempt"] == 3)
        #expect(attributes?["baton.step"] == 2)
    }

    @Test("spans and calls within a span lie below it, and beside each other")
    func nested() async throws {
        let said = try await Self.said(
            Self.sampled,
            by: Agent("work") { (number: Int, task) in
                try await task.span("outer") {
                    let first = try await task.span("inner") {
                        try await task.call("other", number, as: Int.self)
                    }
                    let second = try await task.call("other", number, as: Int.self)
                    return first + second
                } + (try await task.call("other", number, as: Int.self))
            })
        let spans = try Self.spans(said)
        #expect(spans.map { $0["name"]?.string } == ["inner", "outer"])
        let (inner, outer) = (spans[0]["span"]?.string, spans[1]["span"]?.string)
        #expect(spans[0]["parent"]?.string == outer)
        #expect(spans[1]["parent"]?.string == "00f067aa0ba902b7")
        let top = try #require(TraceContext(traceparent: Self.sampled))
        let outerContext = top.child(call: 1)
        let innerContext = outerContext.child(call: 2)
        #expect(outer == outerContext.spanID && inner == innerContext.spanID)
        let calls = said.filter { $0.envelope.type == .request }.map(\.envelope.traceparent)
        #expect(
            calls
                == [
                    innerContext.child(call: 3), outerContext.child(call: 4), top.child(call: 5),
                ].map(\.description))
        #expect(Set(calls).count == 3)
    }

    @Test("an error ends its span with its code, and goes on")
    func failed() async throws {
        let said = try await Self.said(
            Self.sampled,
            by: Agent("work") { (number: Int, task) -> Int in
                try await task.span("chat", attributes: ["model": "m1"]) {
                    throw TaskFailure(code: "no_paper", message: "the tray is empty")
                }
            })
        #expect(said.map(\.envelope.type) == [.span, .fail])
        #expect(said[1].envelope.error?.code == "no_paper")
        let span = try #require(try Self.spans(said).first)
        #expect(span["status"] == "error" && span["attributes"]?["baton.code"] == "no_paper")
        #expect(span["attributes"]?["model"] == "m1")
    }

    @Test(
        "what is too long for the tap is left out, and the span is told all the same",
        arguments: [("chat", 5000), (String(repeating: "é", count: 3000), 1)])
    func tooLong(_ name: String, _ length: Int) async throws {
        let said = try await Self.said(
            Self.sampled,
            by: Agent("work") { (number: Int, task) in
                let attributes = ["text": Value.string(String(repeating: "x", count: length))]
                return try await task.span(name, attributes: attributes) { number }
            })
        let span = try #require(try Self.spans(said).first)
        #expect(span["attributes"]?["text"] == nil)
        #expect(span["name"]?.string?.hasPrefix(name.prefix(4)) == true)
        #expect(span["attributes"]?["baton.request"] == "r1")
    }

    @Test("a number that is none does no harm")
    func noNumber() async throws {
        let said = try await Self.said(
            Self.sampled,
            by: Agent("work") { (number: Int, task) in
                try await task.span("chat", attributes: ["score": .number(.nan)]) { number }
            })
        #expect(try Self.spans(said).count == 1)
    }
}
