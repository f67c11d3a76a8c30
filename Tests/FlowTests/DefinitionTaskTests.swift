import Document
import Testing

@testable import Flow

/// Each kind of task and what every task may say, as it comes out of a file.
@Suite struct DefinitionTaskTests {
    @Test("what every task may say is read, with its place and its text")
    func common() throws {
        let task = try WorkflowText.task(
            """
            if: .active
            input: {from: {a: '${ .b }', c: 1}, schema: {document: {type: object}}}
            output: {as: .d, schema: {document: {type: string}}}
            export: {as: '$context + {e: .}', schema: {document: {type: object}}}
            timeout: {after: {minutes: 2, seconds: 30}}
            then: end
            metadata: {note: [1, two]}
            set: {x: 1}
            """)
        #expect(task.name == "it")
        #expect(task.reference == "/do/0/it")
        #expect(task.condition?.text == ".active")
        #expect(task.input.from?["a"]?.expression == " .b ")
        #expect(task.input.from?["c"]?.constant == 1)
        #expect(task.input.schema?.schema.validate("text").isEmpty == false)
        #expect(task.output.as?.expression == ".d")
        #expect(task.output.schema != nil)
        #expect(task.export?.as?.expression == "$context + {e: .}")
        #expect(task.export?.schema != nil)
        #expect(task.timeout?.after.fixed == .seconds(150))
        #expect(task.then == .end)
        #expect(task.metadata == ["note": [1, "two"]])
        #expect(task.source["set"] == ["x": 1])
    }

    @Test("a name with a slash or a tilde is escaped in its reference")
    func reference() throws {
        let workflow = try WorkflowText.read("  - a/b~c: {do: [{d: {set: {x: 1}}}]}")
        let outer = try #require(workflow.tasks.tasks.first)
        guard case .do(let list) = outer.action else {
            Issue.record("no do")
            return
        }
        #expect(outer.reference == "/do/0/a~1b~0c")
        #expect(list.tasks.first?.reference == "/do/0/a~1b~0c/do/0/d")
    }

    @Test("set takes members, in which whole texts are expressions, or one expression")
    func set() throws {
        let members = try WorkflowText.task(
            "set: {a: '${ .x }', b: '$x', c: 'say ${ .x }', d: [1]}")
        guard case .set(let template) = members.action else {
            Issue.record("no set")
            return
        }
        #expect(template["a"]?.expression == " .x ")
        #expect(template["b"]?.constant == "$x")
        #expect(template["c"]?.constant == "say ${ .x }")
        #expect(template["d"]?.constant == [1])
        guard case .set(.expression(let whole)) = try WorkflowText.task("set: ${ .all }").action
        else {
            Issue.record("no expression")
            return
        }
        #expect(whole.text == " .all ")
    }

    @Test("a loop is read, with names for its item and its position")
    func loop() throws {
        let task = try WorkflowText.task(
            """
            for: {each: pet, in: .pets, at: place}
            while: $pet.name != null and $place < 5
            do:
              - look: {set: {name: '${ $pet.name }', at: '${ $place }'}}
            """)
        guard case .for(let loop) = task.action else {
            Issue.record("no loop")
            return
        }
        #expect([loop.item, loop.index] == ["pet", "place"])
        #expect(loop.collection.expression == ".pets")
        #expect(loop.condition?.text == "$pet.name != null and $place < 5")
        #expect(loop.tasks.tasks.map(\.reference) == ["/do/0/it/do/0/look"])
    }

    @Test("a loop has names of its own for item and position, and may go over a list in the file")
    func inlineLoop() throws {
        let task = try WorkflowText.task(
            "for: {in: [{a: 1}, {a: '${ .b }'}]}\ndo: [{x: {set: {y: '${ $item.a + $index }'}}}]")
        guard case .for(let loop) = task.action else {
            Issue.record("no loop")
            return
        }
        #expect([loop.item, loop.index] == ["item", "index"])
        #expect(loop.collection[0]?.constant == ["a": 1])
        #expect(loop.collection[1]?["a"]?.expression == " .b ")
    }

