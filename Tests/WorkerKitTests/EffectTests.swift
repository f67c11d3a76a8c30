import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// A handler's side effects: asked about before, told of afterwards, repeated under one id.
@Suite struct EffectTests {
    private static func task(
        _ delivery: Delivery = .durable, budget: UInt64 = 20_000
    ) -> AgentMessage {
        var envelope = Envelope(.task)
        envelope.receiver = "pay#1"
        envelope.requestID = "r1"
        envelope.step = 2
        envelope.attempt = 3
        envelope.fence = "9"
        envelope.dispatch = 77
        envelope.delivery = delivery
        envelope.budget = budget
        return AgentMessage(envelope, content: Array("5".utf8))
    }

    private static let pay = Agent("pay", effect: .idempotent) { (sum: Int, task) in
        try await task.effect("charge") { key in "\(key) paid \(sum)" }
    }

    private static func answer(
        _ bus: ScriptedBus, _ message: AgentMessage, _ verdict: Value
    ) {
        var envelope = Envelope(.effect)
        envelope.correlationID = message.envelope.messageID
        bus.send(AgentMessage(envelope, content: JSON.write(verdict)), "worker.1")
    }

    @Test("an effect is asked about, had under its key, told of, and only then answered for")
    func goes() async throws {
        try await ScriptedBus.run { bus, message in
            switch message.envelope.type {
            case .effectBegin: Self.answer(bus, message, ["verdict": "go"])
            case .effectDone: Self.answer(bus, message, ["verdict": "kept"])
            default: break
            }
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            let result = try #require(await bus.next(.result))
            #expect(result.content == Array(#""r1/2/charge paid 5""#.utf8))
            #expect(
                bus.seen.map(\.envelope.type) == [.accept, .effectBegin, .effectDone, .result])
            let (begin, done) = (bus.seen[1], bus.seen[2])
            #expect(begin.content == Array(#"{"call":"charge"}"#.utf8))
            #expect(done.content == result.content)
            #expect(done.envelope.headers == ["call": "charge"])
            #expect(begin.envelope.messageID != done.envelope.messageID)
            for word in [begin.envelope, done.envelope] {
                #expect(word.requestID == "r1" && word.step == 2 && word.attempt == 3)
                #expect(word.fence == "9" && word.dispatch == 77 && !word.messageID.isEmpty)
            }
        }
    }

    @Test("G4 an effect that happened before is not had again: its result comes from the ledger")
    func skips() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .effectBegin else { return }
            Self.answer(bus, message, ["verdict": "skip", "result": "paid before"])
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            #expect(await bus.next(.result)?.content == Array(#""paid before""#.utf8))
            #expect(!bus.seen.contains { $0.envelope.type == .effectDone })
        }
    }

    @Test(
        "an effect that must not be had fails the task in the ledger's word",
        arguments: [
            ("unknown", "uncertain", false), ("stale", "stale", true), ("kept", "internal", false),
        ])
    func refused(verdict: String, code: String, isRetryable: Bool) async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .effectBegin else { return }
            Self.answer(bus, message, ["verdict": .string(verdict)])
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            let error = try #require(await bus.next(.fail)?.envelope.error)
            #expect(error.code == code && error.retryable == isRetryable)
            #expect(!bus.seen.contains { $0.envelope.type == .effectDone })
        }
    }

    @Test("a volatile task has no ledger: its effects are just had")
    func volatile() async throws {
        try await ScriptedBus.run { _, _ in
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(.volatile), "worker.1")
            #expect(await bus.any()?.envelope.type == .result)
        }
    }

    @Test("a wait for the ledger ends with the task")
    func cancelled() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .effectBegin else { return }
            var cancel = Envelope(.cancel)
            cancel.dispatch = message.envelope.dispatch
            bus.send(AgentMessage(cancel), "worker.1")
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            #expect(await bus.next(.fail)?.envelope.error?.code == "cancelled")
        }
    }

    @Test("an orchestrator that cannot say just now is asked again under the same id")
    func asksAgain() async throws {
        try await ScriptedBus.run { bus, message in
            let before = bus.seen.count { $0.envelope.type == message.envelope.type }
            switch message.envelope.type {
            case .effectBegin,
                .effectDone where before == 1:
                guard before == 1 else {
                    return Self.answer(bus, message, ["verdict": "go"])
                }
                var error = Envelope(.error)
                error.correlationID = message.envelope.messageID
                error.error = WireError(
                    code: "unavailable", message: "no store", retryable: true, retryAfter: 1)
                bus.send(AgentMessage(error), "worker.1")
            case .effectDone: Self.answer(bus, message, ["verdict": "kept"])
            default: break
            }
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            _ = try #require(await bus.next(.result))
            let begins = bus.seen.filter { $0.envelope.type == .effectBegin }
            let ends = bus.seen.filter { $0.envelope.type == .effectDone }
            #expect(begins.count == 2 && ends.count == 2)
            #expect(Set(begins.map(\.envelope.messageID)).count == 1)
            #expect(Set(ends.map(\.envelope.messageID)).count == 1)
        }
    }

    @Test("a word whose connection was lost is said again over the next one")
    func reconnects() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .effectBegin,
                bus.seen.count(where: { $0.envelope.type == .effectBegin }) > 1
            else { return }
            Self.answer(bus, message, ["verdict": "skip", "result": "before"])
        } agents: {
            Self.pay
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            let first = try #require(await bus.next(.effectBegin))
            try bus.restart()
            let second = try #require(await bus.next(.effectBegin))
            #expect(first.envelope == second.envelope)
            #expect(await bus.next(.result)?.content == Array(#""before""#.utf8))
        }
    }

    @Test("two effects of one name in a task are refused: the second would be taken for the first")
    func twice() async throws {
        try await ScriptedBus.run { _, _ in
        } agents: {
            Agent("pay") { (sum: Int, task) -> Int in
                try await task.effect("charge") { _ in }
                return try await task.effect("charge") { _ in sum }
            }
        } _: { bus, _ in
            bus.send(Self.task(.volatile), "worker.1")
            #expect(await bus.next(.fail)?.envelope.error?.code == "invalid")
        }
    }

    @Test("an effect that failed may be tried again by its handler")
    func triedAgain() async throws {
        try await ScriptedBus.run { bus, message in
            switch message.envelope.type {
            case .effectBegin: Self.answer(bus, message, ["verdict": "go"])
            case .effectDone: Self.answer(bus, message, ["verdict": "kept"])
            default: break
            }
        } agents: {
            Agent("pay") { (sum: Int, task) -> Int in
                try? await task.effect("charge") { _ in throw TaskFailure(message: "declined") }
                return try await task.effect("charge") { _ in sum }
            }
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            #expect(await bus.next(.result)?.content == Array("5".utf8))
            #expect(bus.seen.count { $0.envelope.type == .effectBegin } == 2)
            #expect(bus.seen.count { $0.envelope.type == .effectDone } == 1)
        }
    }

    @Test("an effect with a result that is too large says that it happened")
    func tooLarge() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .effectBegin else { return }
            Self.answer(bus, message, ["verdict": "go"])
        } agents: {
            Agent("pay") { (_: Int, task) in
                try await task.effect("charge") { _ in String(repeating: "x", count: 50_000) }
            }
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            let error = try #require(await bus.next(.fail)?.envelope.error)
            #expect(error.code == "too_large" && error.message.contains("happened"))
        }
    }
}
