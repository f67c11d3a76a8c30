import Document
import Testing
import Wire

@testable import baton

/// One line an event, for people and for programs.
@Suite struct TapLineTests {
    private static func lines(_ messages: [TapMessage], width: Int? = nil, names: Bool = false)
        -> [String]
    {
        var line = TapLine(width: width, namesOrchestrator: names)
        return messages.map { line.text($0).plain }
    }

    @Test("a call is four lines with the time between them")
    func call() throws {
        var stage = TapStage()
        let lines = Self.lines(try stage.answered("order-17"))
        let expected = [
            "14:13:20.001  client.x ⇢ echo       REQUEST       order-17            1",
            "14:13:20.002  o1 → echo#1           TASK          order-17   +1.0 ms  1",
            "14:13:20.003  echo#1 ⇢ o1           RESULT        order-17   +1.0 ms  2",
            "14:13:20.004  o1 → client.x         RESPONSE      order-17   +1.0 ms  2",
        ]
        #expect(lines == expected)
    }

    @Test("steps, retries and failures are said")
    func failures() throws {
        var stage = TapStage()
        let messages = [
            try stage.message(.task, "q", to: "a#1", out: true) {
                $0.step = 2
                $0.attempt = 3
            },
            try stage.failure(.fail, "q"),
        ]
        let lines = Self.lines(messages)
        #expect(lines[0].contains("TASK          q step 2 try 3"))
        #expect(lines[1].contains("FAIL          q                +1.0 ms  failed: no such file"))
        var line = TapLine(width: nil, namesOrchestrator: false)
        let coloured = line.text(messages[1]).rendered(colour: true)
        #expect(coloured.contains("\u{1b}[31mfailed: no such file\u{1b}[0m"))
    }

    @Test("a long wait after a step does not touch it")
    func gaps() throws {
        var stage = TapStage()
        let messages = try [1, 100].map { after in
            try stage.message(.result, "q", from: "a#1", after: UInt64(after)) { $0.step = 2 }
        }
        #expect(Self.lines(messages)[1].hasSuffix("q step 2 +100.0 ms"))
    }

    @Test("a span says what was done, for which request, how long, and how it went")
    func spans() throws {
        var stage = TapStage()
        let lines = Self.lines([
            try stage.span("q", of: "a#1"), try stage.span("q", of: "a#1", code: "busy"),
        ])
        #expect(lines[0].contains("SPAN          q "))
        #expect(lines[0].hasSuffix("  attempt a#1 12.0 ms"))
        #expect(lines[1].hasSuffix("  attempt a#1 12.0 ms busy"))
    }

    @Test("where there are several orchestrators each line names its own")
    func several() throws {
        var (one, two) = (TapStage("o1"), TapStage("other"))
        let lines = Self.lines([try one.call("a"), try two.call("b")], names: true)
        #expect(lines[0].contains("14:13:20.001  o1 client.x"))
        #expect(lines[1].contains("14:13:20.001  other client.x"))
    }

    @Test("a line fits the terminal, and what would steer it is escaped", arguments: [20, 60, 100])
    func hostile(width: Int) throws {
        var stage = TapStage()
        let odd = "\u{1b}[2J\n\t\u{7}\u{202e}e\u{301}漢字" + String(repeating: "漢", count: 300)
        let message = try stage.message(
            .error, String(repeating: "x", count: 64), from: odd, to: odd, content: odd
        ) { $0.error = WireError(code: odd, message: odd) }
        let line = Self.lines([message], width: width)[0]
        #expect(DisplayWidth.of(line) <= width)
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
    }

    @Test(
        "contents are shown as one short line",
        arguments: [
            (#"{ "a" : [1,  2] }"#, "", false, #"{"a":[1,2]}"#), ("", "", false, ""),
            ("a\u{1b}[2J\nb", "text/plain", false, #"a\u001b[2J\nb"#),
            (#"{"a":"#, "", true, #"{"a":… (9 bytes)"#),
            ("\u{200f}x\u{85}", "text/plain", false, #"\u200fx\u0085"#),
        ])
    func excerpts(text: String, type: String, isCut: Bool, excerpt: String) {
        let content = TapContent(
            Array(text.utf8), type: type, isCut: isCut, length: isCut ? 9 : nil)
        #expect(content.excerpt() == excerpt)
    }

    @Test("bytes that are no text are counted")
    func binary() {
        #expect(TapContent([0xff, 0xfe], type: "image/png").excerpt() == "(2 bytes of image/png)")
        #expect(TapContent([0xff, 0xfe], type: "image/png").value == ["base64": "//4="])
        #expect(TapContent([], length: 7).excerpt() == "(7 bytes)")
    }

    @Test("a character that was cut in two is left out")
    func halves() {
        let bytes = Array("ä€".utf8.dropLast())
        #expect(TapContent(bytes, isCut: true, length: 100).value == ["text": "ä"])
        #expect(TapContent([0xc3], isCut: true, length: 2).value == ["base64": "ww=="])
    }

    @Test("for programs an event is one object with the message in it")
    func json() throws {
        var stage = TapStage()
        let message = try stage.message(
            .task, "q", from: "c", to: "echo#1", out: true, content: #"{"a":1}"#)
        let value = message.json
        #expect(value["orchestrator"] == "o1")
        #expect(value["number"] == 1)
        #expect(value["at"] == "2026-09-21T14:13:20.001000Z")
        #expect(value["direction"] == "out")
        #expect(value["length"] == 7)
        #expect(value["cut"] == false)
        #expect(value["message"]?["message_type"] == "TASK")
        #expect(value["message"]?["content"]?["a"] == 1)
        let cut = try stage.message(.task, "q", content: #"{"a":"#, cut: true).json
        #expect(cut["cut"] == true)
        #expect(cut["message"]?["content"] == ["text": #"{"a":"#])
    }

    @Test(
        "spans of time are short",
        arguments: [
            (0, "0 µs"), (999_999, "999 µs"), (1_000_000, "1.0 ms"), (12_345_678, "12.3 ms"),
            (999_999_999, "999.9 ms"), (1_250_000_000, "1.25 s"), (59_999_999_999, "59.99 s"),
            (185_000_000_000, "3m 5s"), (UInt64.max, "213503d 23h"),
        ] as [(UInt64, String)])
    func spans(nanoseconds: UInt64, text: String) {
        #expect(TapTime.span(nanoseconds) == text)
    }

    @Test("any moment can be written")
    func moments() {
        #expect(TapTime.exact(1_001) == "1970-01-01T00:00:00.000001Z")
        #expect(!TapTime.exact(.max).isEmpty && !TapTime.clock(.max).isEmpty)
        #expect(TapTime.span(from: 5, to: 3) == "0 µs")
    }

    @Test("an envelope that cannot be read is no message")
    func unreadable() {
        let mark = TapMark(number: 1, at: 1, length: 0)
        let event = TapEvent(topic: "e/TASK", mark: mark, envelope: [0xff], content: [])
        #expect(TapMessage(event, from: "o1") == nil)
        let version = TapEvent(topic: "e/TASK", mark: mark, envelope: [8, 9], content: [])
        #expect(TapMessage(version, from: "o1") == nil)
    }
}
