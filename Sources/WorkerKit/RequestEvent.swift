import Document
public import Telemetry
import Wire

/// One thing that happened to a request. Numbers are 1, 2, 3 and so on, without a gap.
public struct RequestEvent: Sendable, Hashable {
    public let number: Int
    /// A word: `accepted`, `dispatched`, `started`, `done`, `uncertain`, `resolved`, `adopted`,
    /// `revived`, and at the end `succeeded`, `failed`, `cancelled` or `expired`. Others may come.
    public let kind: String
    /// Which step of the request it is about, from 1; 0: about all of it.
    public let step: Int
    public let attempt: Int
    public let agent: String
    /// Who did it, as the instance's name alone.
    public let instance: String
    /// For people to read: nothing is decided by it.
    public let at: Timestamp
    /// How long what ended took; zero where nothing did.
    public let took: Duration
    /// Why, where there is a word for it.
    public let code: String

    /// Whether it is the last: the request has ended.
    public var isLast: Bool { Self.endings.contains(kind) }

    private static let endings: Set = ["succeeded", "failed", "cancelled", "expired"]

    /// Reads the content of EVENT; members it does not know are ignored.
    package init(_ value: Value) throws(Fault) {
        guard let number = value["number"]?.integer, number > 0,
            let kind = value["kind"]?.string
        else { throw Fault(WireCode.invalid, "an event has a number and a kind") }
        self.number = number
        self.kind = kind
        step = value["step"]?.integer ?? 0
        attempt = value["attempt"]?.integer ?? 0
        agent = value["agent"]?.string ?? ""
        instance = value["instance"]?.string ?? ""
        at = Timestamp(milliseconds: Int64(value["at_ms"]?.integer ?? 0))
        took = .milliseconds(value["took_ms"]?.integer ?? 0)
        code = value["code"]?.string ?? ""
    }
}
