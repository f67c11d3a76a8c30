import Document
import Telemetry
import Wire

/// Several answers to one request: collected as they come, written as one.
extension Plan {
    /// Whom was asked, and what each of them said.
    struct Gathering {
        /// Whom was asked: an agent, or one of its instances.
        struct Member {
            let agent: Int
            var instance: String?
        }

        private(set) var members: [Member]
        private var answers: [Outcome?]
        private var missing: Int

        init(_ members: [Member]) {
            self.members = members
            answers = Array(repeating: nil, count: members.count)
            missing = members.count
        }

        var isComplete: Bool { missing == 0 }

        /// One of them answered, or failed for good; the first word of each counts.
        mutating func note(_ outcome: Outcome, from index: Int) {
            guard answers.indices.contains(index), answers[index] == nil else { return }
            answers[index] = outcome
            missing -= 1
        }

        /// Whoever has not answered will not be waited for.
        mutating func close(_ error: WireError) {
            for index in answers.indices where answers[index] == nil {
                answers[index] = .failure(error)
            }
            missing = 0
        }

        /// All answers as one; too much for one message is refused.
        func outcome(_ names: [String], from orchestrator: String) -> Outcome {
            let bytes = written(names)
            guard bytes.count <= WireLimits.content else {
                let reason = "the answers have \(bytes.count) bytes: more than one message holds"
                return .failure(WireError(Fault(WireCode.tooLarge, reason)))
            }
            return .result(
                ContentBytes(bytes), sender: Outcome.Sender(agent: "baton", instance: orchestrator),
                contentType: "")
        }
    }
}

/// The answer's JSON is put together from the pieces as they came: what each agent said is checked,
/// not read.
extension Plan.Gathering {
    private func written(_ names: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(contentsOf: "{\"results\":[".utf8)
        var failed: [Value] = []
        for index in members.indices {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let name = write(index, names[index], into: &bytes) { failed.append(.string(name)) }
        }
        let answered = members.count - failed.count
        let rate = members.isEmpty ? 0 : Double(answered) / Double(members.count)
        bytes.append(contentsOf: "],\"failed\":".utf8)
        bytes.append(contentsOf: JSON.write(.array(failed)))
        bytes.append(contentsOf: ",\"asked\":\(members.count),\"answered\":\(answered)".utf8)
        bytes.append(contentsOf: ",\"success_rate\":".utf8)
        bytes.append(contentsOf: JSON.write(.number(rate)))
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Writes one answer; gives the name of whoever failed.
    private func write(_ index: Int, _ agent: String, into bytes: inout [UInt8]) -> String? {
        bytes.append(contentsOf: "{\"agent\":\"\(agent)\"".utf8)
        let asked = members[index].instance.map { "\(agent)#\($0)" }
        switch answers[index] {
        case .result(let content, let sender, let contentType):
            let name = "\(sender.agent)#\(sender.instance)"
            bytes.append(contentsOf: ",\"instance\":\"\(name)\",\"success\":true".utf8)
            bytes.append(contentsOf: ",\"result\":".utf8)
            bytes.append(contentsOf: content.asJSON(contentType))
            bytes.append(UInt8(ascii: "}"))
            return nil
        case .failure(let error):
            write(error, of: asked, into: &bytes)
        case nil:
            write(WireError(code: "deadline", message: "no answer"), of: asked, into: &bytes)
        }
        return asked ?? agent
    }

    private func write(_ error: WireError, of instance: String?, into bytes: inout [UInt8]) {
        if let instance { bytes.append(contentsOf: ",\"instance\":\"\(instance)\"".utf8) }
        let value: Value = [
            "code": .string(error.code), "message": .string(error.message),
            "retryable": .bool(error.retryable), "retry_after_ms": Value(error.retryAfter),
        ]
        bytes.append(contentsOf: ",\"success\":false,\"error\":".utf8)
        bytes.append(contentsOf: JSON.write(value))
        bytes.append(UInt8(ascii: "}"))
    }
}

extension Content {
    /// Itself as a part of a JSON document; what is not JSON stands there as base64.
    fileprivate func asJSON(_ contentType: String) -> [UInt8] {
        if count == 0 { return Array("null".utf8) }
        let bytes = array
        let isJSON = contentType.isEmpty || contentType == "application/json"
        if isJSON, (try? JSON.parse(bytes)) != nil { return bytes }
        return JSON.write([
            "base64": .string(Base64.encode(bytes)),
            "content_type": .string(contentType),
        ])
    }
}
