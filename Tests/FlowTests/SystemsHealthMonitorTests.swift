import Conformance
import Document
import Testing

@testable import Flow

/// The health monitor: which way a question takes, and what one domain means to the others.
@Suite struct SystemsHealthMonitorTests {
    private func bench(
        _ domains: [String], changing: [String: String] = [:]
    ) throws -> SystemBench {
        var bench = try SystemBench("health-monitor", changing: changing)
        bench.agent(
            "chat-model", SystemsHealthMonitorTests.intent(domains), ["content": "All is well."])
        return bench
    }

    private static func intent(_ domains: [String]) -> Value {
        let intent: Value = ["domains": .array(domains.map(Value.string)), "confidence": 0.9]
        return ["content": .string(JSON.text(intent))]
    }

    private let question: Value = ["query": "Why?", "user_id": "ann", "conversation_id": "c1"]

    private let agents = [
        "cost_agent", "security_agent", "performance_agent", "reliability_agent", "quality_agent",
    ]

    /// The seed's conditional edges are switches here, and its `multi_agent` is a task of its own
    /// that asks several domains at the same time; the rest of the list is the seed's.
    @Test("S1-09 the graph has the thirteen nodes, and the parallel one")
    func nodes() throws {
        let nodes = try SystemBench("health-monitor").nodesAndEdges.nodes
        #expect(
            nodes == ["START", "load_context", "classify_intent", "route_to_agents"] + agents + [
                "parallel", "collect_responses", "check_utility_needs", "invoke_utilities",
                "synthesize", "save_context", "END",
            ])
    }

    @Test("S1-10 S1-11 it begins by loading the context, then classifies, then routes")
    func beginning() throws {
        let edges = try SystemBench("health-monitor").nodesAndEdges.edges
        #expect(
            edges.prefix(3) == [
                "START -> load_context", "load_context -> classify_intent",
                "classify_intent -> route_to_agents",
            ])
        #expect(edges.count { $0.hasPrefix("START ->") } == 1)
    }

    @Test("S1-12 each single domain leads to its agent, several lead to the parallel node")
    func routes() throws {
        let edges = try SystemBench("health-monitor").nodesAndEdges.edges
        let expected =
            agents.map { "route_to_agents -> \($0): \($0.dropLast("_agent".count))_only" } + [
                "route_to_agents -> parallel: multi_agent"
            ]
        #expect(edges.filter { $0.hasPrefix("route_to_agents ->") } == expected)
    }

    @Test("S1-13 S1-14 S1-15 every agent leads through collecting to the utilities and to the end")
    func end() throws {
        let edges = try SystemBench("health-monitor").nodesAndEdges.edges
        let expected =
            (agents + ["parallel"]).map { "\($0) -> collect_responses" } + [
                "collect_responses -> check_utility_needs",
                "check_utility_needs -> invoke_utilities: yes",
                "check_utility_needs -> synthesize: no", "invoke_utilities -> synthesize",
                "synthesize -> save_context", "save_context -> END",
            ]
        // The first three and the six routes stand in the tests above.
        #expect(Array(edges.dropFirst(9)) == expected)
    }

    @Test("S1-14 S1-15 a question takes the way its words ask for", arguments: [true, false])
    func ways(needsTool: Bool) throws {
        var bench = try bench(["COST"])
        bench.agent("cost", ["response": "High.", "sources": ["billing"], "confidence": 0.8])
        bench.agent("dashboard_linker", ["url": "d/1"])
        let text = needsTool ? "Show me the cost dashboard" : "Why did costs spike?"
        let run = bench.play(["query": .string(text)])
        let tool = needsTool ? ["invoke_utilities"] : []
        #expect(
            run.path == [
                "load_context", "classify_intent", "route_to_agents", "determine_agents_to_invoke",
                "cost_agent", "collect_responses", "check_utility_needs", "needs_utility_tools",
            ] + tool + ["synthesize", "save_context"])
        #expect(
            run.calls("dashboard_linker").map(\.payload) == tool.map { _ in ["domains": ["COST"]] })
        #expect(run.output["content"] == "All is well.")
        #expect(run.output["sources"] == ["billing"])
        #expect(run.output["confidence"] == 0.8)
    }

    /// That every step is a checkpoint the bench shows: it has each run again from its journal.
    @Test(
        "S1-16 every step is a checkpoint, and the thread is that of the conversation or the user")
    func thread() throws {
        var bench = try bench(["COST"])
        bench.agent("cost", ["response": "High."])
        #expect(bench.play(question).output["thread_id"] == "c1")
        #expect(
            bench.play(["query": "Why?", "user_id": "ann"]).output["thread_id"] == "default:ann")
        let nobody = bench.play(["query": "Why?"])
        #expect(nobody.output["thread_id"] == "default:anonymous")
        #expect(nobody.output["user_id"] == "anonymous")
        let messages: Value = [
            ["role": "assistant", "content": "Hi"], ["role": "user", "content": "Why?"],
        ]
        let asked = bench.play(["messages": messages, "params": ["conversation_id": "c2"]])
        #expect(asked.output["thread_id"] == "c2")
        #expect(asked.output(of: "load_context")["query"] == "Why?")
        #expect(asked.calls("cost").first?.payload["messages"]?.array?.count == 1)
    }

    @Test(
        "S1-33 S1-34 S1-35 one domain is asked alone, any other number of them together",
        arguments: [
            (["COST"], "cost_only", "cost_agent"), (["QUALITY"], "quality_only", "quality_agent"),
            (["COST", "SECURITY"], "multi_agent", "parallel"), ([], "multi_agent", "parallel"),
        ] as [([String], String, String)])
    func number(domains: [String], route: String, task: String) throws {
        var bench = try bench(domains)
        for domain in domains { bench.agent(domain.lowercased(), ["response": "Fine."]) }
        let run = bench.play(question)
        #expect(run.output["route"] == .string(route))
        let lower = domains.map { Value.string($0.lowercased()) }
        #expect(run.output(of: "route_to_agents")["domains"] == .array(lower))
        #expect(run.path.contains(task))
        #expect(run.called == ["chat-model"] + domains.map { $0.lowercased() } + ["chat-model"])
    }

    @Test("S1-36 each domain is null until its agent has answered")
    func prefilled() throws {
        var bench = try bench(["COST", "SECURITY"])
        bench.agent("cost", ["response": "High."])
        bench.agent("security", ["response": "Safe."])
        let run = bench.play(question)
        let before = run.output(of: "route_to_agents")["agent_responses"]
        #expect(before == ["cost": nil, "security": nil])
        #expect(
            run.output["agent_responses"] == [
                "cost": ["response": "High."], "security": ["response": "Safe."],
            ])
    }

    @Test("S1-37 S1-38 several domains start together, each with the query and the messages")
    func together() throws {
        var bench = try bench(["COST", "SECURITY", "QUALITY"])
        bench.agent("cost", ["response": "High."], after: .seconds(4))
        bench.agent("security", ["response": "Safe."], after: .seconds(7))
        bench.agent("quality", ["response": "Good."], after: .seconds(2))
        let messages: Value = [["role": "user", "content": "Hello"]]
        let run = bench.play(["query": "How is it?", "messages": messages])
        let asked = run.story.calls.filter { $0.agent != "chat-model" }
        #expect(asked.map(\.at) == [.zero, .zero, .zero])
        #expect(run.story.duration == .seconds(7))
        for call in asked {
            #expect(call.payload == ["query": "How is it?", "messages": messages])
            #expect(call.limit == .seconds(30))
        }
        let names = run.output["agent_responses"]?.object?.map(\.key)
        #expect(names == ["cost", "security", "quality"])
    }

    @Test("S1-39 S1-40 S1-42 a domain that fails says so, cancels nobody and is counted")
    func failure() throws {
        var bench = try bench(["COST", "SECURITY", "QUALITY"])
        bench.agent("cost", ["response": "High.", "confidence": 0.9], after: .seconds(3))
        bench.agent("security", fails: "the audit log is away", after: .seconds(1))
        bench.silent("quality")
        let run = bench.play(question)
        let responses = run.output["agent_responses"]
        #expect(responses?["cost"]?["response"] == "High.")
        #expect(
            responses?["security"] == [
                "error": "the audit log is away", "response": "Error querying security data",
            ])
        #expect(responses?["quality"]?["response"] == "Error querying quality data")
        #expect(responses?["quality"]?["error"]?.string?.contains("in time") == true)
        #expect(run.calls("cost").first?.isWithdrawn == false)
        #expect(run.calls("quality").first?.isWithdrawn == true)
        #expect(run.story.duration == .seconds(30))
        #expect(
            run.output["execution"] == [
                "domains_queried": ["cost", "security", "quality"], "successful": 1, "failed": 2,
            ])
    }

    @Test("S1-40 one domain alone fails in the same way")
    func single() throws {
        var bench = try bench(["COST"])
        bench.agent("cost", fails: "no warehouse")
        let expected: Value = ["error": "no warehouse", "response": "Error querying cost data"]
        #expect(bench.play(question).output["agent_responses"] == ["cost": expected])
    }

    @Test(
        "S1-41 a domain without an agent stays null",
        arguments: [["NETWORK"], ["NETWORK", "COST"]])
    func unknown(domains: [String]) throws {
        var bench = try bench(domains)
        bench.agent("cost", ["response": "High."])
        let run = bench.play(question)
        #expect(run.output["agent_responses"]?["network"] == .null)
        #expect(run.calls("network").isEmpty)
        #expect(run.calls("cost").count == domains.count - 1)
        #expect(run.output["confidence"] == 0.5)
    }

    @Test("S1-29 S1-30 S1-31 without a model the words of a question classify it")
    func noModel() throws {
        var bench = try SystemBench("health-monitor")
        for name in ["cost", "security", "performance", "reliability", "quality"] {
            bench.agent(name, ["response": .string("\(name) is fine.")])
        }
        let cases: [(String, Value)] = [
            ("Why did costs spike last Tuesday?", ["COST"]),
            ("Are expensive jobs also failing?", ["COST", "RELIABILITY"]),
            (
                "Give me a platform health overview",
                ["COST", "SECURITY", "PERFORMANCE", "RELIABILITY", "QUALITY"]
            ),
        ]
        for (text, domains) in cases {
            let run = bench.play(["query": .string(text)])
            #expect(run.output["intent"]?["domains"] == domains, "\(text)")
            #expect(run.output["content"]?.string?.contains("cost is fine.") == true)
        }
    }

    @Test("a model that does not answer as described is asked once more, then not needed")
    func nonsense() throws {
        var bench = try SystemBench("health-monitor")
        bench.agent("chat-model", ["content": "I think it is about costs."])
        bench.agent("cost", ["response": "High."])
        let run = bench.play(["query": "Why did costs spike?"])
        #expect(run.calls("chat-model").count == 3)
        #expect(run.output["intent"]?["mode"] == "embedded")
        #expect(run.output["content"] == "I think it is about costs.")
    }

    @Test(
        """
        S1-50 S1-51 S1-52 S1-53 S1-54 S1-55 S1-56 S1-57 S1-58 S1-59 the words of a query call for \
        tools, also as parts of other words where that is set
        """,
        arguments: [
            ("Why did costs spike last Tuesday?", [], []),
            ("Are expensive jobs also failing?", [], []),
            ("Give me a platform health overview", [], []),
            ("Show me the cost dashboard", ["dashboard_linker"], ["dashboard_linker"]),
            (
                "Is there an AWS outage? Notify the team", ["web_search", "alert_trigger"],
                ["web_search", "alert_trigger"]
            ),
            ("How to fix failing jobs?", ["runbook_rag"], ["runbook_rag"]),
            (
                "Troubleshoot the incident and chart the latest failures",
                ["web_search", "dashboard_linker", "alert_trigger", "runbook_rag"],
                ["web_search", "dashboard_linker", "alert_trigger", "runbook_rag"]
            ),
            ("What's the status of my pipelines?", ["web_search"], ["web_search"]),
            ("Summarize this paragraph", ["dashboard_linker"], []),
            ("Set up an alert for DBU usage", ["alert_trigger"], ["alert_trigger"]),
        ] as [(String, [String], [String])])
    func tools(query: String, literal: [String], words: [String]) throws {
        for (match, tools) in [("substring", literal), ("word", words)] {
            var bench = try bench(["COST"], changing: ["match: word\n": "match: \(match)\n"])
            bench.agent("cost", ["response": "High."])
            for tool in literal { bench.agent(tool, "found") }
            let run = bench.play(["query": .string(query)])
            #expect(run.path.contains("invoke_utilities") == !tools.isEmpty, "\(match)")
            #expect(run.called.filter { literal.contains($0) } == tools, "\(match)")
        }
    }

    @Test("S1-46 S1-47 S1-48 each tool is given what it works with")
    func toolInputs() throws {
        var bench = try bench(["COST"])
        bench.agent("cost", ["response": "High."])
        for tool in ["dashboard_linker", "alert_trigger", "web_search"] {
            bench.agent(tool, "found")
        }
        bench.agent("runbook_rag", fails: "no index")
        let query: Value = "Troubleshoot the incident and chart the latest failures"
        let run = bench.play(["query": query])
        let responses: Value = ["cost": ["response": "High."]]
        #expect(run.calls("web_search").map(\.payload) == [["query": query]])
        #expect(run.calls("dashboard_linker").map(\.payload) == [["domains": ["COST"]]])
        for tool in ["alert_trigger", "runbook_rag"] {
            #expect(
                run.calls(tool).map(\.payload) == [["query": query, "agent_responses": responses]])
        }
        #expect(
            run.output["utility_results"] == [
                "web_search": "found", "dashboard_linker": "found", "alert_trigger": "found",
                "runbook_rag": ["error": "no index"],
            ])
    }

    @Test(
        "S1-60 S1-61 S1-62 the model is told the answers under their domains and the tools' results"
    )
    func prompt() throws {
        var bench = try bench(["COST", "NETWORK", "SECURITY"])
        bench.agent("cost", ["response": "High."])
        bench.agent("security", ["confidence": 0.7])
        bench.agent("web_search", "no outage")
        let run = bench.play(["query": "What is the status?"])
        let payload = try #require(run.calls("chat-model").last?.payload)
        #expect(payload["model"] == "databricks-dbrx-instruct")
        #expect(payload["temperature"] == 0.3)
        #expect(
            payload["messages"]?[1]?["content"]
                == "Synthesize the responses above into a unified answer.")
        let text = payload["messages"]?[0]?["content"]?.string ?? ""
        let experts = "### COST AGENT:\nHigh.\n\n### SECURITY AGENT:\nNo data\n\nUSER QUESTION:"
        #expect(text.contains(experts))
        #expect(text.contains("UTILITY DATA (if available):\n- web_search: no outage\n"))
    }

    @Test(
        "S1-64 S1-65 sources are those of all answers in order, the confidence is their mean",
        arguments: [
            ([0.9, 0.7], 0.8), ([0.9, nil], 0.7), ([], 0.5),
        ] as [([Double?], Double)])
    func confidence(given: [Double?], mean: Double) throws {
        let domains = Array(["COST", "SECURITY"].prefix(given.count))
        var bench = try bench(domains)
        for (domain, confidence) in zip(domains, given) {
            if let confidence {
                bench.agent(
                    domain.lowercased(),
                    ["response": "x", "sources": ["a", "b"], "confidence": .number(confidence)])
            } else {
                bench.agent(domain.lowercased(), fails: "down")
            }
        }
        let output = bench.play(question).output
        #expect(abs((output["confidence"]?.number ?? 0) - mean) < 1e-9)
        let count = given.count { $0 != nil }
        #expect(output["sources"] == .array((0..<count).flatMap { _ in ["a", "b"] as [Value] }))
    }

    @Test("S1-69 a conversation is loaded where one is named, and takes the place of what was sent")
    func history() throws {
        let earlier = [
            "              default: []\n": "              default: [{ role: user, content: Hi }]\n"
        ]
        var bench = try bench(["COST"], changing: earlier)
        bench.agent("cost", ["response": "High."])
        let named = bench.play(question).calls("cost").first?.payload["messages"]
        #expect(named == [["role": "user", "content": "Hi"]])
        let sent = bench.play(["query": "Why?"]).calls("cost").first?.payload["messages"]
        #expect(sent == [])
    }
}
