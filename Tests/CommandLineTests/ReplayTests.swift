import Document
import Orchestration
import Telemetry
import TestKit
import Testing
import Wire

@testable import baton

/// Recorded requests that are run again: the same comes out, and what does not is found.
@Suite struct ReplayTests {
    private func replay(
        _ events: RecordingEvents, _ id: String, _ settings: ReplayPlayer.Settings = .init()
    ) throws -> ReplayOutcome {
        let recording = try Recording(RecordingBytes(events.recording()), path: "x.tap")
        let story = try RecordedStory(id, recording.events(of: id), path: "x.tap")
        return try ReplayPlayer(story, settings).run()
    }

    private func expectSame(
        _ outcome: ReplayOutcome, steps: Int, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.difference == nil, sourceLocation: location)
        #expect(outcome.obstacle == nil, sourceLocation: location)
        #expect(outcome.steps.count == steps, sourceLocation: location)
    }

    private func configuration(_ text: String) throws -> Configuration {
        try Configuration(YAML.parse(Array(text.utf8)))
    }

    // MARK: - The same again

    @Test("a call comes out as it did")
    func call() throws {
        let outcome = try replay(.call(), "order-17")
        expectSame(outcome, steps: 1)
        #expect(outcome.steps.first?.took == .milliseconds(5))
        #expect(outcome.end?.text == #"{"a":1}"#)
        #expect(outcome.notes.isEmpty)
    }

    @Test("a pipeline comes out as it did, durable or not", arguments: [true, false])
    func pipeline(durable: Bool) throws {
        var events = RecordingEvents.pipeline()
        if durable { events.change { _, envelope, _ in envelope.delivery = .durable } }
        let outcome = try replay(events, "p-1")
        expectSame(outcome, steps: 3)
        #expect(outcome.steps.map(\.input.text) == ["0", "1", "2"])
        #expect(outcome.end?.text == "3")
    }

    @Test("a notification is over when its work is")
    func notification() throws {
        var events = RecordingEvents()
        events.begin(.notification, "n", "echo")
        events.end(.accepted, "n")
        events.task("n", "echo#1")
        events.answer(.result, "n", "echo#1", content: "1")
        expectSame(try replay(events, "n"), steps: 1)
    }

    private func failing(retryable: Bool = true, attempts: Int = 3) -> RecordingEvents {
        var events = RecordingEvents()
        events.begin(.request, "f", "cost")
        for attempt in 1..<UInt32(attempts) {
            events.task("f", "cost#\(attempt)", attempt: attempt, dispatch: UInt64(attempt))
            events.answer(
                .fail, "f", "cost#\(attempt)", attempt: attempt, dispatch: UInt64(attempt)
            ) {
                $0.error = WireError(code: "failed", message: "no", retryable: retryable)
                $0.error?.retryAfter = 2_000
            }
            events.now += 2_100_000_000
        }
        let last = UInt32(attempts)
        events.task("f", "cost#1", attempt: last, dispatch: UInt64(last))
        events.answer(.result, "f", "cost#1", attempt: last, dispatch: UInt64(last), content: "7")
        events.end(.response, "f", content: "7") { $0.sender = "cost#1" }
        return events
    }

    @Test("a failure that was tried again is tried again, and the wait passes at once")
    func retries() throws {
        let outcome = try replay(failing(), "f")
        expectSame(outcome, steps: 3)
        #expect(outcome.steps.map(\.failure) == ["failed", "failed", nil])
        #expect(outcome.steps.map(\.attempt) == [1, 2, 3])
    }

    @Test("more attempts than are usual were the rule of then")
    func manyRetries() throws {
        expectSame(try replay(failing(attempts: 6), "f"), steps: 6)
    }

    @Test("an agent that stood in for another does so again")
    func fallback() throws {
        var events = RecordingEvents()
        events.begin(.request, "f", "cost")
        events.task("f", "cost#1")
        events.answer(.fail, "f", "cost#1") { $0.error = WireError(code: "failed", message: "no") }
        events.task("f", "echo#1", attempt: 2, dispatch: 2)
        events.answer(.result, "f", "echo#1", attempt: 2, dispatch: 2, content: "1")
        events.end(.response, "f", content: "1") { $0.sender = "echo#1" }
        expectSame(try replay(events, "f"), steps: 2)
    }

    @Test("an agent that was not even asked, because it failed too often, is not asked now")
    func bypassed() throws {
        for (type, header) in [(MessageType.pipeline, "pipeline"), (.broadcast, "agents")] {
            var events = RecordingEvents()
            let change: (inout Envelope) -> Void = { $0.headers[header] = "cost" }
            events.begin(type, "f", "", change: change)
            events.task("f", "echo#1", change: change)
            events.answer(.result, "f", "echo#1", content: "1")
            let outcome = try replay(events, "f")
            #expect(outcome.steps.count == 1 && outcome.difference == nil)
        }
    }

    @Test("a failed stage ends the pipeline with the same words")
    func failedStage() throws {
        var events = RecordingEvents()
        events.begin(.pipeline, "p", "a") { $0.headers["pipeline"] = "a,b,c" }
        let header: (inout Envelope) -> Void = { $0.headers["pipeline"] = "a,b,c" }
        events.task("p", "a#1", change: header)
        events.answer(.result, "p", "a#1", content: "1")
        events.task("p", "b#1", step: 2, dispatch: 2, content: "1", change: header)
        events.answer(.fail, "p", "b#1", step: 2, dispatch: 2) {
            $0.error = WireError(code: "odd", message: "because")
        }
        events.end(.error, "p") {
            $0.error = WireError(code: "odd", message: "stage 2 of 3, b: because")
            $0.sender = "o1"
        }
        let outcome = try replay(events, "p")
        expectSame(outcome, steps: 2)
        #expect(outcome.failure == "odd")
    }

    private func gathered(_ header: (String, String), _ instances: [String]) -> RecordingEvents {
        var events = RecordingEvents()
        let change: (inout Envelope) -> Void = { $0.headers[header.0] = header.1 }
        events.begin(.broadcast, "g", header.0 == "agents" ? "" : "echo", change: change)
        for (index, instance) in instances.enumerated() {
            events.task(
                "g", instance, step: UInt32(index + 1), dispatch: UInt64(index + 1), change: change)
        }
        var results: [String] = []
        for (index, instance) in instances.enumerated().reversed() {
            events.answer(
                .result, "g", instance, step: UInt32(index + 1), dispatch: UInt64(index + 1),
                content: "\(index)")
            let agent = instance.agentName
            results.insert(
                "{\"agent\":\"\(agent)\",\"instance\":\"\(instance)\",\"success\":true,"
                    + "\"result\":\(index)}", at: 0)
        }
        let (count, list) = (instances.count, results.joined(separator: ","))
        events.end(
            .response, "g",
            content: "{\"results\":[\(list)],\"failed\":[],\"asked\":\(count),"
                + "\"answered\":\(count),\"success_rate\":1}"
        ) { $0.sender = "baton#o1" }
        return events
    }

    @Test("a fan-out gathers the same answers")
    func fanOut() throws {
        expectSame(try replay(gathered(("agents", "a,b"), ["a#3", "b#1"]), "g"), steps: 2)
    }

    @Test("an acknowledged broadcast asks the same instances")
    func acknowledged() throws {
        let events = gathered(("broadcast", "acknowledged"), ["echo#2", "echo#1", "echo#7"])
        expectSame(try replay(events, "g"), steps: 3)
    }

    @Test("pieces of a streamed answer are compared too")
    func partials() throws {
        for piece in ["\"x\"", "\"y\""] {
            var events = RecordingEvents()
            events.begin(.request, "s", "echo")
            events.task("s", "echo#1")
            events.answer(.partial, "s", "echo#1", content: "\"x\"") { $0.sequence = 1 }
            events.end(.partial, "s", content: piece) { $0.sequence = 1 }
            events.answer(.result, "s", "echo#1", content: "1")
            events.end(.response, "s", content: "1") { $0.sender = "echo#1" }
            let outcome = try replay(events, "s")
            #expect(outcome.difference?.message == (piece == "\"x\"" ? nil : "PARTIAL"))
        }
    }

    // MARK: - Ends without an answer

    private func unanswered(_ code: String, _ message: String, effect: Effect) -> RecordingEvents {
        var events = RecordingEvents()
        events.begin(.request, "u", "cost") { $0.budget = 3_000 }
        events.task("u", "cost#1") { $0.effect = effect }
        events.end(.error, "u") {
            $0.error = WireError(
                code: code, message: message, retryable: code == WireCode.unavailable.rawValue)
        }
        return events
    }

    @Test("a deadline that was missed is missed again")
    func deadline() throws {
        let events = unanswered("deadline", "cost did not answer in time", effect: .pure)
        expectSame(try replay(events, "u"), steps: 1)
    }

    @Test("an answer that came just before its deadline was looked at still counts")
    func late() throws {
        var events = RecordingEvents()
        events.begin(.request, "u", "cost") { $0.budget = 4 }
        events.task("u", "cost#1")
        events.answer(.fail, "u", "cost#1") {
            $0.error = WireError(code: "deadline", message: "its time ran out")
        }
        events.end(.error, "u") {
            $0.error = WireError(code: "deadline", message: "its time ran out")
        }
        expectSame(try replay(events, "u"), steps: 1)
    }

    @Test("a worker that was lost with an unsafe task is lost again")
    func lost() throws {
        let reason = "the worker was lost while it ran cost; its effect is not known"
        var events = unanswered("lost", reason, effect: .unsafe)
        events.change { _, envelope, _ in if envelope.budget == 3_000 { envelope.budget = 0 } }
        expectSame(try replay(events, "u"), steps: 1)
    }

    @Test("a cancelled request is cancelled again")
    func cancelled() throws {
        var events = unanswered("cancelled", "the request was cancelled", effect: .pure)
        let end = events.events.count - 1
        events.add(.cancel, "u") { $0.messageID = "c" }
        events.move(events.events.count - 1, to: end)
        expectSame(try replay(events, "u"), steps: 1)
    }

    @Test("an attempt that nobody answered is left out, and said")
    func leftOut() throws {
        var events = RecordingEvents()
        events.begin(.request, "l", "cost")
        events.task("l", "cost#1")
        events.task("l", "cost#2", attempt: 2, dispatch: 2)
        events.answer(.result, "l", "cost#2", attempt: 2, dispatch: 2, content: "1")
        events.end(.response, "l", content: "1") { $0.sender = "cost#2" }
        let outcome = try replay(events, "l")
        expectSame(outcome, steps: 1)
        #expect(
            outcome.notes == ["Attempt 1 of step 1 on cost#1 was never answered and is left out."])
    }

    @Test("of two copies the one that was called off, or failed meanwhile, is left out")
    func copies() throws {
        for failed in [true, false] {
            var events = RecordingEvents()
            events.begin(.request, "h", "cost")
            events.task("h", "cost#1") { $0.effect = .pure }
            events.task("h", "cost#2", attempt: 2, dispatch: 2) { $0.effect = .pure }
            if !failed {
                events.add(.cancel, "h", left: true) { ($0.step, $0.dispatch) = (1, 1) }
            }
            events.answer(.fail, "h", "cost#1") {
                $0.error = WireError(code: "cancelled", message: "no")
            }
            events.answer(.result, "h", "cost#2", attempt: 2, dispatch: 2, content: "1")
            events.end(.response, "h", content: "1") { $0.sender = "cost#2" }
            let outcome = try replay(events, "h")
            expectSame(outcome, steps: 1)
            #expect(outcome.notes.first?.hasPrefix("Attempt 1 of step 1 on cost#1") == true)
        }
    }

    @Test("an error that a worker was told is no end")
    func workersError() throws {
        var events = RecordingEvents.call()
        events.end(.error, "order-17") {
            $0.receiver = "echo#1"
            $0.error = WireError(code: "busy", message: "too much progress")
        }
        events.move(events.events.count - 1, to: 2)
        expectSame(try replay(events, "order-17"), steps: 1)
        let recording = try Recording(RecordingBytes(events.recording()), path: "x")
        #expect(recording.requests.first?.ending == .answered)
    }

    @Test("a call that an agent made is replayed like any other")
    func nested() throws {
        var events = RecordingEvents.call("child")
        events.change { type, envelope, _ in
            envelope.depth = type == .request || type == .task ? 2 : 0
            if type == .request { (envelope.sender, envelope.dispatch) = ("boss#1", 99) }
        }
        expectSame(try replay(events, "child"), steps: 1)
    }

    // MARK: - Differences

    @Test("an answer that was changed in the recording shows in what the next step is given")
    func changedAnswer() throws {
        var events = RecordingEvents.pipeline(answers: [#"{"price":1}"#, "2", "3"])
        events.change { type, envelope, content in
            if type == .result, envelope.step == 1 { content = Array(#"{"price":5}"#.utf8) }
        }
        let outcome = try replay(events, "p-1")
        #expect(outcome.steps.map(\.isSame) == [true, false])
        #expect(
            outcome.difference
                == ReplayDifference(
                    step: 2, message: "TASK", field: "content", path: "$.price", recorded: 1,
                    now: 5))
    }

    @Test("an answer that is put in place of the recorded one shows in the next step")
    func planted() throws {
        var settings = ReplayPlayer.Settings()
        settings.planted[2] = ["x": true]
        let outcome = try replay(.pipeline(), "p-1", settings)
        #expect(outcome.steps.map(\.isPlanted) == [false, true, false])
        #expect(outcome.difference?.step == 3 && outcome.difference?.path == "$")
        #expect(outcome.difference?.recorded == 2 && outcome.difference?.now == ["x": true])
    }

    @Test("what is put in place of the last answer shows in the answer to the caller")
    func plantedLast() throws {
        var settings = ReplayPlayer.Settings()
        settings.planted[3] = 4
        let outcome = try replay(.pipeline(), "p-1", settings)
        #expect(outcome.difference?.message == "RESPONSE" && outcome.difference?.now == 4)
    }

    @Test("a success put in the place of a failure ends the attempts")
    func plantedSuccess() throws {
        var settings = ReplayPlayer.Settings()
        settings.planted[1] = 7
        let outcome = try replay(failing(), "f", settings)
        #expect(outcome.difference?.field == "message_type")
        #expect(outcome.difference?.recorded == "TASK for cost")
        #expect(outcome.difference?.now == "RESPONSE")
    }

    @Test("a place that is ignored is no difference")
    func ignored() throws {
        var settings = ReplayPlayer.Settings()
        settings.planted[1] = ["at": 2, "n": 1]
        let events = RecordingEvents.pipeline(answers: [#"{"at":1,"n":1}"#, "2", "3"])
        #expect(try replay(events, "p-1", settings).difference?.path == "$.at")
        settings.ignoring = [try ValuePath("..at")]
        expectSame(try replay(events, "p-1", settings), steps: 3)
    }

    @Test("a conductor that tries less often than then is found out")
    func otherRetries() throws {
        var settings = ReplayPlayer.Settings()
        settings.configuration = try configuration("retries: {limit: 1}")
        let outcome = try replay(failing(), "f", settings)
        #expect(outcome.steps.count == 2)
        #expect(outcome.difference?.recorded == "TASK for cost")
        #expect(outcome.difference?.now == "ERROR (failed: no)")
    }

    @Test("a conductor that asks somebody else than then is found out")
    func otherFallback() throws {
        var events = RecordingEvents()
        events.begin(.pipeline, "p", "a") { $0.headers["pipeline"] = "a,b" }
        events.task("p", "a#1") { $0.headers["pipeline"] = "a,b" }
        events.answer(.fail, "p", "a#1") { $0.error = WireError(code: "failed", message: "no") }
        events.end(.error, "p") {
            $0.error = WireError(code: "failed", message: "stage 1 of 2, a: no")
        }
        expectSame(try replay(events, "p"), steps: 1)
        var settings = ReplayPlayer.Settings()
        settings.configuration = try configuration("agents: {a: {fallback: [b]}}")
        let outcome = try replay(events, "p", settings)
        #expect(outcome.difference?.recorded == "ERROR")
        #expect(outcome.difference?.now == "TASK for b")
    }

    @Test(
        "each field of a task is compared",
        arguments: [
            ("agent", "sender"), ("content_type", "content_type"), ("effect", "effect"),
            ("priority", "priority"), ("headers", "headers"), ("depth", "depth"),
            ("delivery", "delivery"), ("content", "content"),
        ])
    func fields(_ field: String, _ found: String) throws {
        var events = RecordingEvents.call()
        events.change { type, envelope, content in
            guard type == .task else { return }
            switch field {
            case "agent": envelope.receiver = "other#1"
            case "content_type": envelope.contentType = "text/plain"
            case "effect": envelope.effect = .pure
            case "priority": envelope.priority = 3
            case "headers": envelope.headers["x"] = "1"
            case "depth": envelope.depth = 1
            case "delivery": envelope.delivery = .durable
            default: content = Array("0".utf8)
            }
        }
        let outcome = try replay(events, "order-17")
        // An effect is what the workers of then say of themselves.
        #expect(outcome.difference?.field == (field == "effect" ? nil : found))
    }

    @Test("text that is not JSON is compared byte by byte")
    func text() throws {
        var events = RecordingEvents.call()
        events.change { type, envelope, content in
            if type != .request { envelope.contentType = "text/plain" }
            content = Array((type == .response ? "hello there" : "hello world").utf8)
            if type == .request { envelope.contentType = "text/plain" }
        }
        let outcome = try replay(events, "order-17")
        #expect(outcome.difference?.path == "byte 6")
        #expect(outcome.difference?.recorded == "there" && outcome.difference?.now == "world")
    }

    // MARK: - What cannot be replayed

    @Test("of contents that were cut the beginnings are compared, and it is said")
    func cut() throws {
        let long = "\"" + String(repeating: "x", count: 9000) + "\""
        var events = RecordingEvents()
        events.call("long", content: long)
        let outcome = try replay(events, "long")
        expectSame(outcome, steps: 1)
        let note =
            "Only the first 4,096 bytes were recorded, and are compared, of: the request "
            + "(9002 bytes), the input of step 1 (9002 bytes), the answer of step 1 (9002 bytes), "
            + "the end (9002 bytes)."
        #expect(outcome.notes == [note])
    }

    @Test("an answer that was lost while recording is named")
    func missingAnswer() throws {
        var events = RecordingEvents.pipeline()
        events.remove(.result, 1)
        let outcome = try replay(events, "p-1")
        #expect(outcome.difference == nil)
        #expect(outcome.obstacle?.contains("answer to step 2, attempt 1 is not") == true)
    }

    @Test("a task that was lost while recording is not compared, and named")
    func missingTask() throws {
        var events = RecordingEvents.pipeline()
        events.remove(.task, 1)
        let outcome = try replay(events, "p-1")
        expectSame(outcome, steps: 3)
        #expect(outcome.notes.first?.contains("TASK of step 2, attempt 1 is not") == true)
    }

    @Test("a step of which nothing was recorded is named")
    func missingStep() throws {
        var events = RecordingEvents.pipeline()
        events.remove(.task, 1)
        events.remove(.result, 1)
        let outcome = try replay(events, "p-1")
        #expect(outcome.obstacle?.contains("Step 2, for b, is not in the recording") == true)
    }

    @Test("a recording that ends too early is replayed as far as it goes")
    func openEnd() throws {
        var events = RecordingEvents.pipeline()
        events.remove(.response)
        events.remove(.result, 2)
        events.remove(.task, 2)
        let outcome = try replay(events, "p-1")
        #expect(outcome.steps.count == 2)
        #expect(outcome.obstacle?.contains("The recording ends before step 3") == true)
    }

    @Test("a broadcast without answers, a refusal and a late recording are refused in words")
    func refused() throws {
        var events = RecordingEvents()
        events.begin(.broadcast, "b", "echo")
        events.end(.response, "b", content: "{}")
        events.begin(.request, "r", "nobody")
        events.end(.error, "r") { $0.error = WireError(code: "unavailable", message: "no nobody") }
        events.task("late", "echo#1")
        events.answer(.result, "late", "echo#1")
        for (id, words) in [
            ("b", "nobody answers"), ("r", "no nobody (unavailable)"), ("late", "beginning"),
        ] {
            let fault = #expect(throws: Fault.self) { try replay(events, id) }
            #expect(fault?.message.contains(words) == true)
            #expect(fault?.has(Exit.noInput) == true)
        }
        var settings = ReplayPlayer.Settings()
        settings.planted[9] = 1
        let fault = #expect(throws: Fault.self) { try replay(.call(), "order-17", settings) }
        #expect(fault?.has(Exit.usage) == true)
    }

    @Test("the same event under several topics counts once")
    func doubled() throws {
        var events = RecordingEvents.pipeline()
        events.double()
        expectSame(try replay(events, "p-1"), steps: 3)
    }

    @Test("whatever envelopes a recording holds, a replay ends", arguments: 0..<4)
    func noise(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<30 {
            var events =
                [
                    RecordingEvents.pipeline(), failing(),
                    gathered(("agents", "a,b"), ["a#3", "b#1"]),
                ]
                .randomElement(using: &random) ?? .call()
            let count = Int.random(in: 1...3, using: &random)
            for _ in 0..<count { events.scramble(&random) }
            let recording = try Recording(RecordingBytes(events.recording()), path: "x")
            for request in recording.index.requests {
                let story = try? RecordedStory(
                    request.id, recording.events(of: request.id), path: "x")
                _ = try? story.map { try ReplayPlayer($0).run() }
            }
        }
    }
}

extension RecordingEvents {
    /// Changes every envelope and content.
    mutating func change(_ body: (MessageType, inout Envelope, inout [UInt8]) -> Void) {
        rewrite { event in
            guard var envelope = try? Envelope(decoding: event.envelope) else { return }
            body(envelope.type, &envelope, &event.content)
            event.envelope = envelope.encoded()
        }
    }

    mutating func scramble(_ random: inout SplitMix64) {
        let place = Int.random(in: 0..<events.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: move(place, to: Int.random(in: 0..<events.count, using: &random))
        case 1 where events.count > 1: remove(at: place)
        case 2:
            var number = 0
            change { _, envelope, _ in
                if number == place {
                    envelope.step = .random(in: 0...5, using: &random)
                    envelope.dispatch = .random(in: 0...5, using: &random)
                }
                number += 1
            }
        case 3:
            var number = 0
            change { _, envelope, content in
                if number == place {
                    envelope.receiver =
                        ["", "a", "#", "a#", "\u{1b}[1m", "*"].randomElement(using: &random) ?? ""
                    envelope.sender = ""
                    content = [0xff]
                }
                number += 1
            }
        default:
            let types = MessageType.allCases
            var number = 0
            change { _, envelope, _ in
                if number == place { envelope.type = types.randomElement(using: &random) ?? .ping }
                number += 1
            }
        }
    }
}
