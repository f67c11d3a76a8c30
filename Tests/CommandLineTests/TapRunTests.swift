import Telemetry
import Testing
import Wire

@testable import baton

/// What becomes of events, and the whole command over a recording.
@Suite struct TapRunTests {
    private static func output(_ memory: Memory, _ terminal: Terminal = .none) -> Output {
        Output(terminal: terminal, sink: memory.add)
    }

    private static func lines(_ memory: Memory, all: Bool = false) -> TapLines {
        TapLines(output(memory), showsHealth: all, namesOrchestrator: false)
    }

    @Test("what comes under two topics is shown once, by each orchestrator")
    func twice() throws {
        let memory = Memory()
        let filter = TapFilter(agents: ["echo", "client.x"])
        let run = TapRun(filter, try Redaction([]), view: Self.lines(memory))
        var stage = TapStage()
        let event = stage.event(.task, "q", from: "client.x", to: "echo#1", topic: "a/echo")
        var again = event
        again.topic = "a/client.x"
        for (event, name) in [(event, "o1"), (again, "o1"), (event, "o2")] {
            #expect(try run.take(event, from: name) == .goesOn)
        }
        #expect(run.shown == 2)
        #expect(memory.text.split(separator: "\n").count == 2)
    }

    @Test("signs of life are left out of lines unless they are asked for")
    func health() throws {
        var stage = TapStage()
        let events = [MessageType.ping, .pong, .ready, .task].map { stage.event($0) }
        for (all, count) in [(false, 1), (true, 4)] {
            let run = TapRun(
                TapFilter(), try Redaction([]), view: Self.lines(Memory(), all: all))
            for event in events { _ = try run.take(event, from: "o1") }
            #expect(run.shown == count)
        }
    }

    @Test("it ends after as many events as were asked for")
    func limit() throws {
        let run = TapRun(TapFilter(), try Redaction([]), view: Self.lines(Memory()), limit: 2)
        var stage = TapStage()
        #expect(try run.take(stage.event(.ping), from: "o1") == .goesOn)
        #expect(try run.take(stage.event(.task), from: "o1") == .goesOn)
        #expect(try run.take(stage.event(.task), from: "o1") == .isOver)
    }

