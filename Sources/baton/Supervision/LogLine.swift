import Document

/// One line a child wrote, as people read it: time, level, message, fields. Lines that are not ours
/// are shown as they are.
struct LogLine {
    private static let known = [
        "time", "level", "component", "message", "request", "trace", "span",
    ]
    /// As much of a trace as tells it from others; `--trace` takes it so.
    private static let traceLength = 8

    let text: Text

    init(_ line: String) {
        guard line.utf8.first == UInt8(ascii: "\u{7b}"),
            let value = try? JSON.parse(line), let object = value.object,
            let level = value["level"]?.string, let message = value["message"]?.string
        else {
            text = Text(line).oneLine
            return
        }
        let time = value["time"]?.string.map(Self.clock) ?? ""
        let fields = object.filter { !Self.known.contains($0.key) }
            .map { member -> Text in
                let value = member.value.string ?? JSON.text(member.value)
                return "  \("\(member.key)=", .dim)\(value)"
            }
        let line = "\(time, .dim) \(Self.label(level)) \(message)" + Text.joined(fields)
        text = (line + Self.belonging(value)).oneLine
    }

    /// What the line belongs to, at its end: the request, and how its trace begins.
    private static func belonging(_ value: Value) -> Text {
        var text = Text("")
        if let request = value["request"]?.string {
            text = text + "  \("request=", .dim)\(request)"
        }
        guard let trace = value["trace"]?.string else { return text }
        return text + "  \("trace=\(trace.prefix(traceLength))", .dim)"
    }

    /// The line under the name of the child it came from.
    func named(_ name: String, width: Int) -> Text {
        "\(Text(name, Self.colour(of: name)).padded(to: width)) \("│", .dim) \(text)"
    }

    /// What the line says and why, without when and where: for a sentence of somebody else.
    static func gist(of line: String) -> String {
        guard line.hasPrefix("{"), let value = try? JSON.parse(line),
            let message = value["message"]?.string
        else { return Text(line).oneLine.plain }
        let reason = value["reason"]?.string ?? value["why"]?.string
        return Text(reason.map { "\(message): \($0)" } ?? message).oneLine.plain
    }

    /// The time that stands in a line of ours; it sorts as it is written.
    static func time(of line: String) -> String? {
        guard line.hasPrefix("{") else { return nil }
        return (try? JSON.parse(line))?["time"]?.string
    }

    /// `2026-02-15T08:30:00.125Z` without the day and the zone.
    private static func clock(_ time: String) -> String {
        guard time.utf8.count == 24, let mark = time.firstIndex(of: "T") else { return time }
        return String(time[time.index(after: mark)...].dropLast())
    }

    private static func label(_ level: String) -> Text {
        switch level {
        case "debug": Text("debug", .dim)
        case "info": Text("info ", .green)
        case "warning": Text("warn ", .yellow)
        case "error": Text("error", .red)
        default: Text(level)
        }
    }

    /// The same name has the same colour in every run.
    private static func colour(of name: String) -> Text.Style {
        let colours: [Text.Style] = [.cyan, .magenta, .blue, .yellow, .green]
        let sum = name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }
        return colours[sum % colours.count]
    }
}
