import Conformance
import Document
import Testing

@testable import Flow

/// The assistant router: agents one after another and all at once, and who is chosen.
@Suite struct SystemsAssistantTests {
    private func request(_ agents: [String], _ mode: String) -> Value {
        [
            "content": "Do it", "agents": .array(agents.map(Value.string)), "mode": .string(mode),
            "context": ["topic": "builds"],
        ]
    }

    private func bench(_ changing: [String: String] = [:]) throws -> SystemBench {
        try SystemBench("assistant-router", changing: changing)
    }

    /// What every agent is handed, before any other has answered.
    private let context: Value = [
        "content": "Do it", "context": ["topic": "builds"], "history": [], "user_context": [:],
    ]

    @Test("S2-04 the five steps follow each other")
    func steps() throws {
        let graph = try bench().nodesAndEdges
        #expect(
            graph.nodes == [
                "START", "validate_request", "analyze_intent", "select_agents", "sequential",
                "parallel", "aggregate_responses", "END",
            ])
        #expect(
            graph.edges.suffix(5) == [
                "select_agents -> sequential: sequential", "select_agents -> parallel: parallel",
                "sequential -> aggregate_responses", "parallel -> aggregate_responses",
                "aggregate_responses -> END",
            ])
    }

    @Test("S2-60 each agent is handed the running context, with the results of those before it")
    func running() throws {
        var bench = try bench()
        bench.agent("kb_librarian", ["text": "a guide"], after: .seconds(2))
        bench.agent("rag_agent", ["text": "a summary"], after: .seconds(3))
        bench.agent("chat_agent", ["text": "an answer"])
        let run = bench.play(request(["kb_librarian", "rag_agent", "chat_agent"], "sequential"))
        #expect(run.called == ["kb_librarian", "rag_agent", "chat_agent"])
        #expect(run.story.calls.map(\.at) == [.zero, .seconds(2), .seconds(5)])
        #expect(run.story.calls[0].payload == context)
        let start = 1_783_000_000
        let results: [Value] = [
            [
                "agent": "kb_librarian", "result": ["text": "a guide"],
                "timestamp": Value(start + 2),
            ],
            [
                "agent": "rag_agent", "result": ["text": "a summary"],
                "timestamp": Value(start + 5),
            ],
        ]
        for count in 1...2 {
            var expected = context.object ?? [:]
            expected["previous_results"] = .array(Array(results.prefix(count)))
            #expect(run.story.calls[count].payload == .object(expected))
        }
        #expect(run.output["result"] == ["text": "an answer"])
    }

    @Test(
        "S2-61 S2-63 the chain tells who succeeded and who failed, and comes with the final result")
    func chain() throws {
        var bench = try bench()
        bench.agent("kb_librarian", "a guide")
        bench.agent("rag_agent", fails: "no documents")
        bench.agent("chat_agent", "an answer")
        let run = bench.play(request(["kb_librarian", "rag_agent", "chat_agent"], "sequential"))
        #expect(
            run.output["execution_chain"] == [
                ["agent": "kb_librarian", "success": true, "result": "a guide"],
                ["agent": "rag_agent", "success": false, "error": "no documents"],
                ["agent": "chat_agent", "success": true, "result": "an answer"],
            ])
        let final = try #require(run.output["final_result"])
        #expect(final["content"] == "Do it")
        let previous = final["previous_results"]?.array ?? []
        #expect(previous.map { $0["agent"] } == ["kb_librarian", "chat_agent"])
        #expect(previous.map { $0["result"] } == ["a guide", "an answer"])
        // The one that failed left nothing for the next.
        #expect(run.calls("chat_agent").first?.payload["previous_results"]?.array?.count == 1)
    }

    @Test("S2-62 whether the next is asked after a failure is said for each agent")
    func continuing() throws {
        var bench = try bench()
        bench.agent("system_commands", fails: "permission denied")
        bench.agent("web_research", fails: "offline")
        bench.agent("chat_agent", "an answer")
        let stopped = bench.play(request(["system_commands", "chat_agent"], "sequential"))
        #expect(stopped.called == ["system_commands"])
        #expect(stopped.output["result"] == .null)
        #expect(stopped.output["agents_used"] == ["system_commands"])
        let continued = bench.play(request(["web_research", "chat_agent"], "sequential"))
        #expect(continued.called == ["web_research", "chat_agent"])
        var strict = try self.bench(["{ default: true,": "{ default: false,"])
        strict.agent("web_research", fails: "offline")
        strict.agent("chat_agent", "an answer")
        #expect(
            strict.play(request(["web_research", "chat_agent"], "sequential")).called == [
                "web_research"
            ])
    }

    @Test("S2-62 an agent that does not answer in its time has failed, and the next is asked")
    func late() throws {
        var bench = try bench()
        bench.silent("rag_agent")
        bench.agent("chat_agent", "an answer")
        let run = bench.play(request(["rag_agent", "chat_agent"], "sequential"))
        #expect(run.calls("chat_agent").map(\.at) == [.seconds(60)])
        #expect(run.output["execution_chain"]?[0]?["success"] == false)
    }

    @Test("S2-64 all agents start at once, each with a time of its own")
    func together() throws {
        var bench = try bench()
        bench.agent("kb_librarian", "a guide", after: .seconds(4))
        bench.agent("rag_agent", "a summary", after: .seconds(9))
        bench.silent("chat_agent")
        let run = bench.play(request(["kb_librarian", "rag_agent", "chat_agent"], "parallel"))
        #expect(run.story.calls.map(\.at) == [.zero, .zero, .zero])
        #expect(run.story.calls.map(\.limit) == [.seconds(60), .seconds(60), .seconds(60)])
        #expect(run.story.calls.map(\.payload) == [context, context, context])
        #expect(run.story.duration == .seconds(60))
        #expect(run.output["failed_agents"] == ["chat_agent"])
    }

    @Test("S2-65 S2-66 S2-68 results stand under their agents, and only good ones are aggregated")
    func results() throws {
        var bench = try bench()
        bench.agent("kb_librarian", ["text": "a guide"])
        bench.agent("rag_agent", fails: "no documents")
        bench.agent("chat_agent", ["text": "an answer"])
        let run = bench.play(request(["kb_librarian", "rag_agent", "chat_agent"], "parallel"))
        #expect(
            run.output["individual_results"] == [
                "kb_librarian": [
                    "success": true, "result": ["text": "a guide"], "agent": "kb_librarian",
                ],
                "rag_agent": ["success": false, "error": "no documents", "agent": "rag_agent"],
                "chat_agent": [
                    "success": true, "result": ["text": "an answer"], "agent": "chat_agent",
                ],
            ])
        #expect(run.output["failed_agents"] == ["rag_agent"])
        let joined: Value = "kb_librarian: a guide\nchat_agent: an answer"
        #expect(run.output["aggregated_result"] == joined)
        #expect(run.output["result"] == joined)
        #expect(run.output["agents_used"] == ["kb_librarian", "rag_agent", "chat_agent"])
    }

    @Test("S2-67 the success rate is that of all, and zero where none succeeds")
    func rate() throws {
        var bench = try bench()
        for name in ["kb_librarian", "rag_agent", "chat_agent"] { bench.agent(name, "fine") }
        bench.agent("web_research", fails: "offline")
        let all = ["kb_librarian", "rag_agent", "web_research", "chat_agent"]
        #expect(bench.play(request(all, "parallel")).output["success_rate"] == 0.75)
        let none = bench.play(request(["web_research"], "parallel")).output
        #expect(none["success_rate"]?.number == 0)
        #expect(none["aggregated_result"] == .null && none["failed_agents"] == ["web_research"])
        // With no agents at all it is zero as well; the router itself never asks nobody.
        var stage = try EngineStage("do: [ { ask: { call: fan-out, with: { agents: [] } } } ]")
        guard case .finished(.completed(let output))? = stage.tell(.started).last else {
            Issue.record("it is not finished")
            return
        }
        #expect(output["successRate"]?.number == 0)
    }

    @Test("E14 clear words need no model, a sure model decides where they are not clear")
    func hybrid() throws {
        var bench = try bench()
        let choice: Value = [
            "primary_agent": "rag_agent", "secondary_agents": ["chat_agent", "nobody"],
            "confidence": 0.8, "reasoning": "It is about texts",
        ]
        bench.agent("chat-model", ["content": .string(JSON.text(choice))])
        for name in ["kb_librarian", "rag_agent", "chat_agent", "system_commands"] {
            bench.agent(name, "fine")
        }
        let clear = bench.play(["content": "Run the tests"])
        #expect(clear.called == ["system_commands"])
        #expect(clear.output["routing"]?["by"] == "rules")
        let unclear = bench.play(["content": "Find and summarize it"])
        #expect(unclear.called == ["chat-model", "rag_agent", "chat_agent"])
        #expect(unclear.output["routing"]?["by"] == "model")
        #expect(unclear.output["routing"]?["confidence"] == 0.8)
    }

    @Test(
        "E14 without a sure model the rules decide, then the capabilities, then the chat agent",
        arguments: [
            ("Find and summarize it", "rules", ["kb_librarian", "rag_agent"]),
            ("Compare the reports", "capabilities", ["rag_agent"]),
            ("Delete everything", "fallback", ["chat_agent"]), ("", "fallback", ["chat_agent"]),
        ] as [(String, String, [String])])
    func unsure(content: String, by: String, agents: [String]) throws {
        for isThere in [true, false] {
            var bench = try bench()
            if isThere {
                bench.agent(
                    "chat-model",
                    ["content": ["primary_agent": "web_research", "confidence": 0.4]])
            }
            for name in agents { bench.agent(name, "fine") }
            let run = bench.play(["content": .string(content)])
            #expect(run.called.dropFirst() == agents[...], "\(run.called)")
            #expect(run.output["routing"]?["by"] == .string(by))
        }
    }

    @Test(
        "E16 what is invisible is taken out of the text, and the caller's request stays as it was")
    func sanitised() throws {
        var bench = try bench()
        bench.agent("chat_agent", "hello")
        let run = bench.play(["content": " Hello\u{0}\u{7} you\n"])
        #expect(run.calls("chat_agent").first?.payload["content"] == "Hello you")
        guard case .faulted(let error) = bench.play(["content": 5]).story.end else {
            Issue.record("a number is no content")
            return
        }
        #expect(error["status"] == 400)
    }
}
