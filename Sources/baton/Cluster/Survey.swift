import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// Asks every orchestrator of a cluster the same questions, all at the same time, each over a
/// connection of its own. One that does not answer holds nobody up for longer than a moment.
struct Survey: Sendable {
    struct Answer: Sendable {
        let orchestrator: String
        /// The values in the order of the questions; a fault where it did not answer.
        let values: Result<[Value], Fault>
        let roundTrip: Duration

        var fault: Fault? { if case .failure(let fault) = values { fault } else { nil } }

        subscript(question: Int) -> Value? {
            guard case .success(let values) = values, values.indices.contains(question) else {
                return nil
            }
            return values[question]
        }
    }

    private static let patience = Duration.seconds(3)

    /// What an `OrchestratorReport` is made of.
    static let reports = Survey(questions: ["stats", "orchestrators"])

    let questions: [String]
    var details: ObjectValue = [:]

    /// What each of them said, in the order of the cluster's file.
    func asked(_ invocation: Invocation, within limit: Duration? = nil) async throws -> [Answer] {
        let loop = invocation.console.loop
        let plans = try Contact.address(invocation).plans()
        let asked = invocation.duration(CommonOptions.timeout) ?? Self.patience
        let limit = limit ?? min(asked, Self.patience)
        return await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, entry) in plans.enumerated() {
                group.addTask {
                    (index, await answer(entry.name, entry.plan, on: loop, within: limit))
                }
            }
            var answers: [(Int, Answer)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The lists that those gave who answered, joined; a fault if nobody did.
    func rows(_ invocation: Invocation, within limit: Duration? = nil) async throws -> [Value] {
        let answers = try await asked(invocation, within: limit)
        if answers.allSatisfy({ $0.fault != nil }), let fault = answers.first?.fault { throw fault }
        return answers.flatMap { $0[0]?.array ?? [] }
    }

    /// What the first said who knows it; a fault if nobody does.
    func first(_ invocation: Invocation) async throws -> Value {
        let answers = try await asked(invocation)
        for answer in answers { if let value = answer[0] { return value } }
        let faults = answers.compactMap(\.fault)
        throw faults.first { !$0.has(Exit.unavailable) } ?? faults.first
            ?? Fault(Exit.unavailable, "No orchestrator is there to be asked.")
    }

    private func answer(
        _ name: String, _ plan: Session.Plan, on loop: EventLoop, within limit: Duration
    ) async -> Answer {
        do {
            return try await Contact.with(plan, on: loop, within: limit) { client in
                var values: [Value] = []
                let began = loop.now
                for question in questions {
                    values.append(try await client.ask(question, details, timeout: limit))
                }
                let time = (loop.now - began) / max(1, questions.count)
                return Answer(orchestrator: name, values: .success(values), roundTrip: time)
            }
        } catch {
            let fault = error as? Fault ?? Fault(Exit.software, "\(error)")
            return Answer(orchestrator: name, values: .failure(fault), roundTrip: .zero)
        }
    }
}

/// Rows of several orchestrators about the same thing, made into one: some members are added up,
/// of some the greatest counts, all others are taken from the first.
struct Merge {
    let key: String
    var sums: Set<String> = []
    var greatest: Set<String> = []

    func callAsFunction(_ rows: [Value]) -> [Value] {
        var order: [String] = []
        var merged: [String: ObjectValue] = [:]
        for row in rows {
            guard let object = row.object, let name = row[key]?.string else { continue }
            guard let before = merged[name] else {
                order.append(name)
                merged[name] = object
                continue
            }
            merged[name] = join(before, object)
        }
        return order.sorted().compactMap { merged[$0].map { .object($0) } }
    }

    private func join(_ left: ObjectValue, _ right: ObjectValue) -> ObjectValue {
        var result = left
        for name in left.keys {
            guard let one = left[name]?.integer, let other = right[name]?.integer else { continue }
            if sums.contains(name) {
                let (sum, overflow) = one.addingReportingOverflow(other)
                result[name] = Value(overflow ? .max : sum)
            } else if greatest.contains(name) {
                result[name] = Value(max(one, other))
            }
        }
        return result
    }
}
