import Document
import Flow
import Orchestration
import Telemetry
import Wire

/// A durable run as its cluster has it: what it is a run of, and what it was told. All that is made
/// of it here needs no cluster. Pure.
struct StoredRun: Sendable {
    let id: String
    /// What was said of it besides its lines.
    let head: Value
    let workflow: Workflow
    let plan: FlowPlan
    let input: Value
    private(set) var journal: Flow.Journal
    /// For each entry of the journal the lines up to it, itself counted.
    private(set) var lines: [Int] = [0]
    private(set) var performers: [StepKey: JournalLine.Performer] = [:]
    /// Calls that began and whose effect must not be repeated.
    private(set) var begun: [StepKey: (attempt: UInt32, instance: String)] = [:]
    /// Where it goes on from another one: the latest of them first.
    private(set) var forks: [RunFork] = []

    /// What stands for a secret that only orchestrators know.
    static let hidden = Redaction.mark

    /// - Parameters:
    ///   - lines: as the question `journal` gives them, in order.
    ///   - bodies: what they refer to.
    init(_ head: Value, lines: [Value], bodies: [String: Value]) throws(Fault) {
        guard let text = head["text"]?.string else {
            throw Fault(
                WireCode.gone, "the text that it ran by is not kept any more; give --workflow FILE")
        }
        id = head["request"]?.string ?? ""
        self.head = head
        do throws(Invalid) {
            workflow = try Workflow.read(Array(text.utf8), name: "\(id)'s workflow")
        } catch {
            throw Fault(Exit.invalidInput, "the text it ran by cannot be read: \(error)")
        }
        plan = FlowPlan(workflow)
        input = head["input"] ?? [:]
        let began = Moment(milliseconds: Int64(clamping: head["accepted_at"]?.integer ?? 0))
        journal = Flow.Journal([Flow.Journal.Entry(.started, at: began)])
        for (number, line) in lines.enumerated() {
            try take(JournalLine(line, line["b"]?.string.flatMap { bodies[$0] }), number + 1)
        }
    }

    private mutating func take(_ line: JournalLine, _ number: Int) throws(Fault) {
        switch line {
        case .heard(let entry, _):
            journal.entries.append(entry)
            lines.append(number)
        case .cursor: break
        case .told(let entry, let performer):
            journal.entries.append(entry)
            lines.append(number)
            if let key = entry.event.key, let performer {
                performers[key] = performer
                performers[key.whole] = performer
            }
        case .begun(let key, let attempt, let instance): begun[key] = (attempt, instance)
        case .forked(let fork): forks.append(fork)
        }
    }

    /// What is otherwise in it than in the run it goes on from.
    var changes: [StepKey: [Amendment]] {
        forks.reduce(into: [:]) { all, fork in
            all.merge(fork.changes) { later, earlier in earlier + later }
        }
    }

    var identity: RunIdentity { identity(of: id) }

    /// A secret is not told to anybody, but a run that declares it does not begin without.
    func identity(of request: String, _ workflow: Workflow? = nil) -> RunIdentity {
        var secrets: ObjectValue = [:]
        for name in (workflow ?? self.workflow).components.secrets {
            secrets[name] = .string(Self.hidden)
        }
        return RunIdentity(
            request: request, version: head["runtime"]?.string ?? "", secrets: secrets)
    }

    var history: RunHistory {
        RunHistory(
            plan, input: input, identity: identity, journal: journal, amendments: changes)
    }

    /// Who answered a task's call; nobody where it asked for nothing.
    func performer(of turn: RunHistory.Turn) -> JournalLine.Performer? {
        turn.asked == nil ? nil : performers[turn.key]
    }

    /// Whether a task was done before the run went on from another one.
    func isKept(_ turn: RunHistory.Turn) -> Bool {
        guard let fork = forks.first, let entries = turn.entriesAfter, turn.key != fork.step else {
            return false
        }
        return lines[entries - 1] <= fork.lines + 1
    }

    var state: String { head.shown("state") }

    var isOver: Bool {
        ["succeeded", "failed", "cancelled", "expired"].contains(state)
    }

    /// The requests that its steps had run, where that is known.
    var children: [StepKey: String] {
        var children: [StepKey: String] = [:]
        for (key, id) in head["children"]?.object ?? [:] {
            if let id = id.string { children[StepKey(key)] = id }
        }
        return children
    }

    /// What steps of it are called, by the numbers under which workers and events know them.
    func names(_ history: RunHistory) -> [Int: String] {
        var names: [Int: String] = [:]
        for turn in history.turns where turn.asked != nil {
            names[Int(turn.key.ordinal)] = turn.key.text
        }
        for key in performers.keys { names[Int(key.ordinal)] = key.text }
        return names
    }
}
