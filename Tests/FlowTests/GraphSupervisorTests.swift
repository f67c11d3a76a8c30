import Testing

@testable import Flow

/// A supervisor over domain agents as a workflow: its graph is the one that was drawn for it.
@Suite struct GraphSupervisorTests {
    private static let domains = ["cost", "security", "performance", "reliability", "quality"]

    private static let tasks: String = {
        let cases = domains.map { domain in
            "        - \(domain)_only: {when: .route == \"\(domain)\", then: \(domain)_agent}"
        }
        let agents = domains.map { domain in
            "  - \(domain)_agent: {call: \(domain), then: collect_responses}"
        }
        let lines =
            [
                "  - load_context: {call: memory-load}", "  - classify_intent: {call: classify}",
                "  - route_to_agents:", "      switch:",
            ] + cases + ["        - multi_agent: {then: parallel}"] + agents + [
                "  - parallel: {call: fan-out, then: collect_responses}",
                "  - collect_responses: {set: {x: '${ . }'}}", "  - check_utility_needs:",
                "      switch:", "        - yes: {when: .needs, then: invoke_utilities}",
                "        - no: {then: synthesize}", "  - invoke_utilities: {call: keyword-match}",
                "  - synthesize: {call: synthesize}", "  - save_context: {call: memory-save}",
            ]
        return lines.joined(separator: "\n")
    }()

    private func edges() throws -> [String] {
        let graph = Graph(try WorkflowText.read(Self.tasks))
        let names = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0.name) })
        return graph.edges.map { edge in
            let label = edge.label.map { " \($0)" } ?? ""
            return "\(names[edge.from] ?? "?")->\(names[edge.to] ?? "?")\(label)"
        }
    }

    @Test("S1-09 the nodes are those of the supervisor, and the parallel one")
    func nodes() throws {
        let graph = Graph(try WorkflowText.read(Self.tasks))
        let names = Set(graph.nodes.map(\.name)).subtracting(["START", "END", "parallel"])
        #expect(
            names
                == Set(
                    [
                        "load_context", "classify_intent", "route_to_agents", "collect_responses",
                        "check_utility_needs", "invoke_utilities", "synthesize", "save_context",
                    ] + Self.domains.map { "\($0)_agent" }))
        #expect(names.count == 13)
    }

    @Test("S1-10 S1-11 it begins with the context and comes to the router over the classifier")
    func entry() throws {
        let edges = try edges()
        #expect(
            edges.prefix(3) == [
                "START->load_context", "load_context->classify_intent",
                "classify_intent->route_to_agents",
            ])
    }

    @Test("S1-12 one domain leads to its agent, several to all in parallel, by the case's name")
    func conditions() throws {
        let edges = try edges()
        for domain in Self.domains {
            #expect(edges.contains("route_to_agents->\(domain)_agent \(domain)_only"))
        }
        #expect(edges.contains("route_to_agents->parallel multi_agent"))
    }

    @Test("S1-13 S1-14 S1-15 agents lead to the answers, those to the tools or not, and to the end")
    func ending() throws {
        let edges = try edges()
        for domain in Self.domains {
            #expect(edges.contains("\(domain)_agent->collect_responses"))
        }
        #expect(
            edges.suffix(7) == [
                "parallel->collect_responses", "collect_responses->check_utility_needs",
                "check_utility_needs->invoke_utilities yes", "check_utility_needs->synthesize no",
                "invoke_utilities->synthesize", "synthesize->save_context", "save_context->END",
            ])
    }
}
