import Document
import Wire

/// An event for programs: where and when it passed, and the message in the form that all its tools
/// know.
extension TapMessage {
    var json: Value {
        var message = AgentMessage(envelope).json.object ?? [:]
        message["content"] = content.value
        return [
            "orchestrator": .string(orchestrator), "number": Value(event.mark.number),
            "at": .string(TapTime.exact(at)), "direction": .string(isOut ? "out" : "in"),
            "length": Value(UInt64(event.mark.length)), "cut": .bool(isCut),
            "message": .object(message),
        ]
    }
}
