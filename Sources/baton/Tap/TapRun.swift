import Telemetry
import Wire

/// What becomes of each event that was heard: it is judged, redacted, recorded and shown, and
/// counted. On one thread.
///
/// While everything is recorded as it comes no envelope is read: that is what keeps up.
final class TapRun {
    /// How it stands after an event.
    enum Verdict { case goesOn, isOver }

    private var filter: TapFilter
    private let redaction: Redaction
    private var view: (any TapView)?
    private let recorder: RecordingWriter?
    private let limit: Int
    /// Under several topics an event comes several times, one after the other.
    private let mayRepeat: Bool
    private var latest: [String: UInt64] = [:]

    private(set) var shown = 0
    private(set) var recorded = 0
    /// Events whose envelope could not be read.
    private(set) var unreadable = 0

    init(
        _ filter: TapFilter, _ redaction: Redaction, view: (any TapView)?,
        recorder: RecordingWriter? = nil, limit: Int? = nil
    ) {
        self.filter = filter
        self.redaction = redaction
        self.view = view
        self.recorder = recorder
        self.limit = limit ?? .max
        mayRepeat = filter.topics.count > 1
    }

    func take(_ event: TapEvent, from orchestrator: String) throws -> Verdict {
        if mayRepeat,
            latest.updateValue(event.mark.number, forKey: orchestrator) == event.mark.number
        {
            return .goesOn
        }
        if view == nil, redaction.isEmpty, filter.isWanted(byTopic: event.topic) {
            try record(event, from: orchestrator)
        } else {
            try judge(event, from: orchestrator)
        }
        let count = view == nil ? recorded : shown
        return count >= limit || view?.isOver == true ? .isOver : .goesOn
    }

    /// What was lost, told to whoever reads on.
    func noteLoss(_ text: String) throws { try view?.note(text) }

    func flush() throws { try recorder?.flush() }

    func finish() throws {
        try view?.finish()
        try recorder?.close()
    }

    var isRecording: Bool { recorder != nil }

    var recordedBytes: UInt64 { recorder?.size ?? 0 }

    // MARK: - Steps

    private func judge(_ event: TapEvent, from orchestrator: String) throws {
        guard let message = TapMessage(event, from: orchestrator) else {
            unreadable += 1
            return
        }
        guard filter.takes(message) else { return }
        let hidden = redaction.applied(to: message)
        try record(hidden.event, from: orchestrator)
        if try view?.show(message, hidden) == true { shown += 1 }
    }

    private func record(_ event: TapEvent, from orchestrator: String) throws {
        guard let recorder else { return }
        try recorder.append(event, from: orchestrator)
        recorded += 1
    }
}
