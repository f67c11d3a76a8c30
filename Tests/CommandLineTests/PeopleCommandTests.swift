import Document
import Testing

@testable import baton

/// What the command line says of tasks for people, without a cluster.
@Suite struct PeopleCommandTests {
    @Test(
        "What cannot be meant of a task is a mistake of the command line",
        arguments: [
            "approve --yes", "approve h1 --yes --no", "approve h1 --answer 1 --set a=b",
            "approve h1 --set a", "approve h1 --set =1", "approve h1 --answer {",
            "approve --token x", "approve h1 h2", "approve --limit 0", "ask", "ask quick",
            "ask quick x --set y",
        ])
    func refused(line: String) async throws {
        let folder = try TemporaryFolder()
        let words = line.split(separator: " ").map(String.init)
        let result = await Harness(folder: folder.path).run(words)
        let isEarly = result.exit == .usage || result.exit == .unavailable
        #expect(isEarly, "\(line): \(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test("A field says what may stand there, and makes of a line what it means")
    func fields() throws {
        let form = try JSON.parse(
            Array(
                """
                {"required": ["sum", "to"], "properties": {
                    "sum": {"type": "integer", "minimum": 1}, "to": {"type": "string"},
                    "fast": {"type": "boolean", "default": false},
                    "how": {"enum": ["sea", "air"]}}}
                """.utf8))
        let fields = FormField.all(of: form)
        #expect(
            fields.map(\.question) == [
                "sum (integer, at least 1)", "to (string)", "fast (yes | no) [false]",
                "how (sea | air, may be empty)",
            ])
        #expect(fields[0].value(of: "7") == 7 && fields[1].value(of: "7") == "7")
        #expect(fields[2].value(of: "Yes") == true && fields[3].value(of: "air") == "air")
        #expect(fields[0].problem(with: 0) != nil && fields[0].problem(with: 1) == nil)
        #expect(fields[3].problem(with: "rail") != nil)
        #expect(fields.map(\.isOptional) == [false, false, true, true])
        #expect(FormField.all(of: 7).isEmpty)
    }

    @Test("Any task can be shown, and nothing in it reaches the terminal as it is")
    func odd() {
        let task: Value = [
            "id": "h1", "title": "a\u{1b}[31mb", "asked_ms": -5, "due_ms": 3,
            "ask": [
                "approve": ["action": "pay", "arguments": ["x": "\u{1b}]0;t\u{7}"]], "z": [1],
            ],
        ]
        for rows in [[task], [.null], [[]], [["asked_ms": "x"]]] as [[Value]] {
            let table = PersonView.table(rows, at: 0).lines(width: 80).map(\.plain)
            #expect(table.count == 2 && !table.contains { $0.contains("\u{1b}") })
            #expect(!PersonView.closed(rows, at: 0).lines(width: nil).isEmpty)
        }
        let page = PersonView.lines(of: task).map(\.plain)
        #expect(page.contains("z: [1]") && !page.contains { $0.contains("\u{1b}") })
        #expect(!PersonView.lines(of: .null).isEmpty)
    }

    @Test("An answer is shown as its text, its sources and its confidence")
    func answers() throws {
        let value: Value = [
            "answer": "Yes.\nNo.", "sources": ["a", ["title": "b"]], "confidence": 0.834,
        ]
        #expect(
            AskedAnswer(value)?.lines.map(\.plain) == [
                "Yes.", "No.", "sources     a, b", "confidence  83 %",
            ])
        #expect(AskedAnswer("plain")?.lines.map(\.plain) == ["plain"])
        #expect(AskedAnswer(["n": 1]) == nil)
        #expect(AskedAnswer(["text": "x", "confidence": 1e300])?.lines.count == 2)
    }

    @Test("Help shows every way to answer, with examples")
    func help() async throws {
        let folder = try TemporaryFolder()
        let page = await Harness(folder: folder.path).run("approve", "--help").output
        for word in ["--yes", "--no", "--answer", "--set", "--token", "--make-token", "--closed"] {
            #expect(page.contains(word))
        }
        #expect(await Harness(folder: folder.path).run("ask", "--help").output.contains("--set"))
    }
}
