import Document
import Reactor
import Synchronization
import Telemetry
import Wire
import WorkerKit

/// Prints what comes of one call: how long it is waited for, the pieces, the result. People and
/// programs get different shapes of it; foreign bytes never reach a terminal unstripped.
final class AnswerPrinter: Sendable {
    private let output: Output
    private let live: LiveLine
    private let wantsJSON: Bool
    private let showsPartials: Bool
    /// What kept a piece from being printed.
    private let failure = Mutex<(any Error)?>(nil)
    /// What was last reported by whoever works on it.
    private let latest = Mutex<CallProgress?>(nil)

    /// How soon somebody who waits is told so, and how often.
    private static let patience = Duration.seconds(1)
    private static let step = Duration.milliseconds(100)

    init(_ console: Console, wantsJSON: Bool, showsPartials: Bool) {
        output = console.output
        live = LiveLine(console.errors)
        self.wantsJSON = wantsJSON
        self.showsPartials = showsPartials
    }

    /// Shows that somebody waits until it is cancelled; throws what kept a piece from being
    /// printed.
    func wait(for agent: String, since began: Instant, on loop: EventLoop) async throws {
        defer { live.clear() }
        while true {
            try await loop.sleep(for: Self.step)
            if let error = failure.withLock({ $0 }) { throw error }
            let waited = loop.now - began
            guard waited >= Self.patience else { continue }
            live.spin("waiting for \(agent, .bold) \("· \(DurationText.spoken(waited))", .dim)")
        }
    }

    @Sendable func news(_ news: CallNews) {
        switch news {
        case .partial(let piece): partial(piece)
        case .progress(let progress): latest.withLock { $0 = progress }
        }
    }

    private func partial(_ piece: RawContent) {
        guard showsPartials, failure.withLock({ $0 == nil }) else { return }
        live.clear()
        do {
            if wantsJSON {
                try output.json(["partial": piece.shown])
            } else {
                try show(piece)
            }
        } catch {
            failure.withLock { $0 = error }
        }
    }

    func result(_ answer: CallAnswer, after time: Duration) throws {
        guard wantsJSON else { return try show(answer.content) }
        try output.json([
            "result": answer.content.shown,
            "sender": .string(answer.sender),
            "durable": .bool(answer.delivery == .durable),
            "elapsed_us": .init(Int(clamping: DurationText.microseconds(time))),
        ])
    }

    private func show(_ content: RawContent) throws {
        let isTerminal = output.terminal.isTerminal
        guard content.isJSON else {
            return isTerminal ? try output.foreign(content.text) : try output.bytes(content.bytes)
        }
        guard isTerminal, let value = try? content.value() else {
            return try output.bytes(content.bytes + [UInt8(ascii: "\n")])
        }
        try output.foreign(JSON.text(value, pretty: true))
    }
}

extension RawContent {
    fileprivate var isJSON: Bool { contentType.isEmpty || contentType == "application/json" }

    /// As part of a JSON document: itself if it is JSON, else its bytes and what they are.
    fileprivate var shown: Value {
        if isJSON, count == 0 { return .null }
        if isJSON, let value = try? value() { return value }
        return ["base64": .string(Base64.encode(bytes)), "content_type": .string(contentType)]
    }
}
