import Document
import Synchronization
import Telemetry
import Wire
import WorkerKit

/// Prints what comes of one call: the pieces, the result. People and programs get different shapes
/// of it; foreign bytes never reach a terminal unstripped.
final class AnswerPrinter: Sendable {
    private let output: Output
    private let live: LiveProgress
    private let wantsJSON: Bool
    private let showsPartials: Bool
    /// What kept a piece from being printed.
    private let failure = Mutex<(any Error)?>(nil)

    init(_ console: Console, _ live: LiveProgress, wantsJSON: Bool, showsPartials: Bool = false) {
        output = console.output
        self.live = live
        self.wantsJSON = wantsJSON
        self.showsPartials = showsPartials
    }

    @Sendable func news(_ news: CallNews) {
        switch news {
        case .partial(let piece): partial(piece)
        case .progress: live.news(news)
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
        if let error = failure.withLock({ $0 }) { throw error }
        guard wantsJSON else { return try show(answer.content) }
        try output.json([
            "result": answer.content.shown,
            "sender": .string(answer.sender),
            "request": .string(answer.requestID),
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
    var isJSON: Bool { contentType.isEmpty || contentType == "application/json" }

    /// As part of a JSON document: itself if it is JSON, else its bytes and what they are.
    var shown: Value {
        if isJSON, count == 0 { return .null }
        if isJSON, let value = try? value() { return value }
        return ["base64": .string(Base64.encode(bytes)), "content_type": .string(contentType)]
    }
}
