package import Document
package import Flow
package import Store
package import Telemetry
import Wire

/// One line of a run's journal as the store keeps it: what the run was told, or what must be known
/// of a step whose effect must not be repeated.
package enum JournalLine {
    case told(Journal.Entry, by: Performer? = nil)
    /// An event was told that stands there in the log.
    case heard(Journal.Entry, LogPosition)
    /// The run listens, to what comes after this place in the log; or it listens no longer.
    case cursor(LogPosition?)
    /// The run goes on with what another one was told: the first line, where it is there.
    case forked(RunFork)
    /// The step of a call may have had its effect from here on.
    case begun(StepKey, attempt: UInt32, instance: String)

    /// Whose answer an entry is.
    package struct Performer: Sendable {
        package let agent: String
        package let instance: String
        package let attempt: UInt32
    }

    /// Values of more bytes than this are kept beside the journal, once for a request.
    private static let largest = 4096

    /// As bytes, and what they refer to.
    package var written: (bytes: [UInt8], body: StateCommand.Journaling.Body?) {
        var (members, value) = parts
        guard let value else { return (JSON.write(.object(members)), nil) }
        let bytes = JSON.write(value)
        guard bytes.count > Self.largest else {
            members["v"] = value
            return (JSON.write(.object(members)), nil)
        }
        let digest = Digest("value", content: ContentBytes(bytes)).description
        members["b"] = .string(digest)
        let body = StateCommand.Journaling.Body(digest: digest, bytes: bytes)
        return (JSON.write(.object(members)), body)
    }

    private var parts: (ObjectValue, Value?) {
        switch self {
        case .begun(let key, let attempt, let instance):
            let members: ObjectValue = [
                "e": "begun", "k": .string(key.text), "a": Value(Int(attempt)),
                "i": .string(instance),
            ]
            return (members, nil)
        case .cursor(let place):
            var members: ObjectValue = ["e": "cursor"]
            members["p"] = place.map { .string($0.description) }
            return (members, nil)
        case .heard(let entry, let place):
            var (members, value) = JournalLine.told(entry).parts
            members["p"] = .string(place.description)
            return (members, value)
        case .forked(let fork): return (["e": "forked"], fork.value)
        case .told(let entry, let performer):
            var members: ObjectValue = ["e": .string(entry.event.word)]
            members["t"] = .integer(entry.at.nanoseconds)
            members["k"] = entry.event.key.map { .string($0.text) }
            members["s"] = entry.steps.map { Value($0) }
            if let performer {
                members["w"] = .string("\(performer.agent)#\(performer.instance)")
                if performer.attempt > 1 { members["a"] = Value(Int(performer.attempt)) }
            }
            return (members, entry.event.value)
        }
    }

    package init(_ bytes: [UInt8], _ bodies: [String: [UInt8]]) throws(Fault) {
        let line = try JSON.parse(bytes)
        var value: Value?
        if let digest = line["b"]?.string {
            guard let body = bodies[digest] else { throw Self.unreadable("a value is missing") }
            value = try JSON.parse(body)
        }
        try self.init(line, value)
    }

    /// A line as its members say, with what was kept beside it.
    package init(_ line: Value, _ body: Value?) throws(Fault) {
        let key = StepKey(line["k"]?.string ?? "")
        if line["e"]?.string == "begun" {
            self = .begun(
                key, attempt: UInt32(clamping: line["a"]?.integer ?? 1),
                instance: line["i"]?.string ?? "")
            return
        }
        let place = line["p"]?.string.flatMap { LogPosition($0) }
        guard line["e"]?.string != "cursor" else {
            self = .cursor(place)
            return
        }
        let value = body ?? line["v"] ?? .null
        if line["e"]?.string == "forked" {
            self = .forked(try RunFork(value))
            return
        }
        guard let event = RunEvent(line["e"]?.string ?? "", key, value),
            let time = line["t"]?.integer
        else { throw Self.unreadable("it holds no event") }
        let entry = Journal.Entry(
            event, at: Moment(nanoseconds: Int64(time)), steps: line["s"]?.integer)
        self = place.map { .heard(entry, $0) } ?? .told(entry, by: Performer(line))
    }

    private static func unreadable(_ why: String) -> Fault {
        Fault(WireCode.corrupt, "a line of the run's journal cannot be read: \(why)")
    }
}

extension JournalLine.Performer {
    fileprivate init?(_ line: Value) {
        guard let who = line["w"]?.string else { return nil }
        let sender = Outcome.Sender(address: who)
        self.init(
            agent: sender.agent, instance: sender.instance,
            attempt: UInt32(clamping: line["a"]?.integer ?? 1))
    }
}

extension RunEvent {
    fileprivate var word: String {
        switch self {
        case .started: "started"
        case .answered: "answered"
        case .failed: "failed"
        case .timer: "timer"
        case .event: "event"
        case .suspended: "suspended"
        case .resumed: "resumed"
        case .cancelled: "cancelled"
        case .proceed: "proceed"
        }
    }

    fileprivate var value: Value? {
        switch self {
        case .answered(_, let value), .event(let value): value
        case .failed(_, let error): error.value
        case .started, .timer, .suspended, .resumed, .cancelled, .proceed: nil
        }
    }

    fileprivate init?(_ word: String, _ key: StepKey, _ value: Value) {
        switch word {
        case "started": self = .started
        case "answered": self = .answered(key, value)
        case "failed": self = .failed(key, FlowError(value))
        case "timer": self = .timer(key)
        case "event": self = .event(value)
        case "suspended": self = .suspended
        case "resumed": self = .resumed
        case "cancelled": self = .cancelled
        default: return nil
        }
    }
}

extension LogPosition {
    /// Behind all events that were kept up to a moment.
    init(after moment: Moment) {
        let milliseconds = UInt64(clamping: moment.nanoseconds / 1_000_000)
        self.init(milliseconds: milliseconds, number: .max)
    }
}
