import Bus
import Reactor
import Wire

/// Answers of volatile tasks that ended while their link was down: kept until the orchestrator has
/// said whether it still waits for them. Pure and bounded.
///
/// A durable task's answer is in the outbox anyway; a volatile one's would be lost although its
/// connection came back, and its orchestrator would wait for it until the deadline.
struct HeldAnswers {
    struct Answer {
        let context: TaskContext
        let envelope: [UInt8]
        let content: any Content
    }

    private static let limit = 1000
    private var answers: [TaskHome: Answer] = [:]

    var isEmpty: Bool { answers.isEmpty }

    /// Beyond the limit an answer is lost with its connection, which volatile ones may be.
    mutating func hold(_ answer: Answer) {
        guard answers.count < Self.limit, let home = answer.context.home else { return }
        answers[home] = answer
    }

    mutating func take(_ home: TaskHome) -> Answer? { answers.removeValue(forKey: home) }

    /// The tasks of a link that are answered here and not there.
    func tasks(of link: LinkID) -> [TaskContext] {
        answers.filter { $0.key.link == link }.map(\.value.context)
            .sorted { $0.key.number < $1.key.number }
    }

    mutating func forget(_ link: LinkID) { answers = answers.filter { $0.key.link != link } }

    /// Lets go of what nobody waits for any more.
    mutating func expire(at now: Instant) {
        guard !isEmpty else { return }
        answers = answers.filter { $0.value.context.deadline > now }
    }
}
