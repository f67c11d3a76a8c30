import Document
import Telemetry

/// The steps that say what is given.
enum Arrangement {
    static func apply(_ step: Feature.Step, to script: inout Script) throws(Fault) {
        if step.text == "a workflow with definition" {
            // The kit names the language of the text behind its quotes.
            script.definition = step.document ?? ""
            return
        }
        if step.text == "a workflow with the body" {
            let head = "document: { dsl: '1.0.3', namespace: test, name: flow, version: '1.0.0' }"
            script.definition = "\(head)\n\(step.document ?? "")"
            return
        }
        if step.text == "the workflow input is" {
            script.input = try step.value()
            return
        }
        let sentence = Sentence(step.text)
        if try applyReply(step, sentence, to: &script) { return }
        let after = sentence.pattern.hasSuffix(" after _")
        switch sentence.pattern {
        case "the secret _ is": script.secrets[sentence.parts[0]] = try step.value()
        case "the event arrives", "the event arrives after _":
            let delay = after ? try sentence.duration(0) : .zero
            script.happenings.append(
                Script.Happening(after: delay, what: .event(try step.value())))
        case "the workflow is cancelled after _":
            let delay = try sentence.duration(0)
            script.happenings.append(Script.Happening(after: delay, what: .cancelled))
        case "the workflow is suspended after _":
            let delay = try sentence.duration(0)
            script.happenings.append(Script.Happening(after: delay, what: .suspended))
        case "the workflow is resumed after _":
            let delay = try sentence.duration(0)
            script.happenings.append(Script.Happening(after: delay, what: .resumed))
        default: throw Fault(ConformanceCode.step, "nobody knows this step")
        }
    }

    /// `the agent 'x' answers`, `… fails with`, `… echoes its input`, `… never answers`, each also
    /// `after 5s`, and the same of a workflow.
    private static func applyReply(
        _ step: Feature.Step, _ sentence: Sentence, to script: inout Script
    ) throws(Fault) -> Bool {
        var pattern = sentence.pattern
        var delay = Duration.zero
        if pattern.hasSuffix(" after _") {
            delay = try sentence.duration(sentence.parts.count - 1)
            pattern.removeLast(" after _".count)
        }
        let isAgent = pattern.hasPrefix("the agent _ ")
        guard isAgent || pattern.hasPrefix("the workflow _ ") else { return false }
        let words = pattern.dropFirst(isAgent ? "the agent _ ".count : "the workflow _ ".count)
        let result: Script.Reply.Result
        switch words {
        case "answers": result = .value(try step.value())
        case "fails with", "fails": result = .error(try step.value())
        case "echoes its input": result = .echo
        case "never answers": result = .never
        default: return false
        }
        let reply = Script.Reply(after: delay, result: result)
        if isAgent {
            script.agents[sentence.parts[0], default: []].append(reply)
        } else {
            script.workflows[sentence.parts[0], default: []].append(reply)
        }
        return true
    }
}
