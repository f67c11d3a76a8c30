import Conformance
import Document
import TestKit
import Testing

@testable import Flow

/// The files of all systems: each is a workflow that can be read, drawn and changed.
@Suite struct SystemsFileTests {
    static let systems: [String] = {
        let folder = "\(Products.root)/ops/config"
        guard case .folder(let names)? = FileTree.kind(of: folder) else { return [] }
        return names.filter { name in
            if case .file? = FileTree.kind(of: "\(folder)/\(name)/workflow.yaml") {
                true
            } else {
                false
            }
        }
    }()

    @Test("the five systems are there")
    func names() {
        #expect(
            Self.systems == [
                "assistant-router", "database-care", "health-monitor", "incident-response",
                "sql-generation",
            ])
    }

    @Test(
        "each file is sound, nothing in it is doubtful, and it is named after its folder",
        arguments: systems)
    func sound(system: String) throws {
        let workflow = try SystemBench(system).workflow
        #expect(workflow.remarks.map(\.message) == [])
        #expect(workflow.document.name == system)
        #expect(workflow.document.title != nil && workflow.document.summary != nil)
        let graph = Graph(workflow)
        #expect(graph.text.contains("START") && graph.mermaid.contains("flowchart"))
    }

    @Test("any input at all comes to an end", arguments: systems)
    func anything(system: String) throws {
        let inputs: [Value] = [
            nil, [:], [], 5, "text", ["query": ""], ["query": "x"], ["content": ["a": 1]],
            ["messages": []], ["messages": [5]], ["params": "x", "query": "y"],
            ["sys_id": [], "short_description": ""], ["mode": nil, "query": "q", "context": 5],
        ]
        var bench = try SystemBench(system)
        bench.isReplayed = false
        for input in inputs {
            switch bench.play(input).story.end {
            case .completed: break
            case .faulted(let error):
                // A fault is the caller's: the input is not as described.
                #expect(error["status"] == 400, "\(JSON.text(input)): \(JSON.text(error))")
                #expect(error["instance"] == "/input", "\(JSON.text(input)): \(JSON.text(error))")
            default: Issue.record("\(JSON.text(input)) does not end")
            }
        }
    }

    @Test(
        "X-01 whatever agents answer, and if they do not, a request has an answer",
        arguments: systems)
    func nonsense(system: String) throws {
        let answers: [Value] = [
            nil, 5, "text", [], [:], [nil], ["response": 5, "report": [], "sql": 5, "valid": "no"],
            ["content": [:]], ["intent": [], "confidence": "high", "evidence_score": "much"],
            ["sources": "a", "confidence": "b", "success": "c", "details": 5, "issues": 7],
            [
                "intent": "dag_failure", "confidence": 1, "evidence_score": 1, "success": true,
                "recommended_action": [], "retry_recommended": true, "details": [],
                "sql": "s", "reasoning": "r", "valid": 1, "issues": [:], "total_reward": "x",
            ],
        ]
        let names = [
            "chat-model", "cost", "security", "performance", "reliability", "quality",
            "web_search", "dashboard_linker", "alert_trigger", "runbook_rag", "kb_librarian",
            "system_commands", "web_research", "rag_agent", "chat_agent", "intent_classifier",
            "investigator", "action_agent", "ticket", "incident_triage", "running_query",
            "slow_query", "schema_analyzer", "query_generator", "validator", "reward_evaluator",
        ]
        let mode: Value = system == "sql-generation" ? "train" : "parallel"
        let inputs: [Value] = [
            ["query": "Why is it slow? Show me a health overview", "mode": mode],
            ["query": "Check everything", "content": "Find and run it", "mode": "sequential"],
            ["short_description": "x", "query": "y", "content": "Find and run it"],
        ]
        for answer in answers {
            var bench = try SystemBench(system)
            bench.isReplayed = false
            for name in names { bench.agent(name, answer) }
            for input in inputs {
                let end = bench.play(input).story.end
                if case .completed = end { continue }
                Issue.record("\(JSON.text(input)), \(JSON.text(answer)): \(end)")
            }
        }
    }
}
