/// The last line of a tap: what was shown and kept, and what was not. Pure.
struct TapSummary {
    var shown = 0
    var recorded: Int?
    var lost: UInt64 = 0
    var unreadable = 0

    var text: String {
        var parts: [String] = []
        if let recorded { parts.append("\(Self.events(recorded)) recorded") }
        if recorded == nil || shown > 0 { parts.append("\(Self.events(shown)) shown") }
        parts.append("\(lost) lost")
        if unreadable > 0 { parts.append("\(unreadable) unreadable") }
        return parts.joined(separator: ", ") + "."
    }

    static func events(_ count: some BinaryInteger) -> String {
        count == 1 ? "1 event" : "\(count) events"
    }
}

extension TapSummary {
    init(_ run: TapRun, lost: UInt64 = 0) {
        self.init(
            shown: run.shown, recorded: run.isRecording ? run.recorded : nil, lost: lost,
            unreadable: run.unreadable)
    }
}
