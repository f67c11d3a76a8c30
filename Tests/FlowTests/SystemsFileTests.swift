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
        let bench = try SystemBench(system)
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
}
