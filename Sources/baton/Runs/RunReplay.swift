import Document
import Flow
import Orchestration
import Telemetry
import Wire

/// A durable run that was run again from what it was told, without a worker: whether it came to the
/// same, and the data before and after each task. Pure.
struct RunReplay {
    let run: StoredRun
    let history: RunHistory
    var redaction: Redaction?

    init(_ run: StoredRun, _ history: RunHistory? = nil) {
        self.run = run
        self.history = history ?? run.history
    }

    /// What the run came to now, against what the store has.
    enum Verdict {
        case same(String)
        case different(String, recorded: Value?, now: Value?)
    }

    var verdict: Verdict {
        let count = Count.of(history.turns.count, "task")
        if let entry = history.resumed.leftOver.first {
            let key = entry.event.key?.text ?? "an event"
            return .different(
                "\(key) was told something that nothing asked for: this is not the text it ran by",
                recorded: .string(key), now: nil)
        }
        switch (run.state, history.outcome) {
        case ("succeeded", .completed(let output)):
            let recorded = run.head["output"] ?? .null
            guard let first = ValueDifference.first(recorded, output) else {
                return .same("replayed \(count): the same output")
            }
            return .different(
                "the output differs at \(first.path)", recorded: first.recorded, now: first.now)
        case ("failed", .faulted(let error)):
            let (recorded, now) = (
                run.head["error"]?["message"]?.string ?? "", WireError(error).message
            )
            guard recorded != now, !recorded.isEmpty else {
                return .same("replayed \(count): the same error")
            }
            return .different(
                "the error differs", recorded: .string(recorded), now: .string(now))
        case ("cancelled", nil), ("cancelled", .cancelled), ("expired", nil):
            return .same("replayed \(count), up to where it was \(run.state)")
        case ("succeeded", _), ("failed", _):
            return .different(
                "it \(run.state), and now it \(Self.word(of: history.outcome))",
                recorded: run.head["output"] ?? run.head["error"], now: history.outcome?.value)
        case (_, nil): return .same("replayed \(count), up to where it is")
        case (_, let outcome):
            return .same("replayed \(count): it \(Self.word(of: outcome)), which is not kept yet")
        }
    }

    var exit: Exit { if case .same = verdict { .ok } else { .failed } }

    private static func word(of outcome: RunAction.Outcome?) -> String {
        switch outcome {
        case .completed: "succeeded"
        case .faulted: "failed"
        case .cancelled: "is cancelled"
        case nil: "has not ended"
        }
    }

    // MARK: - Data

    func shown(_ value: Value) -> Value { redaction?.applied(to: value) ?? value }

    /// What a task changed in the context.
    func changes(_ turn: RunHistory.Turn) -> [ValueDifference] {
        guard let after = turn.after else { return [] }
        return ValueDifference.all(shown(turn.before), shown(after), most: 50)
    }
}

extension RunAction.Outcome {
    var value: Value {
        switch self {
        case .completed(let output): ["output": output]
        case .faulted(let error): ["error": error.value]
        case .cancelled: "cancelled"
        }
    }
}
