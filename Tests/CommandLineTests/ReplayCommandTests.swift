import Document
import Testing
import Wire

@testable import baton

/// `baton replay` as it is typed.
@Suite struct ReplayCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func record(_ events: RecordingEvents) throws -> String {
        let path = "\(folder.path)/x.tap"
        try File.write(events.recording(), to: path)
        return path
    }

    @Test("a replay is printed step by step and ends with 0")
    func same() async throws {
        let path = try record(.pipeline())
        let result = await Harness().run("replay", path)
        #expect(result.exit == .ok && result.errors.isEmpty)
        let page = """
            p-1  pipeline a,b,c  2026-09-21T14:13:20.001Z o1
            ✓ step 1 a      5.000 ms  0 → 1
            ✓ step 2 b      5.000 ms  1 → 2
            ✓ step 3 c      5.000 ms  2 → 3
            ✓ answered 3
            The same as recorded in 3 steps.

            """
        #expect(result.output == page)
    }

    @Test("the first difference is printed and ends with 1")
    func different() async throws {
        let path = try record(.pipeline())
        let result = await Harness().run("replay", path, "--set", "1={\"a\":[1,2]}")
        #expect(result.exit == .failed)
        let page = """
            p-1  pipeline a,b,c  2026-09-21T14:13:20.001Z o1
            ✓ step 1 a      5.000 ms  0 → {"a":[1,2]} (set)
            ✗ step 2 b      5.000 ms  {"a":[1,2]} → 2

            The first difference is in TASK of step 2: content at $
              recorded  1
              now       {"a":[1,2]}

            """
        #expect(result.output == page)
    }

    @Test("programs get the same as an object")
    func json() async throws {
        let path = try record(.pipeline())
        let result = await Harness().run("replay", path, "--set", "3=0", "--json")
        #expect(result.exit == .failed)
        let value = try JSON.parse(result.output)
        #expect(value["same"] == false && value["steps"]?.array?.count == 3)
        #expect(value["difference"]?["message"] == "RESPONSE")
        #expect(value["difference"]?["recorded"] == 3 && value["difference"]?["now"] == 0)
        #expect(value["steps"]?[2]?["set"] == true)
        let ignored = await Harness().run("replay", path, "--set", "3=0", "--ignore", "$")
        #expect(ignored.exit == .ok)
    }

    @Test("the requests of a recording are listed, those of agents below")
    func list() async throws {
        var events = RecordingEvents.pipeline()
        events.begin(.request, "child", "echo") {
            $0.sender = "b#1"
            $0.dispatch = 9
        }
        events.begin(.request, "f", "fail")
        events.end(.error, "f") { $0.error = WireError(code: "failed", message: "no") }
        var other = events
        other.task("p-1", "b#1", step: 2, dispatch: 9)
        other.move(other.events.count - 1, to: 3)
        let path = try record(other)
        let result = await Harness().run("replay", path, "--list")
        #expect(result.exit == .ok)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("p-1      pipeline  a,b,c"))
        #expect(lines[2].hasPrefix("└ child  call      echo"))
        #expect(lines[3].hasSuffix("failed"))
        let rows = try JSON.parse(await Harness().run("replay", path, "--list", "--json").output)
        #expect(rows[1]?["parent"] == "p-1" && rows[2]?["ended"] == "failed")
    }

    @Test("of several requests one has to be named")
    func several() async throws {
        var events = RecordingEvents.call("order-17")
        events.call("order-18")
        let path = try record(events)
        let none = await Harness().run("replay", path)
        #expect(none.exit == .usage && none.errors.contains("order-17, order-18"))
        let one = await Harness().run("replay", path, "--request", "order-18")
        #expect(one.exit == .ok && one.output.hasPrefix("order-18"))
        let wrong = await Harness().run("replay", path, "--request", "order-1")
        #expect(wrong.exit == .noInput && wrong.errors.contains("did you mean"))
    }

    @Test("what is wrong with a recording is said beside what can be replayed")
    func torn() async throws {
        let path = "\(folder.path)/torn.tap"
        var events = RecordingEvents.call()
        events.call("second")
        try File.write(events.open().dropLast(3), to: path)
        let result = await Harness().run("replay", path, "--request", "order-17")
        #expect(result.exit == .ok)
        #expect(result.errors.contains("not closed") && result.errors.contains("cut off"))
    }

    @Test("an event that was damaged is told, and what it leaves of the request is replayed")
    func damaged() async throws {
        let events = RecordingEvents.pipeline()
        var bytes = events.recording()
        bytes[events.ranges()[5].upperBound - 1] ^= 1
        let path = "\(folder.path)/damaged.tap"
        try File.write(bytes, to: path)
        let result = await Harness().run("replay", path)
        #expect(result.exit == .ok && result.output.contains("TASK of step 3, attempt 1 is not"))
        #expect(result.errors.contains("no event at byte \(events.ranges()[5].lowerBound)"))
    }

    @Test("the calls that an agent made are named")
    func calls() async throws {
        var events = RecordingEvents.call("boss-1")
        events.begin(.request, "child", "echo") { ($0.sender, $0.dispatch) = ("echo#1", 1) }
        events.move(events.events.count - 1, to: 2)
        let result = await Harness().run("replay", try record(events))
        #expect(result.exit == .ok && result.output.contains("a request of its own: child;"))
    }

    @Test("an obstacle is said and is no success")
    func obstacle() async throws {
        var events = RecordingEvents.pipeline()
        events.remove(.result, 1)
        let result = await Harness().run("replay", try record(events))
        #expect(result.exit == .noInput)
        #expect(result.output.contains("The answer to step 2"))
    }

    @Test(
        "what makes no sense is refused",
        arguments: [
            (["--set", "x"], Exit.usage), (["--set", "0=1"], .usage), (["--set", "1={"], .usage),
            (["--ignore", "a["], .usage), (["--step", "1"], .usage), (["--unsafe"], .usage),
            (["--against", "echo", "--set", "1=1"], .usage),
            (["--against", "echo", "--config", "x"], .usage), (["--set", "7=1"], .usage),
            (["--config", "/nowhere"], .noInput), (["--against", "nobody"], .noInput),
        ])
    func refused(_ words: [String], _ exit: Exit) async throws {
        let path = try record(.pipeline())
        #expect(await Harness().run(["replay", path] + words).exit == exit)
    }

    @Test("a file that is none, empty or no recording is refused")
    func files() async throws {
        let text = try folder.write("text", "hello")
        let empty = try folder.write("empty", "")
        for path in ["/nowhere", folder.path, text, empty, "/dev/null"] {
            let result = await Harness().run("replay", path)
            #expect(result.exit == .noInput && result.output.isEmpty)
        }
    }

    // MARK: - Against a live agent

    private func inputs(
        _ events: RecordingEvents, _ id: String, agent: String, step: UInt32? = nil,
        unsafe: Bool = false
    ) throws -> (inputs: [RecordedInput], skipped: [RecordedInput.Skipped]) {
        let recording = try Recording(RecordingBytes(events.recording()), path: "x")
        let story = try RecordedStory(id, recording.events(of: id), path: "x")
        return RecordedInput.all(of: story, agent: agent, step: step, includingUnsafe: unsafe)
    }

    @Test("the inputs are those of the agent's steps, or those of one step")
    func recordedInputs() throws {
        let events = RecordingEvents.pipeline()
        let own = try inputs(events, "p-1", agent: "b")
        #expect(own.inputs.map(\.content.text) == ["1"] && own.skipped.isEmpty)
        #expect(own.inputs.first?.headers.isEmpty == true)
        #expect(try inputs(events, "p-1", agent: "x", step: 3).inputs.map(\.step) == [3])
        #expect(try inputs(events, "p-1", agent: "x").inputs.isEmpty)
    }

    @Test("inputs that were cut, are unsafe or have no answer are skipped with the reason")
    func skippedInputs() throws {
        var long = RecordingEvents()
        long.call("l", content: "\"" + String(repeating: "x", count: 5000) + "\"")
        #expect(try inputs(long, "l", agent: "echo").skipped.first?.reason.contains("cut") == true)
        var unsafe = RecordingEvents.call()
        unsafe.change { type, envelope, _ in if type == .task { envelope.effect = .unsafe } }
        #expect(try inputs(unsafe, "order-17", agent: "echo").skipped.count == 1)
        #expect(try inputs(unsafe, "order-17", agent: "echo", unsafe: true).inputs.count == 1)
        var open = RecordingEvents.call()
        open.remove(.result)
        #expect(try inputs(open, "order-17", agent: "echo").skipped.count == 1)
    }

    @Test("live answers are compared with the recorded ones")
    func answers() throws {
        let found = try inputs(.call(), "order-17", agent: "echo")
        let input = try #require(found.inputs.first)
        let view = { (text: String) in ContentView(Array(text.utf8), "") }
        let ask = { (answer: RepeatedInput.Answer, ignoring: [ValuePath]) in
            RepeatedInput(
                input, took: .milliseconds(3), answer: answer, ignoring: ignoring)
        }
        #expect(ask(.success(view(#"{"a":1.0}"#)), []).isSame)
        let other = ask(.success(view(#"{"a":2,"b":0}"#)), [])
        #expect(other.differences.map(\.path) == ["$.a", "$.b"])
        #expect(ask(.success(view(#"{"a":2}"#)), [try ValuePath("a")]).isSame)
        let failed = ask(.failure(WireError(code: "failed", message: "no")), [])
        #expect(failed.differences.first?.now == "failed: failed: no")
        let report = AgainstReport(
            agent: "echo",
            repeated: [ask(.success(view("1")), []), ask(.success(view("{\"a\":1}")), [])],
            skipped: [RecordedInput.Skipped(request: "x", step: 1, reason: "cut")])
        #expect(report.exit == .failed)
        #expect(report.json["same"] == 1 && report.json["skipped"]?.array?.count == 1)
        let page = """
            ✗ order-17 step 1 given {"a":1}
              $
                recorded  {"a":1}
                now       1

            REQUEST   STEP  RECORDED       NOW  ANSWER
            order-17     1  5.000 ms  3.000 ms  differs
            order-17     1  5.000 ms  3.000 ms  the same
            x            1                      skipped: cut

            echo: 1 of 2 the same, 1 differ, 1 skipped
            median: 5.000 ms recorded, 3.000 ms now, with the way there and back
            """
        #expect(report.lines(width: nil).map(\.plain).joined(separator: "\n") == page)
    }
}
