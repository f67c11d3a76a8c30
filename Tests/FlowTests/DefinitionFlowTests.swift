import Testing

@testable import Flow

/// Where tasks lead: what a `then` may name, and what would never end.
@Suite struct DefinitionFlowTests {
    @Test("a then names a task of its own list, or a word of the language")
    func then() throws {
        let workflow = try WorkflowText.read(
            """
              - a: {set: {x: 1}, then: c}
              - b: {do: [{d: {set: {x: 1}, then: e}}, {e: {set: {x: 1}, then: continue}}]}
              - c: {try: [{f: {set: {x: 1}, then: exit}}], catch: {then: a}, then: end}
            """)
        #expect(workflow.tasks.tasks.map(\.then) == [.task("c"), nil, .end])
    }

    @Test(
        "a then to a task of another list, of no list or of another branch is refused",
        arguments: [
            ("  - a: {do: [{b: {set: {x: 1}, then: a}}]}", "7:38", "within its own"),
            ("  - a: {set: {x: 1}, then: bee}\n  - beee: {set: {x: 1}}", "7:28", "mean beee"),
            ("  - a: {do: [{b: {set: {x: 1}}}], then: b}", "7:41", "within its own"),
            ("  - a: {switch: [{c: {then: q}}]}", "7:29", "no task \"q\""),
            (
                "  - a: {try: [], catch: {do: [{b: {set: {x: 1}}}], then: b}}", "7:58",
                "no task \"b\""
            ),
            (
                "  - a: {fork: {branches: [{b: {set: {x: 1}, then: c}}, {c: {set: {x: 1}}}]}}",
                "7:51", "side by side"
            ),
        ])
    func elsewhere(tasks: String, place: String, word: String) {
        let problems = WorkflowText.problems(tasks: tasks)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.hasPrefix(place) && $0.contains(word) }, "\(problems)")
    }

    @Test(
        "B55 tasks that lead back to themselves without a way out are refused",
        arguments: [
            ("  - a: {set: {x: 1}, then: b}\n  - b: {set: {x: 1}, then: a}", "a -> b -> a"),
            ("  - a: {set: {x: 1}, then: a}", "a -> a"),
            (
                "  - a: {switch: [{x: {when: .x, then: a}}, {y: {then: b}}]}\n"
                    + "  - b: {set: {x: 1}, then: a}", "a -> a"
            ),
            (
                "  - o: {do: [{a: {set: {x: 1}, then: b}}, {b: {set: {x: 1}, then: a}}]}",
                "a -> b -> a"
            ),
        ])
    func endless(tasks: String, circle: String) {
        let problems = WorkflowText.problems(tasks: tasks)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains("\(circle) never ends") }, "\(problems)")
    }

    @Test(
        "tasks that lead back and may leave are accepted",
        arguments: [
            "  - a: {set: {x: 1}}\n  - b: {if: .more, set: {x: 1}, then: a}",
            "  - a: {set: {x: 1}}\n  - b: {switch: [{x: {when: .x, then: a}}]}",
            "  - a: {set: {x: 1}}\n  - b: {switch: [{x: {when: .x, then: a}}, {y: {then: end}}]}",
            "  - a: {try: [], catch: {then: b}, then: a}\n  - b: {set: {x: 1}}",
            "  - a: {set: {x: 1}, then: c}\n  - b: {set: {x: 1}, then: b}\n  - c: {set: {x: 1}}",
        ])
    func leaving(tasks: String) throws {
        _ = try WorkflowText.read(tasks)
    }

    @Test("what a timeout ends may go on for ever, and what waits for events is remarked on")
    func bounded() throws {
        _ = try WorkflowText.read(
            "  - a: {set: {x: 1}, then: a}", top: "timeout: {after: PT1H}")
        _ = try WorkflowText.read(
            "  - o: {timeout: {after: PT1S}, do: [{a: {set: {x: 1}, then: a}}]}")
        let workflow = try WorkflowText.read(
            "  - a: {listen: {to: {any: []}}}\n  - b: {set: {x: 1}, then: a}")
        #expect(workflow.remarks.map(\.message.first) == ["a"])
    }

    @Test("B55 functions that call themselves are refused")
    func recursion() {
        let problems = WorkflowText.problems(
            tasks: "  - a: {call: f}",
            top: """
                use:
                  functions:
                    f: {do: [{x: {call: g}}]}
                    g: {call: f}
                    h: {call: f}
                """)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains("f -> g -> f") }, "\(problems)")
    }

    @Test("B46 two tasks of one list and two cases of one switch differ in name")
    func duplicates() {
        let problems = WorkflowText.problems(
            tasks: """
                  - a: {set: {x: 1}}
                  - b: {switch: [{c: {when: .x, then: a}}, {c: {then: end}}]}
                  - a: {set: {x: 1}}
                """)
        #expect(problems.count == 2)
        #expect(problems.first?.contains("another case \"c\"") == true)
        #expect(problems.last?.contains("another task \"a\" in line 7") == true)
    }

    @Test("a task does one thing, and an item of a list holds one task")
    func one() {
        #expect(
            WorkflowText.problems(tasks: "  - a: {set: {x: 1}, wait: PT1S}")
                .allSatisfy { $0.contains("set and wait") })
        #expect(
            WorkflowText.problems(tasks: "  - a: {set: {x: 1}}\n    b: {set: {x: 1}}")
                == [
                    "8:5 /do/0/b each item of the list holds one task; begin another item with "
                        + "\"- b:\""
                ])
        #expect(WorkflowText.problems(tasks: "  - a: {then: end}").count == 1)
        #expect(WorkflowText.problems(tasks: "  - a").count == 1)
        #expect(WorkflowText.problems(tasks: "  - []").count == 1)
        #expect(WorkflowText.problems(tasks: "  a: {set: {x: 1}}").count == 1)
    }

    @Test("a switch has one default at most, a then in each case, and at least one case")
    func switches() {
        func problems(_ cases: String) -> [String] {
            WorkflowText.problems(tasks: "  - a: {switch: \(cases)}")
        }
        #expect(problems("[{b: {then: end}}, {c: {then: end}}]").count == 1)
        #expect(problems("[{b: {when: .x}}]").count == 1)
        #expect(problems("[]").count == 1)
        #expect(problems("{b: {then: end}}").count == 1)
    }

    @Test(
        "what is named and nowhere defined is refused, with what may have been meant",
        arguments: [
            ("  - a: {set: {x: 1}, timeout: shrt}", "short"),
            ("  - a: {raise: {error: lat}}", "late"),
            ("  - a: {try: [], catch: {retry: stedy}}", "steady"),
        ])
    func undefined(tasks: String, name: String) {
        let top = """
            use:
              timeouts: {short: {after: PT1S}}
              errors: {late: {type: t, status: 408}}
              retries: {steady: {limit: {attempt: {count: 1}}}}
            """
        let problems = WorkflowText.problems(tasks: tasks, top: top)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains("did you mean \(name)?") }, "\(problems)")
    }

    @Test("a component that is wrong is told once, not wherever it is used")
    func once() {
        let problems = WorkflowText.problems(
            tasks: "  - a: {set: {x: 1}, timeout: t}\n  - b: {set: {x: 1}, timeout: t}",
            top: "use: {timeouts: {t: {after: 5}}}")
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains("/use/timeouts/t/after") })
    }

    @Test(
        "variables have names that expressions can name",
        arguments: ["1x", "a-b", "$x", "''", "'a b'", "{}"])
    func variables(name: String) {
        let problems = WorkflowText.problems(
            tasks: "  - a: {for: {each: \(name), in: .x}, do: []}")
        #expect(problems.count == 1, "\(problems)")
    }
}
