import Telemetry
import Testing
import Wire

@testable import baton

/// The sequence diagram of a request, as text and as a document.
@Suite struct SequenceTests {
    private static func entries(_ messages: [TapMessage], of request: String? = nil)
        -> [RequestStory.Entry]
    {
        var story = RequestStory(of: request)
        return messages.flatMap { story.take($0, shown: $0) }
    }

    private static func text(_ entries: [RequestStory.Entry], width: Int = 80) -> [String] {
        var diagram = SequenceDiagram(width: width)
        return entries.flatMap { diagram.lines(for: $0) }.map(\.plain)
    }

    private static func document(_ entries: [RequestStory.Entry]) -> String {
        var diagram = MermaidDiagram()
        return entries.compactMap { diagram.document(after: $0) }.joined(separator: "\n")
    }

    @Test("a call is drawn between its caller, the orchestrator and the worker")
    func call() throws {
        var stage = TapStage()
        let lines = Self.text(Self.entries(try stage.answered("order-17")))
        let expected = [
            "request order-17 for echo",
            "                 client.x                  o1",
            "     0 µs            │─ REQUEST echo 1 ────▶│",
            "                     │                      │                   echo#1",
            "   1.0 ms            │                      │─ TASK 1 ────────────▶│",
            "   2.0 ms            │                      │◀╌ RESULT 2 ╌╌╌╌╌╌╌╌╌╌│",
            "   3.0 ms            │◀╌ RESPONSE 2 ╌╌╌╌╌╌╌╌│                      │",
            "✔ answered by echo#1 in 3.0 ms", "",
        ]
        #expect(lines == expected)
    }

    @Test("retries, failures and long silences are said")
    func retries() throws {
        var stage = TapStage()
        var messages = [try stage.call("q"), try stage.task("q")]
        messages.append(try stage.failure(.fail, "q"))
        messages.append(
            try stage.message(.task, "q", to: "echo#2", out: true, after: 1500) { $0.attempt = 2 })
        messages.append(try stage.failure(.error, "q", to: "client.x", out: true))
        let lines = Self.text(Self.entries(messages))
        #expect(lines.contains { $0.contains("◀╌ FAIL failed: no") })
        #expect(lines.contains("          ✗ FAIL failed: no such file"))
        #expect(lines.contains("          ┄┄ 1.50 s later ┄┄"))
        #expect(lines.contains { $0.contains("TASK try 2 ") })
        #expect(lines.contains("✗ failed in 1.50 s, with one retry: failed: no such file"))
    }

    @Test("without a request one after another is drawn, and nobody's in between")
    func following() throws {
        var stage = TapStage()
        let question = try stage.call("baton-q", of: "baton")
        let first = try stage.answered("first")
        let between = try stage.call("between")
        let second = try stage.answered("second")
        let order = [question, first[0], between, first[1], first[2], first[3]] + second
        let entries = Self.entries(order + [first[0]].map { $0 })
        let titles = entries.compactMap { if case .title(let title) = $0 { title } else { nil } }
        #expect(titles == ["request first for echo", "request second for echo"])
    }

