import Document
import Testing

@testable import Language

/// The tables of words to agents and tools: in the literal mode with their golden answers, in the
/// mode of whole words with the sane ones.
@Suite struct RuleTableTests {
    private static let tools: [(agent: String, words: [String])] = [
        ("web_search", ["outage", "status", "news", "latest", "update", "documentation"]),
        ("dashboard_linker", ["show me", "dashboard", "visualize", "chart", "graph"]),
        ("alert_trigger", ["alert", "notify", "trigger", "incident"]),
        ("runbook_rag", ["how to fix", "remediate", "resolve", "troubleshoot"]),
    ]
    private static let agents: [(agent: String, words: [String])] = [
        ("kb_librarian", ["search", "find", "lookup", "knowledge", "what is"]),
        ("system_commands", ["execute", "run", "command", "shell", "terminal"]),
        ("web_research", ["research", "web", "internet", "online", "browse"]),
        ("rag_agent", ["analyze", "summarize", "synthesize", "documents"]),
        ("chat_agent", ["hello", "hi", "how are you", "chat", "talk"]),
    ]

    private func chosen(
        _ text: String, _ rules: [(agent: String, words: [String])], _ mode: KeywordFinder.Mode,
        fallback: [String] = []
    ) throws -> [String] {
        var routing = RoutingRules(rules, mode: mode)
        routing.strategy = .simple
        routing.fallback = fallback
        return try Router(rules.map { AgentProfile($0.agent) }, rules: routing).decision(text)
            .agents
    }

    @Test(
        "S1-50 S1-51 S1-52 the tools that a question needs, word by word",
        arguments: [
            ("Why did costs spike last Tuesday?", []), ("Are expensive jobs also failing?", []),
            ("Give me a platform health overview", []),
            ("Show me the cost dashboard", ["dashboard_linker"]),
            ("Is there an AWS outage? Notify the team", ["web_search", "alert_trigger"]),
            ("How to fix failing jobs?", ["runbook_rag"]),
            (
                "Troubleshoot the incident and chart the latest failures",
                ["web_search", "dashboard_linker", "alert_trigger", "runbook_rag"]
            ), ("What's the status of my pipelines?", ["web_search"]),
            ("Set up an alert for DBU usage", ["alert_trigger"]),
        ] as [(String, [String])])
    func toolsInBothModes(text: String, tools: [String]) throws {
        #expect(try chosen(text, Self.tools, .substring) == tools)
        #expect(try chosen(text, Self.tools, .word) == tools)
    }

    @Test("S1-43 S1-44 a question needs tools if any of their words occur in it, in lower case")
    func anyTool() throws {
        #expect(try chosen("RESOLVE this", Self.tools, .substring) == ["runbook_rag"])
        #expect(try chosen("Nothing of that", Self.tools, .substring) == [])
    }

    @Test("S1-53 S1-54 S1-55 a dashboard, an outage with a notice, a fix")
    func commonTools() throws {
        #expect(
            try chosen("Show me the cost dashboard", Self.tools, .substring) == ["dashboard_linker"]
        )
        #expect(
            try chosen("Is there an AWS outage? Notify the team", Self.tools, .substring)
                == ["web_search", "alert_trigger"])
        #expect(
            try chosen("How to fix failing jobs?", Self.tools, .substring) == ["runbook_rag"])
    }

    @Test("S1-56 S1-57 S1-59 all four tools, a status, an alert")
    func manyTools() throws {
        let all = "Troubleshoot the incident and chart the latest failures"
        #expect(try chosen(all, Self.tools, .substring).count == 4)
        #expect(
            try chosen("What's the status of my pipelines?", Self.tools, .substring)
                == ["web_search"])
        #expect(
            try chosen("Set up an alert for DBU usage", Self.tools, .substring)
                == ["alert_trigger"])
    }

    @Test("S1-58 \"graph\" inside \"paragraph\" counts in the literal mode alone")
    func paragraph() throws {
        let text = "Summarize this paragraph"
        #expect(try chosen(text, Self.tools, .substring) == ["dashboard_linker"])
        #expect(try chosen(text, Self.tools, .word) == [])
    }

    private static let golden: [(String, literal: [String], word: [String])] = [
        ("Hello", ["chat_agent"], ["chat_agent"]),
        ("How are you today?", ["chat_agent"], ["chat_agent"]),
        ("What is Redis?", ["kb_librarian"], ["kb_librarian"]),
        ("Find the deployment guide", ["kb_librarian"], ["kb_librarian"]),
        ("Research quantum computing", ["kb_librarian", "web_research"], ["web_research"]),
        (
            "Search the web for Swift news", ["kb_librarian", "web_research"],
            ["kb_librarian", "web_research"]
        ), ("Run the tests", ["system_commands"], ["system_commands"]),
        ("Execute ls -la in the terminal", ["system_commands"], ["system_commands"]),
        ("Summarize these documents", ["rag_agent"], ["rag_agent"]),
        ("Analyze this", ["rag_agent", "chat_agent"], ["rag_agent"]),
        ("Which machine is this?", ["chat_agent"], ["chat_agent"]),
        ("Prune old branches", ["system_commands"], ["chat_agent"]),
        ("Delete everything", ["chat_agent"], ["chat_agent"]), ("", ["chat_agent"], ["chat_agent"]),
        ("synthesize the findings", ["kb_librarian", "rag_agent"], ["rag_agent"]),
        ("Explain webhooks", ["web_research"], ["chat_agent"]),
        ("OPEN A SHELL", ["system_commands"], ["system_commands"]),
    ]

    private func check(_ range: Range<Int>) throws {
        for (text, literal, word) in Self.golden[range] {
            let fallback = ["chat_agent"]
            #expect(try chosen(text, Self.agents, .substring, fallback: fallback) == literal)
            #expect(
                try chosen(text, Self.agents, .word, fallback: fallback) == word, "\(text), by word"
            )
        }
    }

    @Test(
        "S2-22 S2-23 S2-24 all agents whose words occur, in the order of the rules"
    )
    func order() throws {
        let text = "talk about documents on the web"
        let expected = ["web_research", "rag_agent", "chat_agent"]
        #expect(try chosen(text, Self.agents, .substring) == expected)
        #expect(try chosen("", Self.agents, .substring, fallback: ["chat_agent"]) == ["chat_agent"])
    }

    @Test("S2-25 S2-26 S2-27 greetings are talk, a question is knowledge")
    func greetings() throws { try check(0..<3) }

    @Test("S2-28 S2-29 S2-30 finding and researching")
    func finding() throws { try check(3..<6) }

    @Test("S2-31 S2-32 S2-33 running, executing, summarizing")
    func running() throws { try check(6..<9) }

    @Test("S2-34 S2-35 S2-36 parts of words count in the literal mode")
    func parts() throws { try check(9..<12) }

    @Test("S2-37 S2-38 S2-39 everything, nothing, findings")
    func everything() throws { try check(12..<15) }

    @Test("S2-40 S2-41 webhooks, and capitals")
    func capitals() throws { try check(15..<17) }
}
