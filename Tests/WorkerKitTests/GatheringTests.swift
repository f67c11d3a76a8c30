import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What is made of the answer to a question that was put to several.
@Suite struct GatheringTests {
    static let threeOfFour: Value = [
        "results": [
            ["agent": "cost", "instance": "cost#1", "success": true, "result": ["sum": 1]],
            ["agent": "risk", "instance": "risk#1", "success": true, "result": ["sum": 2]],
            [
                "agent": "note", "instance": "note#1", "success": false,
                "error": ["code": "full", "message": "no", "retryable": true],
            ],
            ["agent": "more", "instance": "more#1", "success": true, "result": ["sum": 3]],
        ], "failed": ["note#1"], "asked": 4, "answered": 3, "success_rate": 0.75,
    ]

    @Test("S2-65 S2-66 S2-67 each has its result or its error; 3 of 4 are a rate of 0.75")
    func threeOfFour() throws {
        let gathering = try Gathering(RawContent(json: Self.threeOfFour))
        #expect(gathering.successRate == 0.75)
        #expect(gathering.failed == ["note#1"])
        #expect(gathering.answers.map(\.success) == [true, true, false, true])
        let bad = try #require(gathering["note"])
        guard case .failure(let fault) = bad.result else {
            Issue.record("an error is taken for a result")
            return
        }
        #expect(fault.code.rawValue == "full")
        #expect(fault.retry == .now)
    }

    @Test("S2-68 the results are those of the successful ones alone")
    func results() throws {
        let gathering = try Gathering(RawContent(json: Self.threeOfFour))
        let sums = try gathering.results(as: [String: Int].self).mapValues { $0["sum"] }
        #expect(sums == ["cost#1": 1, "risk#1": 2, "more#1": 3])
    }

    @Test("S2-67 the rate of nobody is 0")
    func nobody() throws {
        let empty: Value = [
            "results": [], "failed": [], "asked": 0, "answered": 0, "success_rate": 0,
        ]
        let gathering = try Gathering(RawContent(json: empty))
        #expect(gathering.successRate == 0)
        #expect(gathering.answers.isEmpty && gathering.failed.isEmpty)
    }

    @Test("a result that is no JSON keeps its bytes and its type")
    func foreign() throws {
        let value: Value = [
            "results": [
                [
                    "agent": "draw", "instance": "draw#1", "success": true,
                    "result": ["base64": "aGk=", "content_type": "image/png"],
                ]
            ], "failed": [], "asked": 1, "answered": 1,
        ]
        let content = try #require(
            try Gathering(RawContent(json: value))["draw"]
        ).result.get()
        #expect(content.bytes == Array("hi".utf8))
        #expect(content.contentType == "image/png")
    }

    @Test(
        "what is no such answer is a fault", arguments: ["1", "{}", #"{"results":[{"error":1}]}"#])
    func odd(text: String) throws {
        let gathering = try? Gathering(RawContent(Array(text.utf8)))
        #expect(gathering?.answers.contains(where: \.success) != true)
    }
}
