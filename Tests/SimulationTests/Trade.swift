import Reactor
import Telemetry
import WorkerKit

/// What the agents of simulated workers do. Each is called with the number of the call, or with
/// what another has made of it, and puts its own name before that: an answer that reaches the wrong
/// caller shows.
enum Trade: String, CaseIterable {
    /// Answers at once.
    case pure
    /// Takes a while.
    case slow
    /// Must never run twice.
    case once
    /// Fails with every second number.
    case dice
    /// Fails with its first try, in a way that may pass.
    case flaky
    /// Never answers.
    case mute
    /// Kills the process that runs it.
    case bomb
    /// Calls `slow`, and answers with what that said.
    case relay
    /// Answers in pieces.
    case stream

    var isUnsafe: Bool { self == .once }

    /// Whether it may fail often enough to be left alone for a while.
    var isUnreliable: Bool { self == .dice || self == .flaky }

    /// Whether it may be given to somebody again although nothing was disturbed: to a second one
    /// when it is slow, or after it failed.
    var mayRunAgain: Bool { self == .pure || self == .flaky }

    /// What this content is answered with; nil: never with a result.
    func answer(to content: String) -> String? {
        switch self {
        case .mute, .bomb: nil
        case .dice where Trade.number(in: content) % 2 == 0: nil
        case .relay: Trade.slow.answer(to: "-\(content)")
        default: "\(rawValue):\(content)"
        }
    }

    /// The number of the call that a content belongs to.
    static func number(in content: String) -> Int {
        content.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }

    /// The agent of this trade on a machine of a world.
    func agent(_ world: World, _ machine: Machine) -> Agent {
        let begin: @Sendable (RawContent) -> Int = { content in
            let number = Trade.number(in: content.text)
            world.effectBook.ran(number, self, on: machine, world)
            return number
        }
        switch self {
        case .pure:
            return Agent(raw: rawValue, effect: .pure) { content, _ in
                _ = begin(content)
                return RawContent(answer(to: content.text) ?? "")
            }
        case .dice:
            return Agent(raw: rawValue, effect: .idempotent) { content, _ in
                let number = begin(content)
                guard let answer = answer(to: content.text) else {
                    throw TaskFailure(code: "dice", message: "\(number) is even")
                }
                return RawContent(answer)
            }
        case .flaky:
            return Agent(raw: rawValue, effect: .idempotent) { content, task in
                let number = begin(content)
                guard task.attempt > 1 || number % 3 > 0 else {
                    throw TaskFailure(code: "flaky", message: "once more", retry: .now)
                }
                return RawContent(answer(to: content.text) ?? "")
            }
        case .bomb:
            return Agent(raw: rawValue, effect: .idempotent) { content, _ in
                let number = begin(content)
                world.explode(machine, number)
                return content
            }
        default:
            return Agent(raw: rawValue, effect: isUnsafe ? .unsafe : .idempotent) {
                (content: RawContent, task: TaskContext) async throws -> RawContent in
                try await perform(begin(content), content, task)
            }
        }
    }

    private func perform(
        _ number: Int, _ content: RawContent, _ task: TaskContext
    ) async throws -> RawContent {
        switch self {
        case .mute: try await task.sleep(for: .seconds(100_000))
        case .relay:
            return try await task.call(Trade.slow.rawValue, RawContent("-\(content.text)"))
        case .stream:
            for piece in 0..<3 {
                task.partial(RawContent("\(number)/\(piece)"))
                try await task.sleep(for: .milliseconds(3))
            }
        default: try await task.sleep(for: .milliseconds(abs(number) * 37 % 400))
        }
        return RawContent(answer(to: content.text) ?? "")
    }
}
