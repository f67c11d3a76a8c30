import Bus
public import Document
import Reactor
import Synchronization
import Telemetry
import Wire

/// Spans of a handler's own: what it did within its task, for whoever watches the traces.
///
/// While nobody watches they cost a look at a flag. They carry no contents.
extension TaskContext {
    /// The span that a handler is in just now, below which its calls and further spans belong.
    @TaskLocal static var span: TraceContext?

    /// Where this task stands in its trace.
    var trace: TraceContext? { Self.span ?? TraceContext(traceparent: traceparent) }

    /// Does a piece of the task's work as a span of its own.
    ///
    /// - Parameters:
    ///   - name: what is done; OpenTelemetry has names such as `chat` and `execute_tool` for it.
    ///   - attributes: what is worth knowing of it; never contents, never secrets.
    public func span<Success>(
        _ name: String, attributes: [String: Value] = [:], _ body: () async throws -> Success
    ) async throws -> Success {
        guard let parent = trace, parent.isSampled else { return try await body() }
        let own = parent.child(call: callsMade.add(1, ordering: .relaxed).newValue)
        let start = Timestamp.nanoseconds
        do {
            let success = try await Self.$span.withValue(own, operation: body)
            tell(name, own, below: parent, since: start, "ok", attributes)
            return success
        } catch {
            var attributes = attributes
            attributes["baton.code"] = .string(WireError(thrown: error).code)
            tell(name, own, below: parent, since: start, "error", attributes)
            throw error
        }
    }

    private func tell(
        _ name: String, _ own: TraceContext, below parent: TraceContext, since start: UInt64,
        _ status: String, _ attributes: [String: Value]
    ) {
        var span: ObjectValue = [
            "trace": .string(own.traceID), "span": .string(own.spanID),
            "parent": .string(parent.spanID), "name": .string(name), "kind": "internal",
            "start_ns": Value(start), "end_ns": Value(Timestamp.nanoseconds),
            "status": .string(status), "attributes": .object(self.attributes(and: attributes)),
        ]
        var content = JSON.write(.object(span))
        if content.count > TapMark.most {
            // What is too long for the tap goes without what its handler says of it.
            span["attributes"] = .object(self.attributes(and: [:]))
            if name.utf8.count > Self.longestName {
                span["name"] = .string(
                    String(decoding: name.utf8.prefix(Self.longestName), as: UTF8.self))
            }
            content = JSON.write(.object(span))
        }
        let told = ContentBytes(content)
        session.submit { $0.sendSpan(told, own, of: self) }
    }

    private static var longestName: Int { 256 }

    /// What is known of the task stays as it is, whatever a handler calls its own.
    private func attributes(and more: [String: Value]) -> ObjectValue {
        var all: ObjectValue = [:]
        for (name, value) in more.sorted(by: { $0.key < $1.key }) { all[name] = value }
        all["gen_ai.agent.name"] = .string(agent)
        all["baton.request"] = .string(requestID)
        all["baton.step"] = Value(Int(step))
        all["baton.attempt"] = Value(Int(attempt))
        return all
    }
}

extension Session {
    fileprivate func sendSpan(
        _ content: ContentBytes, _ span: TraceContext, of context: TaskContext
    ) {
        guard let link = context.home?.link, bus?.isLive(link) == true else { return }
        _ = send(content, to: link, tiedBy: "s\(span.spanID)") { writer in
            context.begin(.span, &writer)
            writer.text(.traceparent, span.description)
        }
    }
}
