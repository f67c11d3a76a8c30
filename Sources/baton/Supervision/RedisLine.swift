import Document
import Telemetry

/// A line that Redis wrote, as one of our own log: with a level and the time of now, so that it
/// stands where it belongs among the others. Any other line stays as it is.
enum RedisLine {
    /// `12:M 21 Nov 2026 18:00:00.123 * Ready to accept connections`
    private static let words = 7

    static func logged(_ line: String, at time: Timestamp = .now) -> String {
        let parts = line.split(separator: " ", maxSplits: words - 1).map(String.init)
        guard parts.count == words, parts[0].contains(":"), let level = level(parts[5]) else {
            return line
        }
        return JSON.text([
            "time": .string("\(time)"), "level": .string(level.name), "component": "redis",
            "message": .string(parts[6]),
        ])
    }

    private static func level(_ sign: String) -> Log.Level? {
        switch sign {
        case ".", "-": .debug
        case "*": .info
        case "#": .warning
        default: nil
        }
    }
}
