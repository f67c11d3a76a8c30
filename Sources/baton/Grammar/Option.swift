/// One option of a command: how it is written, what it means, and where its value comes from when
/// absent.
///
/// It describes and never reads anything: the same value drives parsing, help and shell completion.
struct Option: Sendable {
    let name: String
    let short: Character?
    let kind: Kind
    let valueName: String
    let summary: String
    let fallback: String?
    let variable: String?
    let repeats: Bool
    let hidden: Bool

    init(
        _ name: String, short: Character? = nil, _ kind: Kind, _ valueName: String,
        _ summary: String, default fallback: String? = nil, variable: String? = nil,
        repeats: Bool = false, hidden: Bool = false
    ) {
        self.name = name
        self.short = short
        self.kind = kind
        self.valueName = valueName
        self.summary = summary
        self.fallback = fallback
        self.variable = variable
        self.repeats = repeats
        self.hidden = hidden
    }

    static func flag(
        _ name: String, short: Character? = nil, _ summary: String, hidden: Bool = false
    ) -> Option {
        Option(name, short: short, .flag, "", summary, hidden: hidden)
    }

    var isFlag: Bool { if case .flag = kind { true } else { false } }

    /// `-n, --lines N` as the help shows it.
    var signature: String {
        let long = valueName.isEmpty ? "--\(name)" : "--\(name) \(valueName)"
        return short.map { "-\($0), \(long)" } ?? "    \(long)"
    }
}

/// One positional argument of a command.
struct Argument: Sendable {
    enum Arity: Sendable { case one, optional, some, any }

    let name: String
    let kind: Kind
    let arity: Arity
    let summary: String

    init(_ name: String, _ kind: Kind, _ summary: String, _ arity: Arity = .one) {
        self.name = name
        self.kind = kind
        self.arity = arity
        self.summary = summary
    }

    /// The summary as it goes on within a sentence.
    var clause: String {
        guard let first = summary.first, summary.dropFirst().first?.isUppercase != true else {
            return summary
        }
        return first.lowercased() + summary.dropFirst()
    }

    var takesMany: Bool { arity == .some || arity == .any }

    /// Whether it takes the words of another command, whatever they look like.
    var takesWords: Bool { if case .text = kind { takesMany } else { false } }

    /// `FILE`, `[FILE]`, `COMMAND …` as the usage line shows it.
    var signature: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .some: "\(name) …"
        case .any: "[\(name) …]"
        }
    }
}
