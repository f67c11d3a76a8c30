import Testing

@testable import Flow

/// The graph of a workflow: which nodes and edges it has, whatever it is drawn as.
@Suite struct GraphTests {
    private func graph(_ tasks: String) throws -> Graph {
        Graph(try WorkflowText.read(tasks))
    }

    /// `from -> to`, with a label behind it, by the names of tasks.
    private func edges(_ graph: Graph) -> [String] {
        let names = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0.name) })
        return graph.edges.map { edge in
            let arrow = edge.kind == .normal ? "->" : edge.kind == .error ? "!>" : "~>"
            let label = edge.label.map { ": \($0)" } ?? ""
            return "\(names[edge.from] ?? "?") \(arrow) \(names[edge.to] ?? "?")\(label)"
        }
    }

    @Test("tasks follow each other from START to END")
    func sequence() throws {
        let graph = try graph("  - a: {set: {x: 1}}\n  - b: {wait: PT1S}")
        #expect(graph.nodes.map(\.name) == ["START", "a", "b", "END"])
        #expect(graph.nodes.map(\.kind) == [.start, .set, .wait, .end])
        #expect(graph.nodes.map(\.id) == ["START", "/do/0/a", "/do/1/b", "END"])
        #expect(edges(graph) == ["START -> a", "a -> b", "b -> END"])
        #expect(edges(try self.graph("  []")) == ["START -> END"])
    }

    @Test("a then, an end, an exit and a condition lead where they say")
    func directives() throws {
        let graph = try graph(
            """
              - a: {set: {x: 1}, then: c}
              - b: {set: {x: 1}, then: end}
              - c: {if: .x, set: {x: 1}, then: b}
              - d: {do: [{e: {set: {x: 1}, then: exit}}, {f: {set: {x: 1}, then: end}}]}
              - g: {set: {x: 1}}
            """)
        #expect(
            edges(graph) == [
                "START -> a", "a -> c", "b -> END", "c -> b", "c -> d: if not", "d -> e",
                "e -> g", "f -> END", "g -> END",
            ])
    }

    @Test("a switch has an edge for each case, and one for none of them")
    func cases() throws {
        let graph = try graph(
            """
              - s: {switch: [{one: {when: .x, then: b}}, {two: {when: .y, then: end}}]}
              - a: {set: {x: 1}}
              - b: {switch: [{rest: {then: exit}}]}
            """)
        #expect(
            edges(graph) == [
                "START -> s", "s -> b: one", "s -> END: two", "s -> a: else", "a -> b",
                "b -> END: rest",
            ])
    }

    @Test("branches part at a fork and come together behind it")
    func fork() throws {
        let graph = try graph(
            """
              - f: {fork: {compete: true, branches: [{a: {set: {x: 1}}}, {b: {set: {x: 1}}}]}}
              - c: {set: {x: 1}}
            """)
        #expect(graph.nodes.map(\.name) == ["START", "f", "a", "b", "f join", "c", "END"])
        #expect(graph.nodes.map(\.parent) == [nil, nil, "/do/0/f", "/do/0/f", "/do/0/f", nil, nil])
        #expect(
            edges(graph) == [
                "START -> f", "f -> a", "a -> f join", "f -> b", "b -> f join", "f join -> c",
                "c -> END",
            ])
    }

    @Test("a loop leads through its tasks back to itself, and on when it is done")
    func loop() throws {
        let graph = try graph(
            """
              - l: {for: {each: x, in: .xs}, do: [{a: {set: {x: 1}}}, {b: {set: {x: 1}}}]}
              - m: {listen: {to: {any: []}}, foreach: {do: [{c: {set: {x: 1}}}]}}
            """)
        #expect(
            edges(graph) == [
                "START -> l", "l -> a: each", "a -> b", "b ~> l: next", "l -> m: done",
                "m -> c: each", "c ~> m: next", "m -> END: done",
            ])
    }

    @Test("an error leads from a try to its catch, and from there back, on or elsewhere")
    func attempt() throws {
        let graph = try graph(
            """
              - t:
                  try: [{a: {set: {x: 1}}}]
                  catch: {retry: {delay: PT1S}, do: [{b: {set: {x: 1}}}], then: z}
              - y: {raise: {error: {type: t, status: 500}}}
              - z: {set: {x: 1}}
            """)
        #expect(
            edges(graph) == [
                "START -> t", "t -> a", "a -> y", "t !> t catch: error", "t catch ~> t: retry",
                "t catch -> b", "b -> z", "z -> END",
            ])
    }

    @Test("tasks of one name in different lists are different nodes")
    func names() throws {
        let graph = try graph("  - a: {do: [{a: {do: [{a: {set: {x: 1}}}]}}]}")
        #expect(Set(graph.nodes.map(\.id)).count == 5)
        #expect(graph.textLines.contains("  a    do"))
        #expect(graph.mermaid.contains("    a_2 --> a_3\n"))
    }

    @Test("the same file gives the same graph, edge for edge")
    func stable() throws {
        let text =
            "  - a: {switch: [{x: {when: .x, then: b}}]}\n  - b: {emit: {event: {with: {type: t}}}}"
        let first = try graph(text)
        for _ in 0..<5 {
            let again = try graph(text)
            #expect(again == first)
            #expect(again.text == first.text && again.mermaid == first.mermaid)
        }
    }

    @Test("every edge joins two nodes, in all examples", arguments: SpecificationKit.examples)
    func joined(name: String) throws {
        guard let workflow = try? Workflow.read(SpecificationKit.example(name), name: name) else {
            return
        }
        let graph = Graph(workflow)
        let ids = Set(graph.nodes.map(\.id))
        #expect(ids.count == graph.nodes.count)
        #expect(graph.edges.allSatisfy { ids.contains($0.from) && ids.contains($0.to) })
        #expect(graph.nodes.first?.id == Graph.start && graph.nodes.last?.id == Graph.end)
    }

    @Test("summaries say in a few words what each task does")
    func summaries() throws {
        let graph = try graph(
            """
              - a: {call: http, with: {method: get, endpoint: 'http://h/{id}'}}
              - b: {call: 'cost:=1.0.0@default', if: .x}
              - c: {call: fan-out, with: {}}
              - d: {emit: {event: {with: {type: com.x}}}}
              - e: {listen: {to: {all: [{with: {type: p}}, {with: {type: q}}]}}}
              - f: {run: {workflow: {namespace: n, name: w, version: 1.0.0}, await: false}}
              - g: {run: {shell: {command: ls}}}
              - h: {for: {each: p, in: .ps}, while: .go, do: []}
              - i: {wait: PT1M}
            """)
        #expect(
            graph.nodes.dropFirst().dropLast().map(\.summary) == [
                "call GET http://h/{id}", "call cost:=1.0.0, if .x", "call fan-out",
                "emit com.x", "listen to all of p, q", "run n/w 1.0.0, not waited for", "run ls",
                "for each p, while .go", "wait 60.0 seconds",
            ])
    }
}
