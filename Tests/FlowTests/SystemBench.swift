import Conformance
import Document
import Flow
import TestKit
import Testing

/// The workflow of a system as it is shipped, played in virtual time with agents that answer what a
/// test says. An agent that no test has named is not there. Each run is also had again from several
/// places of its journal, as it is when another orchestrator takes over.
struct SystemBench {
    private(set) var script = Script()
    let workflow: Workflow
    /// Whether runs are had again from their journals, too.
    var isReplayed = true

    /// `changing` are lines as an operator would write them, by what they stand in place of.
    init(_ system: String, changing: [String: String] = [:]) throws {
        var text = try FileTree.text(of: "\(Products.root)/ops/config/\(system)/workflow.yaml")
        for (line, other) in changing {
            let parts = text.split(separator: line, omittingEmptySubsequences: false)
            try #require(parts.count == 2, "\"\(line)\" stands \(parts.count - 1) times in it")
            text = parts.joined(separator: other)
        }
        script.definition = text
        workflow = try Workflow.read(Array(text.utf8), name: "\(system)/workflow.yaml")
    }

    /// One answer after another, the last one again and again.
    mutating func agent(_ name: String, _ answers: Value..., after: Duration = .zero) {
        for answer in answers {
            script.agents[name, default: []].append(
                Script.Reply(after: after, result: .value(answer)))
        }
    }

    mutating func agent(
        _ name: String, fails detail: String, after: Duration = .zero, status: Int = 500
    ) {
        let error: Value = ["status": Value(status), "detail": .string(detail)]
        script.agents[name, default: []].append(Script.Reply(after: after, result: .error(error)))
    }

    mutating func silent(_ name: String) {
        script.agents[name, default: []].append(Script.Reply(after: .zero, result: .never))
    }

    func play(_ input: Value) -> Run {
        var script = script
        script.input = input
        guard isReplayed else { return Run(story: EngineWorld().play(script)) }
        return Run(story: EngineWorld { EngineReplay.check($0, places: 8) }.play(script))
    }

    /// What came of it.
    struct Run {
        let story: Story

        var output: Value {
            if case .completed(let output) = story.end { return output }
            Issue.record("it did not complete: \(story.end)")
            return .null
        }

        func calls(_ agent: String) -> [Story.Call] { story.calls.filter { $0.agent == agent } }

        /// Who was called, in order.
        var called: [String] { story.calls.map(\.agent) }

        /// The tasks at the top of the file that were done, in order.
        var path: [String] {
            story.changes.filter { $0.phase == "completed" }.filter {
                $0.reference.split(separator: "/").count == 3 && $0.reference.hasPrefix("/do/")
            }.map(\.task)
        }

        /// What a task gave when it was last done.
        func output(of task: String) -> Value {
            story.changes.last { $0.task == task && $0.phase == "completed" }?.value ?? .null
        }

        /// How many calls were under way at the same time at most, answered after this long each.
        func mostAtOnce(answeredAfter: Duration) -> Int {
            story.calls.map { call in
                story.calls.count { $0.at <= call.at && call.at < $0.at + answeredAfter }
            }.max() ?? 0
        }
    }
}

extension SystemBench {
    /// The tasks at the top of the file as nodes, and `from -> to` with the case that leads there.
    /// A switch is no node of its own: like a conditional edge, it is what leads from the task
    /// before it to those behind it.
    var nodesAndEdges: (nodes: [String], edges: [String]) {
        let graph = Graph(workflow)
        let names = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0.name) })
        let ways = Set(graph.nodes.filter { $0.kind == .switch }.map(\.id))
        var edges: [String] = []
        for edge in graph.edges where !ways.contains(edge.from) {
            let ends = ways.contains(edge.to) ? graph.edges.filter { $0.from == edge.to } : [edge]
            for end in ends {
                let label = end.label.map { ": \($0)" } ?? ""
                edges.append("\(names[edge.from] ?? "?") -> \(names[end.to] ?? "?")\(label)")
            }
        }
        let nodes = graph.nodes.filter { !ways.contains($0.id) }.map(\.name)
        return (nodes, edges)
    }
}
