import Testing

@testable import Flow

/// A graph as lines for a terminal and as a Mermaid flowchart.
@Suite struct GraphDrawingTests {
    private static let tasks = """
          - look: {call: cost, then: choose}
          - choose: {switch: [{good: {when: .ok, then: tell}}, {bad: {then: look}}]}
          - tell:
              try: [{send: {emit: {event: {with: {type: told}}}}}]
              catch: {errors: {with: {status: 503}}, do: [{note: {set: {x: 1}}}]}
          - rest: {for: {each: x, in: .xs}, do: [{nap: {wait: PT1S}}]}
        """

    @Test("the text has a line for each task and an arrow where it is not the next line")
    func text() throws {
        #expect(
            Graph(try WorkflowText.read(Self.tasks)).text == """
                test/sample 1.0.0

                START
                look          call cost
                choose        switch
                    good -> tell
                    bad -> look
                tell          try
                  send        emit told  -> rest
                  tell catch  catch 503
                    note      set
                rest          for each x
                    done -> END
                  nap         wait 1.0 seconds
                      next -> rest
                END

                """)
    }

    @Test("the flowchart has a box for each task and one around tasks within tasks")
    func mermaid() throws {
        #expect(
            Graph(try WorkflowText.read(Self.tasks)).mermaid == """
                ---
                title: "test/sample 1.0.0"
                ---
                flowchart TD
                    START(["START"])
                    look["look<br/>call cost"]
                    choose{"choose"}
                    subgraph in_tell["tell"]
                        tell["tell"]
                        send["send<br/>emit told"]
                        subgraph in_tell_catch["tell catch"]
                            tell_catch>"tell catch<br/>catch 503"]
                            note["note"]
                        end
                    end
                    subgraph in_rest["rest"]
                        rest{{"rest<br/>for each x"}}
                        nap["nap<br/>wait 1.0 seconds"]
                    end
                    END(["END"])
                    START --> look
                    look --> choose
                    choose -->|"good"| tell
                    choose -->|"bad"| look
                    tell --> send
                    send --> rest
                    tell -.->|"error"| tell_catch
                    tell_catch --> note
                    note --> rest
                    rest -->|"each"| nap
                    nap -.->|"next"| rest
                    rest -->|"done"| END

                """)
    }

    @Test(
        "names that mean something to Mermaid or a terminal are made harmless",
        arguments: [
            ("end", "end_[\"end\"]"), ("a b", "a_b[\"a b\"]"), ("é", "_[\"é\"]"),
            ("x\\\"]; click", "x____click[\"x#34;]#59; click\"]"), ("START", "START_2[\"START\"]"),
            ("a\\e[31m", "a__31m[\"a [31m\"]"), ("<script>", "_script_[\"#60;script#62;\"]"),
            ("graph", "graph_[\"graph\"]"),
        ])
    func escaped(name: String, drawn: String) throws {
        let graph = Graph(try WorkflowText.read("  - \"\(name)\": {set: {x: 1}}"))
        #expect(graph.mermaidLines.contains("    \(drawn)"), "\(graph.mermaid)")
        #expect(!graph.text.contains("\u{1b}"))
    }
}
