/// The last line of a tap: what was shown and kept, and what was not. Pure.
struct TapSummary {
    var shown = 0
    var recorded: Int?
    var lost: UInt64 = 0
    var unreadable = 0
    /// By how much the listening ended behind the bus, in nanoseconds.
    var behind: UInt64?

    var text: String {
        var parts: [String] = []
        if let recorded { parts.append("\(Self.events(recorded)) recorded") }
        if recorded == nil || shown > 0 { parts.append("\(Self.events(shown)) shown") }
        parts.append("\(lost) lost")
        if unreadable > 0 { parts.append("\(unreadable) unreadable") }
        let end = behind.map { "; the last \(TapTime.span($0)) were not taken any more" } ?? ""
        return parts.joined(separator: ", ") + end + "."
    }

    static func events(_ count: some BinaryInteger) -> String {
        count == 1 ? "1 event" : "\(count) events"
    }
}

extension TapSummary {
    init(_ run: TapRun, lost: UInt64 = 0, behind: UInt64? = nil) {
        self.init(
            shown: run.shown, recorded: run.isRecording ? run.recorded : nil, lost: lost,
            unreadable: run.unreadable, behind: behind)
    }
}
