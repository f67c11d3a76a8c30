import Document
import Telemetry

/// Which lines of the logs somebody wants to see. Pure.
///
/// Values of one kind are alternatives, kinds are demands: all of them must be met. What a process
/// wrote that is no line of ours has no level: a level alone does not hide it.
struct LogFilter {
    var requests: [String] = []
    /// Traces, or how they begin.
    var traces: [String] = []
    var level: Log.Level?

    private var isOpen: Bool { requests.isEmpty && traces.isEmpty && level == nil }

    func takes(_ line: String) -> Bool {
        if isOpen { return true }
        guard line.hasPrefix("{"), let value = try? JSON.parse(line),
            let own = value["level"]?.string.flatMap(Log.Level.init(name:))
        else { return requests.isEmpty && traces.isEmpty }
        if let level, own < level { return false }
        if !requests.isEmpty {
            guard let request = value["request"]?.string, requests.contains(request) else {
                return false
            }
        }
        guard !traces.isEmpty else { return true }
        guard let trace = value["trace"]?.string else { return false }
        return traces.contains { trace.hasPrefix($0) }
    }
}
