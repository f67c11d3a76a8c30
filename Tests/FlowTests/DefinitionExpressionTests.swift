import Document
import Testing

@testable import Flow

/// Expressions within a file: each is compiled when the file is read, and may name what there is at
/// its place.
@Suite(
    .enabled(
        if: (try? Expression("$nowhere")) == nil, "expressions are not compiled in this build"))
struct DefinitionExpressionTests {
    @Test(
        "B55 an expression that names what is not there is refused when the file is read",
        arguments: [
            "{set: {x: '${ steps.x.y }'}}", "{set: {x: '${ $steps.x }'}}",
            "{set: {x: '${ $output }'}}", "{if: $input.x, set: {x: 1}}",
            "{input: {from: $output}, set: {x: 1}}", "{set: {x: '${ $item }'}}",
            "{for: {each: pet, in: .x}, do: [{b: {set: {x: '${ $item }'}}}]}",
            "{for: {in: .x}, do: [], output: {as: $item}}",
            "{try: [{b: {set: {x: '${ $error }'}}}], catch: {}}",
            "{try: [], catch: {as: err, do: [{b: {set: {x: '${ $error }'}}}]}}",
            "{listen: {to: {any: []}}, foreach: {item: m}, output: {as: $m}}",
        ])
    func unknown(task: String) {
        let file = WorkflowText.file("  - a: \(task)")
        #expect(WorkflowText.codes(file).count == 1, "\(WorkflowText.problems(file))")
    }

    @Test(
        "B55 B56 what is no expression is refused with its place",
        arguments: [
            "${ .a | }", "${ .a } and ${ .b }", "${ }", "${}", "${ {{ .a }} }", "${{ .a }}",
        ])
    func malformed(text: String) {
        let file = WorkflowText.file("  - a: {set: {x: '\(text)'}}")
        #expect(WorkflowText.codes(file) == [.expression])
        #expect(WorkflowText.problems(file).allSatisfy { $0.hasPrefix("7:18 /do/0/a/set/x") })
    }

    @Test("a variable of the language at the wrong place is told with those that are there")
    func hint() {
        let problems = WorkflowText.problems(tasks: "  - a: {if: $output.x, set: {x: 1}}")
        #expect(
            problems == [
                "7:13 /do/0/a/if $output is not known here; known are $context, $runtime, "
                    + "$secrets, $task and $workflow"
            ])
    }

    @Test("the variables of the language are known where its table says")
    func table() throws {
        let workflow = "$secrets, $workflow, $runtime"
        let task = "$context, $task, \(workflow)"
        let definition = "$input, $authorization, \(task)"
        _ = try WorkflowText.read(
            """
              - a:
                  if: '[\(task)]'
                  input: {from: '[\(task)]'}
                  set: {x: '${ [\(definition)] }'}
                  output: {as: '[\(definition)]'}
                  export: {as: '[$output, \(definition)]'}
            """,
            top: "input: {from: '[\(workflow)]'}\noutput: {as: '[$context, \(workflow)]'}")
    }

    @Test("in loose mode a text that is no expression is itself")
    func loose() throws {
        let task = try WorkflowText.task(
            "set: {a: Hello you, b: .x}", top: "evaluate: {mode: loose}")
        guard case .set(let template) = task.action else {
            Issue.record("no set")
            return
        }
        #expect(template["a"]?.constant == "Hello you")
        #expect(template["b"]?.constant == nil)
    }
}
