import Document
import Telemetry
import Testing
import Wire
import WorkerKit

@testable import baton

@Suite struct AnswerLineTests {
    private func line(_ text: String) throws(AnswerLine.Misprint) -> AnswerLine {
        try AnswerLine(Array(text.utf8))
    }

    @Test("A line is a result, an error, progress or a piece")
    func kinds() throws {
        guard case .result(.null) = try line(#"{"id": "1", "result": null}"#).content else {
            Issue.record("a null is a result as well")
            return
        }
        guard case .partial("a") = try line(#"{"id": "1", "partial": "a", "x": 1}"#).content,
            case .progress(3) = try line(#"{"id": "1", "progress": 3}"#).content,
            case .error(let failure) = try line(#"{"id": "1", "error": {}}"#).content
        else {
            Issue.record("a kind is mistaken for another")
            return
        }
        #expect(failure.code == "failed")
        #expect(failure.retry == .never)
    }

    @Test(
        "An error says whether and when to try again",
        arguments: [
            (#"{}"#, Retry.never), (#"{"retryable": true}"#, .now),
            (#"{"retry_after_ms": 250}"#, .after(.milliseconds(250))),
            (#"{"retryable": false, "retry_after_ms": -1}"#, .never),
        ])
    func retry(error: String, expected: Retry) throws {
        guard case .error(let failure) = try line(#"{"id": "1", "error": \#(error)}"#).content
        else {
            Issue.record("\(error) is taken for something else")
            return
        }
        #expect(failure.retry == expected)
    }

    @Test(
        "What is no answer is refused with its beginning",
        arguments: [
            "Loading model…", "", "[]", #"{"result": 1}"#, #"{"id": 1, "result": 1}"#,
            #"{"id": "1"}"#, #"{"id": "1", "result": 1, "error": {}}"#,
            #"{"id": "1", "error": "no"}"#, #"{"id": "1", "error": {"code": "No Word"}}"#,
        ])
    func misprints(text: String) {
        let misprint = #expect(throws: AnswerLine.Misprint.self) { try line(text) }
        #expect(misprint?.message.contains(Printable.quoted(text)) == true)
    }
}

@Suite struct EffectLineTests {
    private func content(_ effect: String) throws -> AnswerLine.Content {
        try AnswerLine(Array(#"{"id": "1", "effect": \#(effect)}"#.utf8)).content
    }

    @Test("A side effect is announced or told of by its name")
    func kinds() throws {
        guard case .effectBegin("charge") = try content(#"{"begin": "charge"}"#),
            case .effectDone("charge", 5) = try content(#"{"done": "charge", "result": 5}"#),
            case .effectDone("mail", .null) = try content(#"{"done": "mail"}"#)
        else {
            Issue.record("a kind is mistaken for another")
            return
        }
    }

    @Test(
        "A side effect without one name ends the command",
        arguments: [
            #"{}"#, #""charge""#, #"{"begin": 1}"#, #"{"begin": "a", "done": "a"}"#,
            #"{"begin": "No Word"}"#, "null",
        ])
    func misprints(effect: String) {
        #expect(throws: AnswerLine.Misprint.self) { try content(effect) }
    }

    @Test("The command reads what is to be done about it")
    func verdicts() {
        func text(_ verdict: Result<EffectVerdict, any Error>) -> String {
            String(
                decoding: TaskLine.effect("a", "charge", key: "r/1/charge", verdict), as: UTF8.self)
        }
        let start = #"{"type":"effect","id":"a","call":"charge","verdict":"#
        #expect(text(.success(.go)) == start + #""go","key":"r/1/charge"}"# + "\n")
        #expect(text(.success(.skip(5))) == start + #""skip","result":5}"# + "\n")
        #expect(text(.success(.unknown)) == start + #""unknown"}"# + "\n")
        #expect(text(.success(.stale)) == start + #""stale"}"# + "\n")
        #expect(text(.success(.kept)) == start + #""kept"}"# + "\n")
        #expect(text(.failure(CancellationError())) == start + #""stale"}"# + "\n")
        let fault = Fault(WireCode.deadline, "too late")
        #expect(
            text(.failure(fault)) == start
                + #""error","error":{"code":"deadline","message":"too late"}}"# + "\n")
    }
}

@Suite struct TaskLineTests {
    @Test("A task is one line with what is promised in it")
    func task() throws {
        let task = TaskLine.Task(
            id: "a", agent: "greet", content: ["name": "Ada\n"], attempt: 2, headers: ["k": "v"])
        let text = String(
            decoding: TaskLine.task(task, budget: .milliseconds(1500)), as: UTF8.self)
        #expect(
            text == #"{"type":"task","id":"a","agent":"greet","content":{"name":"Ada\n"},"#
                + #""budget_ms":1500,"attempt":2,"headers":{"k":"v"}}"# + "\n")
    }

    @Test("Content that is no JSON travels as base64, none as null, broken JSON not at all")
    func contents() throws {
        #expect(try TaskLine.value(of: RawContent([])) == .null)
        #expect(
            try TaskLine.value(of: RawContent("hi"))
                == ["base64": "aGk=", "content_type": "text/plain"])
        #expect(throws: TaskFailure.self) { try TaskLine.value(of: RawContent([0x7b])) }
    }
}

@Suite struct MergeTests {
    @Test("Rows of several orchestrators about one thing become one")
    func merged() {
        let merge = Merge(key: "agent", sums: ["requests"], greatest: ["instances"])
        let rows: [Value] = [
            ["agent": "b", "requests": 1, "instances": 2, "version": "1"],
            ["agent": "a", "requests": 5, "instances": 1, "version": "1"],
            ["agent": "b", "requests": 2, "instances": 1, "version": "2"], ["no": 1],
        ]
        #expect(
            merge(rows) == [
                ["agent": "a", "requests": 5, "instances": 1, "version": "1"],
                ["agent": "b", "requests": 3, "instances": 2, "version": "1"],
            ])
    }
}

@Suite struct PayloadTests {
    @Test("A payload has exactly so many bytes of valid JSON", arguments: [11, 12, 256, 4096])
    func sizes(count: Int) throws {
        #expect(Payload.bytes(count).count == count)
        #expect(try JSON.parse(Payload.bytes(count))["data"]?.string?.count == count - 11)
    }
}

@Suite struct CallFaultTests {
    @Test("B60 faults that came over the bus have their exit codes")
    func exits() {
        let table: [(any FaultCode, Exit)] = [
            (WireCode.deadline, .timeout), (WireCode.forbidden, .notPermitted),
            (WireCode.failed, .failed), (WireCode.unavailable, .failed),
            (ForeignCode(rawValue: "odd"), .failed), (WorkerCode.noBus, .unavailable),
        ]
        for (code, exit) in table { #expect(Exit(of: Fault(code, "")) == exit) }
    }

    @Test("A call without a cluster says how to start one; bad JSON names its place")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        let harness = Harness(folder: folder.path)
        let nobody = await harness.run("call", "echo", "1")
        #expect(nobody.exit == .unavailable)
        #expect(nobody.errors.contains("baton up"))
        let broken = await harness.run("call", "echo", "hello")
        #expect(broken.exit == .usage)
        #expect(broken.errors.contains("JSON:1:1"))
        #expect(broken.errors.contains("text needs quotes"))
    }
}