    @Test("calls below a request are part of it, and do not end it")
    func nested() throws {
        var stage = TapStage()
        let messages = [
            try stage.call("q", of: "plan"), try stage.task("q", to: "plan#1", dispatch: 3),
            try stage.message(.request, "below", from: "plan#1", to: "cost") {
                $0.messageID = "below"
                $0.depth = 1
                $0.dispatch = 3
            },
            try stage.task("below", to: "cost#1", dispatch: 4),
            try stage.result("below", from: "cost#1"), try stage.response("below", to: "plan#1"),
            try stage.result("q", from: "plan#1"), try stage.response("q"),
        ]
        let entries = Self.entries(messages, of: "q")
        let arrows = entries.compactMap { entry -> String? in
            guard case .arrow(let arrow) = entry else { return nil }
            return "\(arrow.from)>\(arrow.to)"
        }
        #expect(
            arrows == [
                "client.x>o1", "o1>plan#1", "plan#1>o1", "o1>cost#1", "cost#1>o1", "o1>plan#1",
                "plan#1>o1", "o1>client.x",
            ])
        guard case .ending(let ending)? = entries.last else {
            Issue.record("the request did not end")
            return
        }
        #expect(ending.summary == "answered by plan#1 in 7.0 ms")
    }

    @Test("what its topic says lies below a request is part of it, whatever was not heard")
    func topics() throws {
        var stage = TapStage()
        let messages = [
            try stage.message(.task, "below", to: "cost#1", out: true, topic: "r/q/below"),
            try stage.message(.task, "else", to: "cost#1", out: true, topic: "r/q2/else"),
            try stage.message(.response, "below", to: "plan#1", out: true, topic: "r/q/below"),
            try stage.response("q"),
        ]
        let entries = Self.entries(messages, of: "q")
        #expect(entries.count { if case .arrow = $0 { true } else { false } } == 3)
        #expect(
            entries.last
                == .ending(
                    .init(
                        isFailure: false,
                        summary: "answered by o1 3.0 ms after the first that was heard")))
    }

    @Test("how long a request took that was joined later is not pretended to be known")
    func joined() throws {
        var stage = TapStage()
        let entries = Self.entries([try stage.result("q"), try stage.response("q")], of: "q")
        let summary = "answered by echo#1 1.0 ms after the first that was heard"
        #expect(entries.last == .ending(.init(isFailure: false, summary: summary)))
    }

    @Test("a span is no message between two")
    func spans() throws {
        var stage = TapStage()
        #expect(Self.entries([try stage.span("q", of: "echo#1")], of: "q") == [])
    }

    @Test("whoever comes late is told so; whoever leaves early too")
    func late() throws {
        var stage = TapStage()
        var story = RequestStory(of: "q")
        let result = try stage.result("q")
        let entries = story.take(result, shown: result)
        #expect(entries.contains(.note("the beginning was not heard")))
        #expect(
            story.stop() == [
                .ending(.init(isFailure: true, summary: "no end was seen within 0 µs"))
            ])
        #expect(story.stop() == [])
        #expect(story.note("lost") == [])
    }

    @Test("a request that says nothing any more does not keep the next one waiting")
    func patience() throws {
        var stage = TapStage()
        let first = try stage.call("first")
        let next = try stage.message(
            .request, "next", from: "c", to: "echo", after: 61_001
        ) { $0.messageID = "next" }
        let entries = Self.entries([first, next])
        #expect(entries.contains(.title("request next for echo")))
    }

    @Test("a notification ends with its result, a failure that is tried again does not end it")
    func notification() throws {
        var stage = TapStage()
        let begin = try stage.message(.notification, "n", from: "c", to: "echo") {
            $0.messageID = "n"
        }
        let messages = [
            begin, try stage.message(.accepted, "n", to: "c", out: true), try stage.task("n"),
            try stage.failure(.fail, "n"), try stage.task("n", attempt: 2),
            try stage.result("n"),
        ]
        #expect(
            Self.entries(messages).last
                == .ending(
                    .init(isFailure: false, summary: "done by echo#1 in 5.0 ms, with one retry")))
    }

    @Test("it fits its width, however many take part", arguments: [20, 48, 80, 133, 2000])
    func width(width: Int) throws {
        var stage = TapStage()
        var messages = [try stage.call("q", of: String(repeating: "x", count: 64))]
        for number in 0..<40 {
            let name = "漢字\u{1b}[2J-agent-with-a-long-name#\(number)"
            messages.append(
                try stage.message(.task, "q", to: name, out: true, content: "\u{1b}[2J漢字漢字"))
            messages.append(try stage.failure(.fail, "q", from: name))
        }
        messages.append(try stage.response("q"))
        let lines = Self.text(Self.entries(messages), width: width)
        let most = max(48, min(400, width))
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= most })
        #expect(!lines.contains { $0.unicodeScalars.contains { $0.value < 0x20 } })
        #expect(width > 400 || lines.contains { $0.contains(" others") })
    }

    @Test("moments that lie are no harm")
    func moments() throws {
        let mark = TapMark(number: 1, at: .max, length: 0)
        var stage = TapStage()
        let messages = try stage.answered("q").enumerated().map { index, message in
            var event = message.event
            event.mark = mark
            event.mark.at = index.isMultiple(of: 2) ? .max : 0
            return TapMessage(event, message.envelope, from: "o1")
        }
        #expect(!Self.text(Self.entries(messages)).isEmpty)
    }

    @Test("a document of Mermaid has every participant and arrow once")
    func mermaid() throws {
        var stage = TapStage()
        let document = Self.document(Self.entries(try stage.answered("order-17")))
        #expect(
            document == """
                sequenceDiagram
                    title request order-17 for echo
                    participant p1 as client.x
                    participant p2 as o1
                    participant p3 as echo#35;1
                    p1->>p2: REQUEST echo 1
                    p2->>p3: TASK 1
                    p3-->>p2: RESULT 2
                    p2-->>p1: RESPONSE 2
                    Note over p1,p3: answered by echo#35;1 in 3.0 ms

                """)
    }

    @Test(
        "no name or content can be mistaken for the language",
        arguments: [
            ("a#1", "a#35;1"), ("a;b", "a#59;b"), ("%%{init}%%", "#37;#37;{init}#37;#37;"),
            ("<b>&\"", "#60;b#62;#38;\""), ("a\nend", "a#92;nend"), ("", "#8203;"),
            ("  ", "#8203;"), ("漢字 é", "漢字 é"), ("a->>b: x", "a-#62;#62;b: x"),
            ("$$x$$ `y` [z] | \\", "#36;#36;x#36;#36; #96;y#96; [z] #124; #92;"),
        ])
    func escapes(text: String, escaped: String) {
        #expect(MermaidDiagram.escaped(text) == escaped)
    }

    @Test("what is hidden is not drawn either")
    func redacted() throws {
        var stage = TapStage()
        let redaction = try Redaction(["sender", "receiver", "content"])
        var story = RequestStory(of: nil)
        let entries = try stage.answered("order-17").flatMap {
            story.take($0, shown: redaction.applied(to: $0))
        }
        let text = Self.text(entries).joined(separator: "\n") + Self.document(entries)
        #expect(!text.contains("echo") && !text.contains("client.x"))
        #expect(text.contains("✔ answered by [redacted]"))
    }
}
