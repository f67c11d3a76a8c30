import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What a handler asks of others is part of its task.
@Suite struct NestedCallTests {
    private static func task(_ agent: String, _ change: (inout Envelope) -> Void = { _ in })
        -> AgentMessage
    {
        var envelope = Envelope(.task)
        envelope.receiver = "\(agent)#1"
        envelope.requestID = "r1"
        envelope.step = 1
        envelope.attempt = 1
        envelope.dispatch = 77
        envelope.delivery = .volatile
        envelope.budget = 5000
        change(&envelope)
        return AgentMessage(envelope, content: Array("1".utf8))
    }

    /// Answers what the worker asks for.
    private static func answer(
        _ bus: ScriptedBus, _ message: AgentMessage, _ type: MessageType, _ content: Value = .null
    ) {
        var envelope = Envelope(type)
        envelope.correlationID = message.envelope.messageID
        envelope.requestID = message.envelope.requestID
        bus.send(AgentMessage(envelope, content: JSON.write(content)), "worker.1")
    }

    @Test("a call from a task is one deeper, names the task, and has a span of its own")
    func adopted() async throws {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .request else { return }
            Self.answer(bus, message, .response, 41)
        } agents: {
            Agent("outer") { (number: Int, task) in
                try await task.call("inner", number, as: Int.self, timeout: .seconds(60)) + 1
            }
        } _: { bus, _ in
            bus.send(
                Self.task("outer") {
                    $0.depth = 2
                    $0.priority = 7
                    $0.traceparent = parent
                    $0.tracestate = "a=b"
                }, "worker.1")
            let asked = try #require(await bus.next(.request)).envelope
            #expect(asked.depth == 3)
            #expect(asked.priority == 7)
            #expect(asked.dispatch == 77)
            #expect(asked.delivery == .volatile)
            #expect(asked.budget <= 5000)
            #expect(asked.tracestate == "a=b")
            let span = try #require(TraceContext(traceparent: asked.traceparent))
            let above = try #require(TraceContext(traceparent: parent))
            #expect(span.traceID == above.traceID)
            #expect(span.span != above.span)
            let result = try #require(await bus.next(.result))
            #expect(result.content == Array("42".utf8))
        }
    }

    @Test("a call from a task goes where the task came from")
    func ownLink() async throws {
        try await ScriptedBus.runTwo { bus, message in
            guard message.envelope.type == .request else { return }
            Self.answer(bus, message, .response, 1)
        } agents: {
            Agent("outer") { (number: Int, task) in
                let first = try await task.call("inner", number, as: Int.self)
                return first + (try await task.call("inner", number, as: Int.self))
            }
        } _: { first, second in
            for bus in [first, second] {
                bus.send(Self.task("outer"), "worker.1")
                #expect(await bus.next(.request)?.envelope.dispatch == 77)
                #expect(await bus.next(.request)?.envelope.dispatch == 77)
                #expect(await bus.next(.result)?.content == Array("2".utf8))
            }
        }
    }

    @Test("a call from a task whose orchestrator is gone goes to another and names no task there")
    func otherLink() async throws {
        let (gates, gate) = AsyncStream<Void>.makeStream()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        try await ScriptedBus.runTwo { bus, message in
            guard message.envelope.type == .request else { return }
            Self.answer(bus, message, .response, 1)
        } agents: {
            Agent("outer") { (number: Int, task) in
                begin.yield()
                for await _ in gates { break }
                return try await task.call("inner", number, as: Int.self)
            }
        } _: { first, second in
            second.send(Self.task("outer"), "worker.1")
            for await _ in begun { break }
            second.close()
            while await first.worker?.connections != 1 { await Task.yield() }
            gate.yield()
            let moved = try #require(await first.next(.request)).envelope
            #expect(moved.dispatch == 0)
            #expect(moved.depth == 1)
        }
    }

    @Test("S5-39 S5-41 handlers notify, pass on and fan out; a notification is durable")
    func verbs() async throws {
        try await ScriptedBus.run { bus, message in
            switch message.envelope.type {
            case .notification: Self.answer(bus, message, .accepted)
            case .pipeline: Self.answer(bus, message, .response, 1)
            case .broadcast: Self.answer(bus, message, .response, GatheringTests.threeOfFour)
            default: break
            }
        } agents: {
            Agent("outer") { (_: Int, task) -> Double in
                try await task.notify("log", "began", id: "note-1")
                _ = try await task.pipeline(["a", "b"], 1, as: Int.self)
                return try await task.fanOut(to: ["cost", "risk"], 1).successRate
            }
        } _: { bus, _ in
            bus.send(Self.task("outer"), "worker.1")
            let result = try #require(await bus.next(.result))
            #expect(result.content == Array("0.75".utf8))
            let asked = bus.seen.dropLast().map(\.envelope)
            #expect(asked.map(\.type) == [.notification, .pipeline, .broadcast])
            #expect(asked.map(\.delivery) == [.durable, .volatile, .volatile])
            #expect(asked.map(\.depth) == [1, 1, 1])
            #expect(asked[0].requestID == "note-1")
            #expect(asked[0].budget == 900_000)
            #expect(asked[2].budget < 5000)
        }
    }

    @Test("what a task asked for is cancelled with it, also where its handler does not wait")
    func cancelled() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .request else { return }
            var cancel = Self.task("outer").envelope
            cancel.type = .cancel
            bus.send(AgentMessage(cancel), "worker.1")
        } agents: {
            Agent(raw: "outer") { content, task in
                let inner = Task { try await task.call("inner", RawContent([])) }
                return try await inner.value
            }
        } _: { bus, _ in
            bus.send(Self.task("outer"), "worker.1")
            let asked = try #require(await bus.next(.request))
            let cancel = try #require(await bus.next(.cancel))
            #expect(cancel.envelope.requestID == asked.envelope.messageID)
            #expect(await bus.next(.fail)?.envelope.error?.code == "cancelled")
        }
    }

    @Test("one task makes so many calls and no more")
    func budget() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .pipeline else { return }
            Self.answer(bus, message, .response, 1)
        } agents: {
            Agent(raw: "outer") { content, task in
                let stages = Array(repeating: "inner", count: 25)
                for _ in 0..<40 { _ = try await task.pipeline(stages, content) }
                return try await task.call("inner", content)
            }
        } _: { bus, _ in
            bus.send(Self.task("outer"), "worker.1")
            let error = try #require(await bus.next(.fail)?.envelope.error)
            #expect(error.code == "budget")
            #expect(bus.seen.count == 41)
        }
    }

    @Test("a failed call keeps its code and its hint on the way up")
    func failure() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .request else { return }
            var envelope = Envelope(.error)
            envelope.correlationID = message.envelope.messageID
            envelope.error = WireError(
                code: "circuit_open", message: "left alone", retryable: true, retryAfter: 900)
            bus.send(AgentMessage(envelope), "worker.1")
        } agents: {
            Agent(raw: "outer") { content, task in try await task.call("inner", content) }
        } _: { bus, _ in
            bus.send(Self.task("outer"), "worker.1")
            let error = try #require(await bus.next(.fail)?.envelope.error)
            #expect(
                error
                    == WireError(
                        code: "circuit_open", message: "left alone", retryable: true,
                        retryAfter: 900))
        }
    }
}
