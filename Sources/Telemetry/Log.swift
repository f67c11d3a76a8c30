import Glibc

/// Where a process says what it does: one JSON object a line, a fixed message and fields, never
/// bodies or secrets. The module owns what a process says of itself: faults, logs, meters, traces.
///
/// A log is a value that is passed to whoever needs it. Writing never blocks on a full pipe for
/// longer than the kernel does and never fails: a closed standard error loses lines, not the
/// service.
public struct Log: Sendable {
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        public init?(name: String) {
            guard let level = Level.allCases.first(where: { $0.name == name }) else { return nil }
            self = level
        }

        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    /// One field of a line. Literals of strings, integers and booleans are fields as they stand.
    public enum Field: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
        ExpressibleByBooleanLiteral
    {
        case text(String)
        case integer(Int)
        case number(Double)
        case truth(Bool)

        public init(stringLiteral value: String) { self = .text(value) }
        public init(integerLiteral value: Int) { self = .integer(value) }
        public init(booleanLiteral value: Bool) { self = .truth(value) }
    }

    public let level: Level
    private let component: String
    /// Fields that stand at the end of every line.
    private var tags = Fields()
    private let write: @Sendable (String) -> Void

    public init(
        component: String, level: Level = .info,
        write: @escaping @Sendable (String) -> Void = Log.standardError
    ) {
        self.component = component
        self.level = level
        self.write = write
    }

    /// A log that says nothing, for tests and for tools that print on their own.
    public static let silent = Log(component: "", level: .error, write: { _ in })

    /// Whether lines for those who look closely are written: they are not worth making otherwise.
    package var isDebugging: Bool { level <= .debug }

    /// The same log, with these fields at the end of every line.
    package func tagged(_ fields: KeyValuePairs<String, Field>) -> Log {
        var log = self
        for (name, field) in fields { log.tags.append(name, field) }
        return log
    }

    /// The same log for another part of the process.
    package func named(_ component: String) -> Log {
        var log = Log(component: component, level: level, write: write)
        log.tags = tags
        return log
    }

    public func debug(_ message: StaticString, _ fields: KeyValuePairs<String, Field> = [:]) {
        line(.debug, message, fields)
    }

    public func info(_ message: StaticString, _ fields: KeyValuePairs<String, Field> = [:]) {
        line(.info, message, fields)
    }

    public func warning(_ message: StaticString, _ fields: KeyValuePairs<String, Field> = [:]) {
        line(.warning, message, fields)
    }

    public func error(_ message: StaticString, _ fields: KeyValuePairs<String, Field> = [:]) {
        line(.error, message, fields)
    }

    private func line(
        _ level: Level, _ message: StaticString, _ fields: KeyValuePairs<String, Field>
    ) {
        guard level >= self.level else { return }
        var text = "{\"time\":\"\(Timestamp.now)\",\"level\":\"\(level.name)\",\"component\":"
        text.appendQuoted(component)
        text += ",\"message\":"
        text.appendQuoted("\(message)")
        var own = Fields(besides: tags)
        for (name, field) in fields { own.append(name, field) }
        write(text + own.text + tags.text + "}\n")
    }

    /// Writes a whole line at once, so that lines of several processes on one pipe do not mix.
    public static let standardError: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in
            // A closed or full standard error loses the line on purpose: logging never stops the
            // service.
            _ = unsafe Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}

/// Fields as they are written. A name that a line has already gets a mark: no reader takes an
/// object that says something twice.
private struct Fields {
    private(set) var text = ""
    private var names = ["time", "level", "component", "message"]

    init() {}

    init(besides tags: Fields) { names = tags.names }

    mutating func append(_ name: String, _ field: Log.Field) {
        var name = name
        while names.contains(name) { name += "_" }
        names.append(name)
        text += ","
        text.appendQuoted(name)
        text += ":"
        field.append(to: &text)
    }
}

extension Log.Field {
    /// More of a text is not written: a line stays one that can be read, and is written at once.
    private static var longest: Int { 8192 }

    fileprivate func append(to text: inout String) {
        switch self {
        case .text(let value) where value.utf8.count > Self.longest:
            text.appendQuoted(String(decoding: value.utf8.prefix(Self.longest), as: UTF8.self))
        case .text(let value): text.appendQuoted(value)
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .truth(let value): text += value ? "true" : "false"
        }
    }
}

extension String {
    /// Appends a JSON string: quotes, backslashes and every control character escaped, so that no
    /// input can forge a line or reach a terminal with an escape sequence.
    fileprivate mutating func appendQuoted(_ value: String) {
        append("\"")
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
            default: unicodeScalars.append(scalar)
            }
        }
        append("\"")
    }
}