    @Test("a fork has branches, which may compete")
    func fork() throws {
        let text = "fork: {compete: true, branches: [{a: {set: {x: 1}}}, {b: {set: {x: 2}}}]}"
        guard case .fork(let fork) = try WorkflowText.task(text).action else {
            Issue.record("no fork")
            return
        }
        #expect(fork.competes)
        #expect(
            fork.branches.tasks.map(\.reference)
                == ["/do/0/it/fork/branches/0/a", "/do/0/it/fork/branches/1/b"])
    }

    @Test("a switch has cases with conditions, and at most one without")
    func `switch`() throws {
        let workflow = try WorkflowText.read(
            """
              - choose: {switch: [{red: {when: .c == 1, then: paint}}, {other: {then: exit}}]}
              - paint: {set: {x: 1}}
            """)
        guard case .switch(let cases)? = workflow.tasks.tasks.first?.action else {
            Issue.record("no switch")
            return
        }
        #expect(cases.map(\.name) == ["red", "other"])
        #expect(cases.map { $0.condition?.text } == [".c == 1", nil])
        #expect(cases.map(\.then) == [.task("paint"), .exit])
    }

    @Test("waits are read as ISO 8601, as parts and as expressions")
    func waits() throws {
        func wait(_ text: String) throws -> DurationTemplate? {
            guard case .wait(let duration) = try WorkflowText.task("wait: \(text)").action else {
                return nil
            }
            return duration
        }
        #expect(try wait("PT1M30S")?.fixed == .seconds(90))
        #expect(
            try wait("{days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1}")?.fixed
                == .milliseconds(90_061_001))
        guard case .expression(let expression)? = try wait("${ .pause }"),
            case .parts(let parts)? = try wait("{seconds: '${ .pause }'}")
        else {
            Issue.record("no expressions")
            return
        }
        #expect(expression.text == " .pause ")
        #expect(parts["seconds"]?.expression == " .pause ")
    }

    @Test("a subflow is named by its identity; latest is no version of it")
    func subflow() throws {
        let text =
            "run: {workflow: {namespace: n, name: w, version: VERSION, input: {a: '${ .b }'}}}"
        func reference(_ version: String) throws -> (WorkflowReference, Template?)? {
            let task = try WorkflowText.task(text.replacing("VERSION", with: version))
            guard case .run(let run) = task.action, case .workflow(let it, let input) = run.process
            else { return nil }
            #expect(run.awaits && run.returns == .stdout)
            return (it, input)
        }
        let exact = try #require(try reference("1.2.0"))
        #expect(exact.0 == WorkflowReference(namespace: "n", name: "w", version: "1.2.0"))
        #expect(exact.1?["a"]?.expression == " .b ")
        #expect(try reference("latest")?.0.version == nil)
    }

    @Test("a command of the shell is read, its own ${ } left alone")
    func shell() throws {
        let workflow = try WorkflowText.read(
            """
              - it:
                  run:
                    shell: {command: 'echo ${HOME} $1', stdin: '${ .x }', arguments: [1, b],
                      environment: {A: no}}
                    await: false
                    return: all
            """)
        guard case .run(let run)? = workflow.tasks.tasks.first?.action,
            case .shell(let shell) = run.process
        else {
            Issue.record("no shell")
            return
        }
        #expect(!run.awaits && run.returns == .all)
        #expect(shell["command"]?.constant == "echo ${HOME} $1")
        #expect(shell["stdin"]?.expression == " .x ")
        #expect(shell["arguments"]?.constant == ["1", "b"])
        #expect(shell["environment"]?.constant == ["A": "no"])
        #expect(workflow.remarks.isEmpty)
    }

    @Test("extensions are found by the kind of task, and do not extend themselves")
    func extensions() throws {
        let workflow = try WorkflowText.read(
            """
              - a: {set: {x: 1}}
              - b: {do: [{c: {wait: PT1S}}]}
            """,
            top: """
                use:
                  extensions:
                    - log: {extend: all, when: $task.name != "x", before: [{l: {set: {y: 1}}}]}
                    - sets: {extend: set, after: [{s: {set: {y: 1}, then: exit}}]}
                    - both: {extend: composite}
                """)
        #expect(workflow.tasks.tasks.map(\.extensions) == [[0, 1], [0, 2]])
        let log = try #require(workflow.components.extensions.first)
        #expect([log.name, log.extends] == ["log", "all"])
        #expect(log.when?.text == "$task.name != \"x\"")
        #expect(log.before?.tasks.map(\.extensions) == [[]])
        #expect(log.before?.tasks.map(\.reference) == ["/use/extensions/0/log/before/0/l"])
        #expect(workflow.components.extensions[1].after?.tasks.first?.then == .exit)
    }
}
