import Document
import Flow
import Telemetry

/// Says of steps which task of a workflow they are: a durable run knows its steps by numbers made
/// of their keys, which nobody can read.
enum StepNames {
    /// The least number of a step that is made of a key.
    private static let least = 0x4000_0000

    /// An answer whose steps and events say their tasks where that is known.
    static func added(to answer: Value, of id: String, _ invocation: Invocation) async -> Value {
        let isNeeded = ["steps", "events"].contains { list in
            answer[list]?.array?.contains { ($0["step"]?.integer ?? 0) >= least } ?? false
        }
        guard isNeeded, let run = try? await RunReading(invocation).run(id) else { return answer }
        return added(run.names(run.history), to: answer)
    }

    static func added(_ names: [Int: String], to answer: Value) -> Value {
        guard var members = answer.object else { return answer }
        for list in ["steps", "events"] {
            guard let rows = members[list]?.array else { continue }
            members[list] = .array(
                rows.map {
                    guard var row = $0.object, let step = row["step"]?.integer,
                        let name = names[step]
                    else { return $0 }
                    row["task"] = .string(name)
                    return .object(row)
                })
        }
        return .object(members)
    }
}

extension Value {
    /// A step as people know it: by its task, or by its number.
    var shownStep: String {
        let task = shown("task")
        return task.isEmpty ? shown("step") : task
    }
}
