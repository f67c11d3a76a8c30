import Bus
import Telemetry
package import Wire

/// One call as its caller asks for it: which of the four patterns, of whom, and within which
/// bounds.
package struct CallRequest: Sendable {
    /// What travels. NOTIFICATION ends with its acceptance and CANCEL with the end of the request
    /// it names; the others end with a result.
    package enum Kind: Sendable {
        case request, notification, pipeline, broadcast, cancel

        var type: MessageType {
            switch self {
            case .request: .request
            case .notification: .notification
            case .pipeline: .pipeline
            case .broadcast: .broadcast
            case .cancel: .cancel
            }
        }
    }

    package var kind = Kind.request
    package var agent: String
    package var content: RawContent
    package var delivery = Delivery.durable
    /// How long the work may take.
    package var timeout = Duration.seconds(60)
    /// How long the answer is waited for; nil: as long as the work may take.
    package var patience: Duration?
    /// Durable calls only: the same id is the same request, also from another process. Empty: a new
    /// one.
    package var requestID = ""
    package var traceparent = ""
    package var tracestate = ""
    package var headers: [String: String] = [:]
    package var priority: UInt32 = 0
    /// How many agents called each other before this call.
    var depth: UInt32 = 0
    /// The task this call is made from.
    var origin: TaskTable.Key?

    package init(_ kind: Kind = .request, agent: String, content: RawContent) {
        self.kind = kind
        self.agent = agent
        self.content = content
    }

    /// A routing slip: each agent's result is the next one's input.
    package static func pipeline(
        _ stages: [String], _ content: RawContent
    ) throws(Fault) -> CallRequest {
        guard !stages.isEmpty, stages.count <= WireLimits.stages else {
            throw Fault(
                WireCode.invalid, "a pipeline has 1 to \(WireLimits.stages) agents",
                at: stages.prefix(3).joined(separator: ","))
        }
        var request = CallRequest(.pipeline, agent: stages[0], content: content)
        request.headers["pipeline"] = try list(stages)
        return request
    }

    /// One instance of each agent gets the same; what they answer is gathered.
    package static func fanOut(
        _ agents: [String], _ content: RawContent
    ) throws(Fault) -> CallRequest {
        guard !agents.isEmpty else {
            throw Fault(WireCode.invalid, "a fan-out needs at least one agent")
        }
        var request = try broadcast("", content)
        request.headers["agents"] = try list(agents)
        request.delivery = .durable
        return request
    }

    /// Each instance of an agent, or everybody (`*`), gets the same.
    package static func broadcast(
        _ receiver: String, _ content: RawContent
    ) throws(Fault) -> CallRequest {
        guard content.count <= WireLimits.broadcast else {
            throw Fault(
                WireCode.tooLarge,
                "the content has \(content.count) bytes; a broadcast takes"
                    + " \(WireLimits.broadcast)")
        }
        var request = CallRequest(.broadcast, agent: receiver, content: content)
        // Nobody can say whom a broadcast has reached before its connection broke.
        request.delivery = .volatile
        return request
    }

    /// The same broadcast, with everybody's answer asked for.
    package static func acknowledged(
        _ receiver: String, _ content: RawContent
    ) throws(Fault) -> CallRequest {
        var request = try broadcast(receiver, content)
        request.headers["broadcast"] = "acknowledged"
        request.delivery = .durable
        return request
    }

    /// Whether the answer tells what several have answered.
    package var gathers: Bool { headers["agents"] != nil || headers["broadcast"] != nil }

    /// Names as one header.
    private static func list(_ names: [String]) throws(Fault) -> String {
        for name in names { try Name.check(name, "agent") }
        return names.joined(separator: ",")
    }
}

/// What a call was answered with.
package struct CallAnswer: Sendable {
    package let content: RawContent
    /// What was really given.
    package let delivery: Delivery
    /// The instance that answered, as `agent#instance`.
    package let sender: String
    /// The request the answer is to.
    package let requestID: String
}

/// What comes of a call before its answer.
package enum CallNews: Sendable {
    /// A piece of a streaming answer.
    case partial(RawContent)
    case progress(CallProgress)
}

/// A sign that a call is still being worked on. Some of them may be lost on their way.
public struct CallProgress: Sendable {
    /// The instance that reports, as `agent#instance`.
    public let sender: String
    /// Which step of the request this is about, from 1: the stage of a pipeline.
    public let step: Int
    /// Anything to show.
    public let note: RawContent

    package init(sender: String, step: Int, note: RawContent) {
        self.sender = sender
        self.step = step
        self.note = note
    }
}

extension CallRequest {
    /// Writes the envelope of the call.
    ///
    /// - Parameter dispatch: what the orchestrator it goes to calls the task it is made from; nil
    /// at any other, to whom it means nothing.
    func write(_ writer: inout EnvelopeWriter, id: String, dispatch: UInt64?) {
        writer.begin(kind.type)
        writer.text(.messageID, id)
        if !agent.isEmpty { writer.text(.receiver, agent) }
        if kind != .cancel { writer.budget(max(1, timeout.milliseconds)) }
        if delivery != .durable { writer.delivery(delivery) }
        if !requestID.isEmpty { writer.text(.requestID, requestID) }
        if !content.contentType.isEmpty { writer.text(.contentType, content.contentType) }
        if !traceparent.isEmpty { writer.text(.traceparent, traceparent) }
        if !tracestate.isEmpty { writer.text(.tracestate, tracestate) }
        if priority != 0 { writer.priority(priority) }
        if depth != 0 { writer.depth(depth) }
        if let dispatch { writer.dispatch(dispatch) }
        guard !headers.isEmpty else { return }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { writer.header(name, value) }
    }
}

extension CallRequest {
    /// How many bytes the headers take in an envelope, at most.
    var headerBytes: Int {
        headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 6 }
    }

    /// Whom a fault about this call is about.
    var who: String { headers["pipeline"] ?? headers["agents"] ?? agent }
}
