import Document
import Orchestration
import Telemetry
import Testing
import Wire

@testable import baton

/// What the tap of an orchestrator publishes, recorded and replayed: nothing differs, but for what
/// was changed.
@Suite struct ReplayLiveTests {
    private let stage: RecordingStage

    init() throws {
        let text = "agents: {moody: {fallback: [double]}}"
        stage = RecordingStage(try Configuration(YAML.parse(Array(text.utf8))))
        let double = { (task: Envelope, content: [UInt8]) -> (Envelope, [UInt8]) in
            let number = (try? JSON.parse(content))?["n"]?.integer ?? 0
            let answer: Value = ["n": Value(number * 2)]
            return (RecordingStage.word(.result, about: task), JSON.write(answer))
        }
        try stage.worker("w.1", ["double"], answer: double)
        try stage.worker("w.2", ["double", "other"], answer: double)
        try stage.worker("w.3", ["moody"], effect: "idempotent") { task, _ in
            var envelope = RecordingStage.word(.fail, about: task)
            envelope.error = WireError(code: "moody", message: "not now", retryable: true)
            return (envelope, [])
        }
    }

    private func ask(
        _ type: MessageType, _ receiver: String, _ headers: [String: String] = [:],
        delivery: Delivery = .durable, content: String = #"{"n":3}"#
    ) throws -> ReplayOutcome {
        var envelope = Envelope(type)
        envelope.messageID = "it"
        envelope.receiver = receiver
        envelope.delivery = delivery
        envelope.headers = headers
        envelope.priority = 4
        stage.ask(envelope, content)
        return try replay()
    }

    private func replay(_ settings: ReplayPlayer.Settings = .init()) throws -> ReplayOutcome {
        let recording = try Recording(RecordingBytes(stage.recording), path: "x")
        let story = try RecordedStory("it", recording.events(of: "it"), path: "x")
        return try ReplayPlayer(story, settings).run()
    }

    private func expectSame(
        _ outcome: ReplayOutcome, steps: Int, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.difference == nil, sourceLocation: location)
        #expect(outcome.obstacle == nil, sourceLocation: location)
        #expect(outcome.steps.count == steps, sourceLocation: location)
    }

    @Test("a call, durable or not", arguments: [Delivery.durable, .volatile])
    func call(delivery: Delivery) throws {
        expectSame(try ask(.request, "double", ["x": "y"], delivery: delivery), steps: 1)
    }

    @Test("one instance")
    func instance() throws { expectSame(try ask(.request, "double#2"), steps: 1) }

    @Test("a notification")
    func notification() throws { expectSame(try ask(.notification, "other"), steps: 1) }

    @Test("a pipeline, and a planted answer in it", arguments: [Delivery.durable, .volatile])
    func pipeline(delivery: Delivery) throws {
        let outcome = try ask(
            .pipeline, "", ["pipeline": "double,other,double"], delivery: delivery)
        expectSame(outcome, steps: 3)
        #expect(outcome.end?.text == #"{"n":24}"#)
        var settings = ReplayPlayer.Settings()
        settings.planted[2] = ["n": 13]
        let planted = try replay(settings)
        #expect(planted.difference?.step == 3 && planted.difference?.path == "$.n")
        #expect(planted.difference?.recorded == 12 && planted.difference?.now == 13)
    }

    @Test("retries, and an agent that stands in")
    func fallback() throws {
        let outcome = try ask(.request, "moody")
        expectSame(outcome, steps: 5)
        #expect(outcome.steps.map(\.agent).last == "double")
        var settings = ReplayPlayer.Settings()
        settings.configuration = Configuration()
        #expect(try replay(settings).difference?.now == "ERROR (moody: not now)")
    }

    @Test("a fan-out and an acknowledged broadcast")
    func gathering() throws {
        expectSame(try ask(.broadcast, "", ["agents": "double,other"]), steps: 2)
    }

    @Test("an acknowledged broadcast")
    func acknowledged() throws {
        expectSame(try ask(.broadcast, "double", ["broadcast": "acknowledged"]), steps: 2)
    }

    @Test("a content above what the tap publishes")
    func long() throws {
        let text = "{\"n\":1,\"text\":\"\(String(repeating: "x", count: 9000))\"}"
        let outcome = try ask(.request, "double", content: text)
        expectSame(outcome, steps: 1)
        #expect(outcome.notes.count == 1)
    }

    @Test("a refusal is no replay")
    func refusal() throws {
        let fault = #expect(throws: Fault.self) { _ = try ask(.request, "nobody") }
        #expect(fault?.message.contains("there is no agent nobody") == true)
    }
}
