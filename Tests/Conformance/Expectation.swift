import Document
import Telemetry

/// The steps that say what must have come of it.
struct Expectation {
    private let story: Story

    init(_ story: Story) { self.story = story }

    func check(_ step: Feature.Step) throws(Fault) {
        let sentence = Sentence(step.text)
        if try checkEnd(step, sentence) { return }
        if try checkOutput(step, sentence) { return }
        if try checkWorld(step, sentence) { return }
        try TaskExpectation(story).check(step)
    }

    private func checkEnd(_ step: Feature.Step, _ sentence: Sentence) throws(Fault) -> Bool {
        switch sentence.pattern {
        case "the workflow should complete": _ = try output()
        case "the workflow should complete with output":
            try Unmet.same(try step.value(), try output(), "output")
        case "the workflow should cancel":
            try Unmet.require(story.end == .cancelled, "it ended otherwise: \(story.ending)")
        case "the workflow should fault": _ = try error()
        case "the workflow should fault with error":
            try Unmet.covers(try step.value(), try error(), "error")
        case "the workflow should fault with error type _":
            let type = try error()["type"]?.string ?? ""
            let isIt = type == sentence.parts[0] || type.hasSuffix("/" + sentence.parts[0])
            try Unmet.require(isIt, "the type is \(type)")
        case "the workflow should still be running":
            try Unmet.require(story.end == .running, "it ended: \(story.ending)")
        case "the workflow should be refused": _ = try refusal()
        case "the workflow should be refused with _":
            let text = try refusal()
            try Unmet.require(text.contains(sentence.parts[0]), "the reasons are: \(text)")
        case "the workflow should take _":
            let expected = try sentence.duration(0)
            let span = expected...(expected + story.slack)
            try Unmet.require(span.contains(story.duration), "it took \(story.duration)")
        default: return false
        }
        return true
    }

    private func checkOutput(_ step: Feature.Step, _ sentence: Sentence) throws(Fault) -> Bool {
        switch sentence.pattern {
        case let pattern where pattern.hasPrefix("the workflow output should have properties _"):
            for path in sentence.parts {
                _ = try Unmet.member(path, try output())
            }
        case "the workflow output should have a _ property with value":
            let value = try Unmet.member(sentence.parts[0], try output())
            try Unmet.same(try step.value(), value, sentence.parts[0])
        case "the workflow output should have a _ property containing _ items":
            let value = try Unmet.member(sentence.parts[0], try output())
            let count = value.array?.count ?? value.object?.count ?? -1
            try Unmet.require(count == (try sentence.count(1)), "it contains \(count) items")
        default: return false
        }
        return true
    }

    private func checkWorld(_ step: Feature.Step, _ sentence: Sentence) throws(Fault) -> Bool {
        switch sentence.pattern {
        case "the agent _ should be called _ times", "the agent _ should be called _ time":
            let count = calls(sentence.parts[0]).count
            try Unmet.require(count == (try sentence.count(1)), "it was called \(count) times")
        case "the agent _ should not be called":
            let count = calls(sentence.parts[0]).count
            try Unmet.require(count == 0, "it was called \(count) times")
        case "the agent _ should be called with":
            try Unmet.same(try step.value(), try call(sentence).payload, "what it was called with")
        case "the call _ of the agent _ should be with":
            let all = calls(sentence.parts[1])
            let position = try sentence.count(0) - 1
            try Unmet.require(all.indices.contains(position), "there were \(all.count) calls")
            try Unmet.same(try step.value(), all[position].payload, "what it was called with")
        case "the agent _ should be called in version _":
            let version = try call(sentence).version ?? "none"
            try Unmet.require(version == sentence.parts[1], "the version is \(version)")
        case "the agent _ should be called after _":
            let (at, expected) = (try call(sentence).at, try sentence.duration(1))
            let span = expected...(expected + story.slack)
            try Unmet.require(span.contains(at), "it was called after \(at)")
        case "the agent _ should be given _":
            let (limit, expected) = (try call(sentence).limit, try sentence.duration(1))
            let span = (expected - story.slack)...expected
            let isIn = limit.map(span.contains) ?? false
            try Unmet.require(isIn, "it was given \(limit as Any)")
        case "the agent _ should be withdrawn":
            try Unmet.require(try call(sentence).isWithdrawn, "its call was not withdrawn")
        case "the calls of the agent _ should share _ answers":
            let keys = Set(calls(sentence.parts[0]).map(\.cacheKey))
            try Unmet.require(keys.count == (try sentence.count(1)), "they share \(keys.count)")
        case "_ events should be emitted", "_ event should be emitted":
            let count = story.emitted.count
            try Unmet.require(count == (try sentence.count(0)), "there were \(count)")
        case "the event _ should be like":
            let position = try sentence.count(0) - 1
            try Unmet.require(story.emitted.indices.contains(position), "there is no such event")
            try Unmet.covers(try step.value(), story.emitted[position], "event")
        default: return false
        }
        return true
    }

    private func calls(_ agent: String) -> [Story.Call] {
        story.calls.filter { $0.agent == agent }
    }

    private func call(_ sentence: Sentence) throws(Fault) -> Story.Call {
        guard let call = calls(sentence.parts[0]).last else {
            throw Unmet.fault("it was not called; called were \(story.calls.map(\.agent))")
        }
        return call
    }

    private func output() throws(Fault) -> Value {
        if case .completed(let output) = story.end { return output }
        throw Unmet.fault("it ended otherwise: \(story.ending)")
    }

    private func error() throws(Fault) -> Value {
        if case .faulted(let error) = story.end { return error }
        throw Unmet.fault("it ended otherwise: \(story.ending)")
    }

    private func refusal() throws(Fault) -> String {
        if case .refused(let text) = story.end { return text }
        throw Unmet.fault("it was taken: \(story.ending)")
    }
}

extension Story {
    /// How it ended, for people.
    var ending: String {
        switch end {
        case .completed(let output): "completed with \(JSON.text(output))"
        case .faulted(let error): "faulted with \(JSON.text(error))"
        case .cancelled: "cancelled"
        case .running: "still running, after \(changes.suffix(3).map { "\($0.task) \($0.phase)" })"
        case .refused(let text): "refused: \(text)"
        }
    }
}

/// Comparisons that say what is different.
enum Unmet {
    static func fault(_ message: String) -> Fault { Fault(ConformanceCode.unmet, message) }

    static func require(_ condition: Bool, _ message: String) throws(Fault) {
        if !condition { throw fault(message) }
    }

    static func same(_ expected: Value, _ value: Value, _ what: String) throws(Fault) {
        try require(
            expected == value,
            "the \(what) is \(JSON.text(value)), expected was \(JSON.text(expected))")
    }

    /// Every member that is expected is there; others may be too.
    static func covers(_ expected: Value, _ value: Value, _ what: String) throws(Fault) {
        guard case .object(let members) = expected, value.object != nil else {
            return try same(expected, value, what)
        }
        for (key, member) in members {
            guard let found = value[key] else {
                throw fault("\(what).\(key) is missing in \(JSON.text(value))")
            }
            try covers(member, found, "\(what).\(key)")
        }
    }

    static func member(_ path: String, _ value: Value) throws(Fault) -> Value {
        var found = value
        for key in path.split(separator: ".") {
            guard let next = found[String(key)] ?? Int(key).flatMap({ found[$0] }) else {
                throw fault("\(path) is missing in \(JSON.text(value))")
            }
            found = next
        }
        return found
    }
}
