import Document
public import Telemetry
import Wire

/// What several agents or instances answered to the same question, and who did not.
public struct Gathering: Sendable {
    /// One of those that were asked.
    public struct Answer: Sendable {
        public let agent: String
        /// The instance that was asked, as `agent#instance`; empty if there was none.
        public let instance: String
        /// What it answered, or why there is no answer: a code, a sentence, whether to try again.
        public let result: Result<RawContent, Fault>

        public var success: Bool { if case .success = result { true } else { false } }
    }

    /// One answer for each that was asked.
    public let answers: [Answer]
    /// Those that did not succeed: instances, or agents that had none.
    public let failed: [String]
    /// How many were asked.
    public let asked: Int
    /// How many of them succeeded.
    public let answered: Int
    /// The share of those asked that succeeded; 0 if nobody was asked.
    public let successRate: Double

    /// What an agent answered; of several instances the first that succeeded, else the first.
    public subscript(agent: String) -> Answer? {
        answers.first { $0.agent == agent && $0.success } ?? answers.first { $0.agent == agent }
    }

    /// The results of those that succeeded, under their instances.
    public func results<Output: Decodable>(
        as type: Output.Type = Output.self
    ) throws(Fault) -> [String: Output] {
        var results: [String: Output] = [:]
        for answer in answers {
            guard case .success(let content) = answer.result else { continue }
            results[answer.instance.isEmpty ? answer.agent : answer.instance] =
                try content.decode(type)
        }
        return results
    }

    /// Reads the answer to a broadcast that was to be answered.
    package init(_ content: RawContent) throws(Fault) {
        let value = try content.value()
        guard let rows = value["results"]?.array else {
            throw Fault(WireCode.invalid, "this orchestrator answers broadcasts in another way")
        }
        var answers: [Answer] = []
        for row in rows { answers.append(try Answer(row)) }
        let succeeded = answers.count(where: \.success)
        self.answers = answers
        failed =
            value["failed"]?.array?.compactMap(\.string)
            ?? answers.filter { !$0.success }.map(\.name)
        asked = value["asked"]?.integer ?? answers.count
        answered = value["answered"]?.integer ?? succeeded
        successRate = asked > 0 ? Double(succeeded) / Double(asked) : 0
    }
}

extension Gathering.Answer {
    /// Whose answer it is, as far as that is known.
    package var name: String { instance.isEmpty ? agent : instance }

    fileprivate init(_ row: Value) throws(Fault) {
        agent = row["agent"]?.string ?? ""
        instance = row["instance"]?.string ?? ""
        if row["success"]?.bool == true {
            result = .success(try RawContent(gathered: row["result"] ?? .null))
        } else if let error = row["error"]?.object {
            result = .failure(try WireError(json: error).fault)
        } else {
            result = .failure(Fault(WireCode.internal, "no reason was given"))
        }
    }
}

extension RawContent {
    /// A content within a JSON document: itself if it is JSON, else as base64 with its type.
    fileprivate init(gathered value: Value) throws(Fault) {
        guard let object = value.object, let text = object["base64"]?.string,
            let type = object["content_type"]?.string
        else {
            self.init(json: value)
            return
        }
        self.init(try Base64.decode(text), contentType: type)
    }
}

/// What is known of a broadcast that nobody answers.
public struct BroadcastReceipt: Sendable {
    /// How many instances were connected when it was sent.
    public let instances: Int
    /// Its number among the broadcasts of this orchestrator to the same receivers, from 1.
    public let sequence: Int

    package init(_ content: RawContent) throws(Fault) {
        let value = try content.value()
        guard let instances = value["instances"]?.integer else {
            throw Fault(WireCode.invalid, "this orchestrator answers broadcasts in another way")
        }
        self.instances = instances
        sequence = value["sequence"]?.integer ?? 0
    }
}