    @Test("an event that cannot be read is counted, and recorded as it came")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let mark = TapMark(number: 1, at: 1, length: 0)
        let event = TapEvent(topic: "e/TASK", mark: mark, envelope: [0xff], content: [1])
        let shown = TapRun(TapFilter(), try Redaction([]), view: Self.lines(Memory()))
        _ = try shown.take(event, from: "o1")
        #expect(shown.unreadable == 1 && shown.shown == 0)
        for (fields, count) in [([], 1), (["x"], 0)] as [([String], Int)] {
            let path = "\(folder.path)/\(count).tap"
            let writer = try RecordingWriter(path: path, replacing: false)
            let run = TapRun(TapFilter(), try Redaction(fields), view: nil, recorder: writer)
            _ = try run.take(event, from: "o1")
            try run.finish()
            #expect(run.recorded == count)
            #expect(try Recording(path: path).events().count == count)
        }
    }

    // MARK: - Over a recording

    private static func recorded(_ folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/day.tap"
        let writer = try RecordingWriter(path: path, replacing: true)
        var stage = TapStage()
        var messages = try stage.answered("order-17")
        messages.append(try stage.message(.ping, from: "o1", to: "echo#1", out: true))
        messages += [
            try stage.call("other", of: "cost", content: #"{"password":"4111"}"#),
            try stage.failure(.error, "other", to: "client.x", out: true),
        ]
        for message in messages { try writer.append(message.event, from: message.orchestrator) }
        try writer.close()
        return path
    }

    @Test(
        "a recording is shown with the same filters and in the same forms",
        arguments: [
            ([], 6, "order-17"), (["--all"], 7, "PING"), (["-t", "ping"], 1, "PING"),
            (["-t", "TASK", "-t", "RESULT"], 2, "TASK"), (["--errors"], 1, "no such file"),
            (["--agent", "cost"], 1, "REQUEST"), (["--request", "order-17"], 4, "RESPONSE"),
            (["--sent"], 3, "TASK"), (["--received"], 3, "RESULT"), (["-n", "1"], 1, "REQUEST"),
            (["--json"], 7, #""message_type":"PING""#),
            (["--redact", "password"], 6, #"{"password":"[redacted]"}"#),
            (["--session", "none"], 0, ""),
        ] as [([String], Int, String)])
    func recording(words: [String], count: Int, piece: String) async throws {
        let folder = try TemporaryFolder()
        let path = try Self.recorded(folder)
        let result = await Harness().run(["tap", "--from", path] + words)
        #expect(result.exit == .ok)
        #expect(result.output.split(separator: "\n").count == count)
        #expect(piece.isEmpty || result.output.contains(piece))
        #expect(result.errors == "\(TapSummary.events(count)) shown, 0 lost.\n")
    }

    @Test("diagrams of a recording are those of all its requests, or of one")
    func diagrams() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.recorded(folder)
        let all = await Harness().run("tap", "--from", path, "--sequence")
        #expect(all.output.contains("request order-17 for echo"))
        #expect(all.output.contains("✗ failed in 1.0 ms: failed: no such file"))
        let one = await Harness().run("tap", "--from", path, "--mermaid", "--request", "order-17")
        #expect(one.output.hasPrefix("sequenceDiagram\n    title request order-17"))
        #expect(!one.output.contains("cost"))
        let documents = await Harness().run("tap", "--from", path, "--mermaid")
        #expect(documents.output.components(of: "sequenceDiagram") == 2)
    }

    @Test("a redacted copy of a recording says what it lacks, and does not have it")
    func copy() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.recorded(folder)
        let copy = "\(folder.path)/copy.tap"
        let result = await Harness().run(
            "tap", "--from", path, "--record", copy, "--redact", "password,headers.x")
        #expect(result.errors == "7 events recorded, 0 lost.\n")
        #expect(try Recording(path: copy).about == "redacted: password, headers.x")
        let bytes = try File.read(copy, limit: 1 << 20)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("4111"))
        let again = await Harness().run("tap", "--from", path, "--record", copy)
        #expect(again.exit == .cannotCreate)
        #expect(again.errors.contains("--force"))
        let forced = await Harness().run("tap", "--from", path, "--record", copy, "--force")
        #expect(forced.exit == .ok)
    }

    @Test(
        "what does not go together is refused",
        arguments: [
            ["--sequence", "--mermaid"], ["--sequence", "--json"], ["--mermaid", "--json"],
            ["--sent", "--received"], ["--from", "x", "--for", "3s"],
            ["--sequence", "--type", "TASK"], ["--mermaid", "--errors"],
            ["--sequence", "--request", "a", "--request", "b"], ["--limit", "0"],
            ["--request", "Ü"], ["--type", ""], ["--type", "TASK,"], ["--force"],
            ["--from", "x", "--record", "x", "--force"],
        ])
    func refused(words: [String]) async {
        let result = await Harness().run(["tap"] + words)
        #expect(result.exit == .usage)
    }

    @Test("a request that a recording does not have is said, with the nearest it has")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.recorded(folder)
        let result = await Harness().run("tap", "--from", path, "--request", "order-18")
        #expect(result.exit == .noInput)
        #expect(result.errors.contains("did you mean order-17?"))
        #expect(await Harness().run("tap", "--from", "\(path).not").exit == .noInput)
        #expect(await Harness(folder: folder.path).run("tap").exit == .unavailable)
    }

    @Test("a reader that leaves ends it, and that is no failure")
    func closed() throws {
        let output = Output(terminal: .none) { _ in throw ReaderLeft() }
        let view = TapLines(output, showsHealth: false, namesOrchestrator: false)
        let run = TapRun(TapFilter(), try Redaction([]), view: view)
        var stage = TapStage()
        #expect(throws: ReaderLeft.self) { try run.take(stage.event(.task), from: "o1") }
    }

    @Test("whoever is behind the bus at the end is told by how much")
    func behind() {
        var delay = TapDelay()
        #expect(delay.behind(now: 0) == nil)
        // The clocks differ by any time; what counts is that the difference grows.
        delay.hear(1_000_000_000, now: -5_000_000_000)
        #expect(delay.behind(now: -5_000_000_000) == nil)
        delay.hear(1_500_000_000, now: -2_500_000_000)
        #expect(delay.behind(now: -2_500_000_000) == 2_000_000_000)
        #expect(delay.behind(now: 0) == nil)
        delay.hear(.max, now: .max)
        delay.hear(0, now: .min)
        _ = delay.behind(now: .max)
        #expect(
            TapSummary(shown: 1, lost: 2, unreadable: 3, behind: 4_200_000_000).text
                == "1 event shown, 2 lost, 3 unreadable; the last 4.20 s were not taken any more.")
    }
}

extension String {
    fileprivate func components(of word: String) -> Int {
        split(separator: "\n").count { $0 == word }
    }
}
