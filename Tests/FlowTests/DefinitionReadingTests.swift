import Document
import Testing

@testable import Flow

/// What stands at the top of a workflow file, and how everything wrong is told at once.
@Suite struct DefinitionReadingTests {
    private static let whole = """
        document:
          dsl: 1.0.3
          namespace: finance
          name: cost-report
          version: 2.1.0-rc.1
          title: Costs
          summary: "*All* of them"
          tags: {team: no, size: 12}
          metadata: {owner: {id: 7}}
        input:
          schema:
            document: {type: object, required: [month]}
          from: .body
        output:
          as: "${ .report }"
          schema: {format: json, document: {type: object}}
        timeout: patient
        schedule: {cron: "0 6 * * mon-fri"}
        evaluate: {language: jq, mode: strict}
        use:
          secrets: [token]
          timeouts: {patient: {after: PT1H}}
        do:
          - first: {set: {a: 1}}
        """

    @Test("everything at the top of a file is read")
    func top() throws {
        let workflow = try Workflow.read(Array(Self.whole.utf8), name: "f.yaml")
        let about = workflow.document
        #expect(about.dsl == "1.0.3")
        #expect(
            [about.namespace, about.name, about.version]
                == ["finance", "cost-report", "2.1.0-rc.1"])
        #expect(about.title == "Costs")
        #expect(about.summary == "*All* of them")
        #expect(about.tags == ["team": "no", "size": "12"])
        #expect(about.metadata == ["owner": ["id": 7]])
        #expect(workflow.input.schema != nil)
        #expect(workflow.input.from?.expression == ".body")
        #expect(workflow.output.as?.expression == " .report ")
        #expect(workflow.output.schema?.format == "json")
        #expect(workflow.timeout?.after.fixed == .seconds(3600))
        #expect(workflow.evaluation == .strict)
        #expect(workflow.components.secrets == ["token"])
        #expect(workflow.source["document"]?["name"] == "cost-report")
        guard case .cron(let cron)? = workflow.schedule else {
            Issue.record("no schedule")
            return
        }
        #expect(cron.text == "0 6 * * mon-fri")
    }

    @Test("JSON is read as YAML is")
    func json() throws {
        let text = """
            {"document": {"dsl": "1.0.0", "namespace": "a", "name": "b", "version": "0.1.0"},
             "do": [{"one": {"set": {"x": "${ .y }"}}}]}
            """
        let workflow = try Workflow.read(Array(text.utf8), name: "f.json")
        #expect(workflow.tasks.tasks.map(\.name) == ["one"])
    }

    @Test("all problems of a file are told at once, by line, column and pointer, in order")
    func all() {
        let text = """
            document:
              dsl: 0.9.0
              namespace: a_b
              name: ok
              verison: 1.0.0
            timeout: {after: 5s}
            do:
              - a:
                  set: {x: 1}
                  then: c
              - b:
                  wait: {secnods: 5}
            """
        #expect(
            WorkflowText.problems(text).map {
                $0.split(separator: " ").prefix(2).joined(separator: " ")
            }
                == [
                    "2:3 /document", "2:8 /document/dsl", "3:14 /document/namespace",
                    "5:3 /document/verison", "6:18 /timeout/after", "10:13 /do/0/a/then",
                    "12:14 /do/1/b/wait/secnods",
                ])
        #expect(
            WorkflowText.codes(text)
                == [.invalid, .configuration, .invalid, .invalid, .invalid, .invalid, .invalid])
    }

    @Test("a problem is told as editors read it, with what may have been meant")
    func described() {
        let text = WorkflowText.file(
            "  - a: {call: http, wiht: {method: get, endpoint: 'http://x'}}")
        do throws(Invalid) {
            _ = try Workflow.read(Array(text.utf8), name: "flow.yaml")
            Issue.record("was read")
        } catch {
            #expect(
                error.description.contains(
                    "flow.yaml:7:21: /do/0/a/wiht: unknown key \"wiht\"; did you mean with?"))
        }
    }

    @Test("at most a hundred problems are told")
    func many() {
        let tasks = (0..<300).map { "  - t\($0): {sett: 1}" }.joined(separator: "\n")
        #expect(WorkflowText.problems(tasks: tasks).count == 100)
    }

    @Test(
        "versions of the language other than 1.0 are refused as configuration",
        arguments: ["0.8.0", "1.1.0", "2.0.0", "1.0.0-alpha5"])
    func language(version: String) {
        let text = WorkflowText.file("  - a: {set: {x: 1}}")
            .replacing("1.0.3", with: version, maxReplacements: 1)
        #expect(WorkflowText.codes(text) == [.configuration])
    }

    @Test("expressions in another language are refused as configuration")
    func otherLanguage() {
        let text = WorkflowText.file("  - a: {set: {x: 1}}", top: "evaluate: {language: js}")
        #expect(WorkflowText.codes(text) == [.configuration])
    }

    @Test(
        "schedules are read",
        arguments: [
            ("{every: PT5M}", "every 300.0 seconds"),
            ("{after: {minutes: 1}}", "again after 60.0 seconds"),
            ("{cron: '*/5 * * * *'}", "at */5 * * * *"),
            ("{on: {one: {with: {type: a.b}}}, read: envelope}", "on a.b"),
        ])
    func schedules(text: String, summary: String) throws {
        let workflow = try WorkflowText.read(
            "  - a: {set: {x: 1}}", top: "schedule: \(text)")
        #expect(workflow.schedule.map(Summary.of) == summary)
        if case .on(_, let read) = workflow.schedule { #expect(read == .envelope) }
    }

    @Test(
        "a schedule that is none is refused",
        arguments: [
            "{}", "{every: PT5M, cron: '* * * * *'}", "{every: PT0S}", "{every: '${ .x }'}",
            "{read: data, every: PT1S}", "{cron: '* * * *'}", "{cron: '60 * * * *'}",
            "{cron: 'a b c d e'}", "{on: {}}",
        ])
    func noSchedule(text: String) {
        let text = WorkflowText.file("  - a: {set: {x: 1}}", top: "schedule: \(text)")
        #expect(WorkflowText.problems(text).count == 1)
    }

    @Test("a workflow in loose mode reads bare texts as expressions where they are such")
    func loose() throws {
        let task = try WorkflowText.task(
            "set: {a: '.x', b: '${ .y }'}", top: "evaluate: {mode: loose}")
        guard case .set(.object(let members)) = task.action else {
            Issue.record("no set")
            return
        }
        guard case .loose(let loose) = members[0].value else {
            Issue.record("not loose")
            return
        }
        #expect(loose.text == ".x")
        #expect(members[1].value.expression == " .y ")
    }
}
