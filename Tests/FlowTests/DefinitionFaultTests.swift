import Document
import Testing

@testable import Flow

/// Bad workflow files: each is refused with its place, and none traps.
@Suite struct DefinitionFaultTests {
    @Test(
        "B47 aliases that multiply, too many anchors and an alias of itself are refused",
        arguments: [
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
                + zip("abcdefgh", "bcdefghi")
                .map { "\($1): &\($1) [*\($0),*\($0),*\($0),*\($0),*\($0),*\($0),*\($0)]" }
                .joined(separator: "\n"),
            (0..<10_000).map { "k\($0): &a\($0) 1" }.joined(separator: "\n"),
            "a: &a [*a]",
            (0..<200).map { "k\($0): \($0 == 0 ? "&a 1" : "*a")" }.joined(separator: "\n"),
        ])
    func bombs(text: String) {
        #expect(WorkflowText.problems(text).count == 1)
    }

    @Test("B47 a file above 256 KiB is refused before it is read")
    func size() {
        let text = WorkflowText.file(
            "  - a: {set: {x: '\(String(repeating: "y", count: 1 << 18))'}}")
        #expect(WorkflowText.codes(text) == [.limit])
    }

    @Test(
        "B48 tabs, mixed indents, duplicate keys, second documents and tags have line and column",
        arguments: [
            ("a:\n\tb: 1", "2:"), ("a:\n  - b: 1\n - c: 2", "3:"), ("a: 1\na: 2", "2:1"),
            ("a: 1\n---\nb: 2", "2:"), ("a: !!python/object:os.system x", "1:4"),
            ("a: !mine x", "1:4"), ("a: [1, 2", "2:"), ("a: 'x", "2:"), ("\u{0}", "1:"),
        ])
    func malformed(text: String, place: String) {
        let problems = WorkflowText.problems(text + "\n")
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.hasPrefix(place) }, "\(problems)")
    }

    @Test("B49 what YAML 1.1 would turn into something else stays text where text is asked for")
    func text() throws {
        let workflow = try WorkflowText.read(
            """
              - no: {set: {x: 1}, then: on}
              - on: {emit: {event: {with: {type: 2026-01-01, source: 1:30, id: 0o17, time: off}}}}
              - 1:30: {call: http, with: {method: yes, endpoint: 'http://h', headers: {A: .inf}}}
            """)
        #expect(workflow.tasks.tasks.map(\.name) == ["no", "on", "1:30"])
        #expect(workflow.tasks.tasks[0].then == .task("on"))
        guard case .emit(let event) = workflow.tasks.tasks[1].action,
            case .call(.protocol(_, let with)) = workflow.tasks.tasks[2].action
        else {
            Issue.record("not as told")
            return
        }
        #expect(
            event.constant
                == ["type": "2026-01-01", "source": "1:30", "id": "0o17", "time": "off"])
        #expect(with["method"]?.constant == "yes")
        #expect(with["headers"]?["A"]?.constant == ".inf")
    }

    @Test("B49 nothing where text is asked for is refused, and never the text null")
    func nothing() {
        #expect(
            WorkflowText.problems(tasks: "  - a: {call: ~}")
                == ["7:15 /do/0/a/call expected text, found nothing"])
    }

    @Test("B50 an empty file, and one that is no mapping, are refused")
    func empty() {
        #expect(WorkflowText.problems("").allSatisfy { $0.contains("the file is empty") })
        #expect(WorkflowText.problems("# only words").count == 1)
        #expect(WorkflowText.problems("- a\n- b").count == 1)
        #expect(WorkflowText.problems("text").count == 1)
    }

    @Test(
        "B52 durations that are negative, zero where that means nothing, or endless are refused",
        arguments: [
            "timeout: {after: PT0S}", "timeout: {after: PT-1S}", "timeout: {after: {seconds: -1}}",
            "timeout: {after: {seconds: 0}}", "timeout: {after: {}}", "timeout: {after: P1Y}",
            "timeout: {after: {days: 9223372036854775807}}", "timeout: {after: P9999999999D}",
            "timeout: {after: 5}", "timeout: {after: PT}",
        ])
    func durations(top: String) {
        let problems = WorkflowText.problems(tasks: "  - a: {set: {x: 1}}", top: top)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.hasPrefix("8:") }, "\(problems)")
    }

    @Test(
        "B53 a misspelt key is refused wherever it stands, and the right one offered",
        arguments: [
            ("  - a: {set: {x: 1}, exprot: {as: .}}", "export"),
            ("  - a: {set: {x: 1}, input: {form: .x}}", "from"),
            ("  - a: {call: http, with: {method: get, endpoint: 'http://h', boby: 1}}", "body"),
            ("  - a: {for: {each: x, im: .y}, do: []}", "in"),
            ("  - a: {listen: {to: {any: []}, raed: data}}", "read"),
            ("  - a: {try: [], catch: {rety: x}}", "retry"),
            ("  - a: {swich: []}", "switch"),
            ("  - a: {fork: {branches: [], competes: true}}", "compete"),
            ("  - a: {run: {shel: {command: x}}}", "shell"),
            ("  - a: {raise: {error: {type: t, status: 1, titel: x}}}", "title"),
        ])
    func misspelt(tasks: String, right: String) {
        let problems = WorkflowText.problems(tasks: tasks)
        #expect(problems.contains { $0.contains("did you mean \(right)") }, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix("7:") })
    }

    @Test("B55 tasks nested 1000 deep are refused by a limit")
    func deep() {
        let deep =
            String(repeating: "{do: [{a: ", count: 1000) + "{set: {x: 1}}"
            + String(repeating: "}]}", count: 1000)
        #expect(WorkflowText.codes(WorkflowText.file("  - a: \(deep)")) == [.limit])
        let levels =
            String(repeating: "{do: [{a: ", count: 17) + "{set: {x: 1}}"
            + String(repeating: "}]}", count: 17)
        #expect(WorkflowText.codes(WorkflowText.file("  - a: \(levels)")) == [.limit])
    }

    @Test("B55 more tasks than there may be are refused once")
    func manyTasks() {
        let tasks = (0..<2100).map { "  - t\($0): {set: {x: 1}}" }.joined(separator: "\n")
        #expect(WorkflowText.codes(WorkflowText.file(tasks)) == [.limit])
    }

    @Test("B55 what stands in data is never an expression, whatever it looks like")
    func injection() throws {
        let text = "set: {a: 'x ${ .b } y', b: {c: ['$${{ .x }}', '{{ .y }}', '$ { .z }']}}"
        guard case .set(.value(let value)) = try WorkflowText.task(text).action else {
            Issue.record("not a value")
            return
        }
        #expect(value["a"] == "x ${ .b } y")
        #expect(value["b"]?["c"] == ["$${{ .x }}", "{{ .y }}", "$ { .z }"])
    }

    @Test(
        "every prefix and every missing byte of a sound file is read or refused, and none traps")
    func damaged() {
        let bytes = Array(
            WorkflowText.file(
                """
                  - a: {try: [{b: {wait: PT1S}}], catch: {retry: {delay: PT1S}, then: c}}
                  - c: {switch: [{d: {when: '${ .x }', then: end}}]}
                """, top: "use: {timeouts: {t: {after: PT1S}}}"
            ).utf8)
        for place in bytes.indices {
            _ = try? Workflow.read(Array(bytes[..<place]), name: "f")
            var damaged = bytes
            damaged.remove(at: place)
            _ = try? Workflow.read(damaged, name: "f")
            damaged = bytes
            damaged[place] = UInt8(truncatingIfNeeded: place &* 31)
            _ = try? Workflow.read(damaged, name: "f")
        }
    }
}
