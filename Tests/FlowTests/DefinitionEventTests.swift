import Document
import Testing

@testable import Flow

/// Events that are waited for and sent, as they come out of a file.
@Suite struct DefinitionEventTests {
    private func listen(_ text: String) throws -> Listen {
        guard case .listen(let listen) = try WorkflowText.task(text).action else {
            throw Invalid(problems: [])
        }
        return listen
    }

    @Test("an emitted event keeps its attributes as texts and its data as it is")
    func emit() throws {
        let text = "emit: {event: {with: {type: 1.0, source: '${ .s }', data: {n: 1}, mine: true}}}"
        guard case .emit(let event) = try WorkflowText.task(text).action else {
            Issue.record("no emit")
            return
        }
        #expect(event["type"]?.constant == "1.0")
        #expect(event["source"]?.expression == " .s ")
        #expect(event["data"]?.constant == ["n": 1])
        #expect(event["mine"]?.constant == true)
    }

    @Test("filters have attributes and correlations")
    func filter() throws {
        let read = try listen(
            """
            listen:
              read: envelope
              to:
                all:
                  - with: {type: a, data: '${ .t > 38 }'}
                    correlate: {room: {from: .room, expect: '${ $context.room }'}}
                  - with: {type: b}
            """)
        guard case .all(let filters) = read.to else {
            Issue.record("not all")
            return
        }
        #expect(read.read == .envelope)
        #expect(filters.map { $0.with.map(\.key) } == [["type", "data"], ["type"]])
        #expect(filters[0].with[1].value.expression == " .t > 38 ")
        #expect(filters[0].correlations["room"]?.from.text == ".room")
        #expect(filters[0].correlations["room"]?.expect?.expression == " $context.room ")
    }

    @Test("any event is waited for until a condition, events, or for ever")
    func until() throws {
        func until(_ text: String) throws -> Consumption.Until? {
            guard
                case .any(let filters, let until) = try listen("listen: {to: {any: []\(text)}}").to
            else { return nil }
            #expect(filters.isEmpty)
            return until
        }
        #expect(try until("") == nil)
        guard case .condition(let bare)? = try until(", until: (. | length) > 3"),
            case .condition(let enclosed)? = try until(", until: '${ false }'"),
            case .events(.one(let filter))? = try until(", until: {one: {with: {type: a}}}"),
            case .never? = try until(", until: false")
        else {
            Issue.record("not as told")
            return
        }
        #expect([bare.text, enclosed.text] == ["(. | length) > 3", " false "])
        #expect(filter.with.first?.value.constant == "a")
    }

    @Test("what is done with each event has its own variables")
    func iterator() throws {
        let each = try #require(
            try listen(
                """
                listen: {to: {one: {with: {type: a}}}}
                foreach:
                  item: message
                  at: n
                  do: [{x: {set: {y: '${ $message.z + $n }'}}}]
                  output: {as: '{m: $message}'}
                  export: {as: '$context + {n: $n}'}
                """
            ).each)
        #expect([each.item, each.index] == ["message", "n"])
        #expect(each.tasks?.tasks.map(\.reference) == ["/do/0/it/foreach/do/0/x"])
        #expect(each.output.as?.expression == "{m: $message}")
        #expect(each.export?.as?.expression == "$context + {n: $n}")
    }

    @Test(
        "filters and strategies that are none are refused",
        arguments: [
            ("{to: {}}", "all, any or one"), ("{to: {one: {with: {}}}}", "at least one"),
            ("{to: {one: {}}}", "with"), ("{to: {all: {with: {type: a}}}}", "list"),
            ("{to: {all: [], any: []}}", "one of"),
            ("{to: {one: {with: {type: a}}, until: .x}}", "until"),
            ("{}", "to"), ("{to: {any: []}, read: dta}", "did you mean data?"),
            ("{to: {any: [], until: {any: [], until: .x}}}", "of its own"),
            ("{to: {one: {with: {type: a}, correlate: {r: {expect: 1}}}}}", "from"),
        ])
    func refused(text: String, word: String) {
        let problems = WorkflowText.problems(tasks: "  - a: {listen: \(text)}")
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains(word) }, "\(problems)")
    }

    @Test("an event without a type is not sent")
    func typeless() {
        let problems = WorkflowText.problems(tasks: "  - a: {emit: {event: {with: {source: s}}}}")
        #expect(problems == ["7:30 /do/0/a/emit/event/with the key \"type\" is missing"])
    }
}
