import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What a handler knows of the session of its task.
@Suite struct TaskSessionTests {
    private static func task(_ session: String? = "chat") -> AgentMessage {
        var envelope = Envelope(.task)
        envelope.receiver = "memo#1"
        envelope.requestID = "r1"
        envelope.step = 1
        envelope.attempt = 1
        envelope.dispatch = 77
        envelope.delivery = .volatile
        envelope.budget = 5000
        if let session { envelope.headers["session"] = session }
        return AgentMessage(envelope, content: Array("1".utf8))
    }

    private static func answer(_ bus: ScriptedBus, _ message: AgentMessage, _ content: Value) {
        var envelope = Envelope(.response)
        envelope.correlationID = message.envelope.messageID
        envelope.requestID = message.envelope.requestID
        bus.send(AgentMessage(envelope, content: JSON.write(content)), "worker.1")
    }

    private static let session: Value = [
        "session": "chat",
        "conversation": [
            ["request": "a", "state": "succeeded", "query": "one", "answer": 1],
            [
                "request": "b", "state": "failed", "code": "late", "query": "two…",
                "query_bytes": 9000, "answer": nil,
            ],
        ],
        "values": ["count": 41],
    ]

    @Test("S2-47 a handler asks its orchestrator for the conversation, and remembers what it likes")
    func asks() async throws {
        try await ScriptedBus.run { bus, message in
            guard message.envelope.type == .request else { return }
            Self.answer(bus, message, Self.session)
        } agents: {
            Agent("memo") { (_: Int, task) -> [String] in
                let said = try await task.conversation()
                let count = try await task.recall("count", as: Int.self) ?? 0
                try await task.remember("count", count + 1)
                #expect(try await task.recall("nothing", as: Int.self) == nil)
                try await task.forget("count")
                #expect(said.map(\.isWhole) == [true, false])
                #expect(said.map(\.succeeded) == [true, false] && said[1].code == "late")
                return [task.sessionID ?? ""] + said.map(\.requestID)
            }
        } _: { bus, _ in
            bus.send(Self.task(), "worker.1")
            let result = try #require(await bus.next(.result))
            #expect(result.content == Array(#"["chat","a","b"]"#.utf8))
            let asked = bus.seen.filter { $0.envelope.type == .request }
            #expect(asked.allSatisfy { $0.envelope.receiver == "baton" })
            #expect(asked.allSatisfy { $0.envelope.dispatch == 77 })
            #expect(asked.allSatisfy { $0.envelope.delivery == .volatile })
            let bodies = try asked.map { try JSON.parse($0.content) }
            #expect(bodies.allSatisfy { $0["id"] == "chat" })
            let kept = bodies.filter { $0["question"] == "remember" }
            #expect(kept.map { $0["value"] } == [42, .null] && kept[0]["key"] == "count")
        }
    }

    @Test("without a session there is nothing to know, and nowhere to remember it")
    func none() async throws {
        try await ScriptedBus.run { _, message in
            #expect(message.envelope.type != .request)
        } agents: {
            Agent("memo") { (_: Int, task) -> Bool in
                #expect(task.sessionID == nil)
                let said = try await task.conversation()
                let known = try await task.recall("k", as: Int.self)
                #expect(said.isEmpty && known == nil)
                await #expect(throws: Fault.self) { try await task.remember("k", 1) }
                return true
            }
        } _: { bus, _ in
            bus.send(Self.task(nil), "worker.1")
            let result = try #require(await bus.next(.result))
            #expect(result.content == Array("true".utf8))
        }
    }

    @Test("S5-26 a call names its session as a header; what is no name is refused at once")
    func options() throws {
        let request = CallRequest(agent: "memo", content: RawContent([]))
        let named = try CallOptions.session("chat-7").applied(to: request)
        #expect(named.headers == ["session": "chat-7"])
        #expect(throws: Fault.self) { try CallOptions.session("a b").applied(to: request) }
    }
}
