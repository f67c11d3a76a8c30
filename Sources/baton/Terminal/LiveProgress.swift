import Document
import Reactor
import Synchronization
import WorkerKit

/// The live line of somebody who waits for an answer: for whom, how long already, and what was last
/// reported. Where there are stages it shows which one runs.
final class LiveProgress: Sendable {
    private struct State {
        var stage: Int?
        var sender = ""
        var note = ""
        /// Whether somebody types where the line would stand.
        var isPaused = false
    }

    private enum Delays {
        /// How soon somebody who waits is told so, and how often.
        static let patience = Duration.seconds(1)
        static let step = Duration.milliseconds(100)
    }

    private let line: LiveLine
    private let who: String
    private let stages: [String]
    private let state = Mutex(State())

    /// - Parameter stages: the agents of a pipeline, in their order.
    init(_ console: Console, waitingFor who: String, stages: [String] = []) {
        line = LiveLine(console.errors)
        self.who = who
        self.stages = stages
    }

    /// Whether anybody would see it.
    var isShown: Bool { line.isShown }

    func clear() { line.clear() }

    /// Keeps the line away while somebody is asked something.
    func pause(_ isOn: Bool) {
        state.withLock { $0.isPaused = isOn }
        line.clear()
    }

    @Sendable func news(_ news: CallNews) {
        guard case .progress(let progress) = news else { return }
        let value = try? progress.note.value()
        state.withLock { state in
            state.sender = progress.sender
            state.note = value.map(Self.text) ?? ""
            if !stages.isEmpty { state.stage = progress.step }
        }
    }

    /// A look at the request has shown that this agent works on it; stages only follow each other.
    func works(_ agent: String) {
        state.withLock { state in
            let done = max(0, (state.stage ?? 1) - 1)
            guard let next = stages.dropFirst(done).firstIndex(of: agent) else { return }
            state.stage = next + 1
        }
    }

    /// Shows how things stand until it is cancelled.
    func show(since began: Instant, on loop: EventLoop) async throws {
        defer { line.clear() }
        while true {
            try await loop.sleep(for: Delays.step)
            guard !state.withLock(\.isPaused) else { continue }
            let waited = loop.now - began
            guard waited >= Delays.patience || hasNews else { continue }
            line.spin(text(after: waited))
        }
    }

    private var hasNews: Bool { state.withLock { $0.stage != nil || !$0.sender.isEmpty } }

    func text(after waited: Duration) -> Text {
        let state = state.withLock { $0 }
        var text: Text = stages.isEmpty ? "waiting for \(who, .bold)" : slip(state.stage ?? 1)
        text = text + " \("· \(DurationText.spoken(waited))", .dim)"
        guard !state.note.isEmpty else { return text }
        return text + " \("· \(state.sender):", .dim) \(state.note)"
    }

    /// The stages with the one that runs in bold, those before it in green.
    private func slip(_ stage: Int) -> Text {
        let names = stages.enumerated().map { index, name in
            Text(name, index + 1 < stage ? .green : index + 1 == stage ? .bold : .dim)
        }
        return Text.joined(names, separator: " → ")
    }

    /// A note as people read it: a text as it is, an object as its members.
    private static func text(_ note: Value) -> String {
        if let text = note.string { return text }
        if note.isNull { return "" }
        guard let object = note.object else { return JSON.text(note) }
        return object.map { "\($0.key) \($0.value.string ?? JSON.text($0.value))" }
            .joined(separator: ", ")
    }
}
