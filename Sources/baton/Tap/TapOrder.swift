import Telemetry
import Wire

/// What a command line asks of the tap: whom to listen to, what to hide, and how to show it. Faults
/// say which options do not go together.
struct TapOrder: Sendable {
    enum Form: Sendable, Equatable { case lines, documents, sequence, mermaid, nothing }

    let filter: TapFilter
    let redaction: Redaction
    let form: Form
    let showsHealth: Bool
    /// The request that a diagram is about.
    let request: String?
    let limit: Int?

    init(_ invocation: Invocation) throws(Fault) {
        try Self.check(invocation)
        let types = invocation.texts(TapCommand.type).flatMap { $0.split(separator: ",") }
            .compactMap { MessageType(written: String($0)) }
        let requests = invocation.texts(TapCommand.request)
        filter = TapFilter(
            agents: invocation.texts(TapCommand.agent), requests: requests, types: Set(types),
            sessions: invocation.texts(TapCommand.session),
            failuresOnly: invocation.flag(TapCommand.errors),
            direction: Self.direction(invocation))
        redaction = try Redaction(invocation.texts(TapCommand.redact))
        form = Self.form(invocation)
        showsHealth = invocation.flag(TapCommand.all) || types.contains(where: \.isHealth)
        request = requests.first
        limit = invocation.number(TapCommand.limit)
        if form == .sequence || form == .mermaid, requests.count > 1 {
            throw Fault(Exit.usage, "A diagram is about one request; give --request once.")
        }
    }

    private static func check(_ invocation: Invocation) throws(Fault) {
        let pairs = [
            [TapCommand.sequence, TapCommand.mermaid], [TapCommand.sequence, CommonOptions.json],
            [TapCommand.mermaid, CommonOptions.json], [TapCommand.sent, TapCommand.received],
            [TapCommand.from, TapCommand.span], [TapCommand.from, CommonOptions.directory],
        ]
        for pair in pairs where pair.allSatisfy({ isGiven($0, invocation) }) {
            throw Fault(
                Exit.usage, "--\(pair[0].name) and --\(pair[1].name) do not go together.")
        }
        guard !invocation.flag(TapCommand.force) || invocation.flag(TapCommand.record) else {
            throw Fault(Exit.usage, "--force is about the file of --record; name one.")
        }
        let files = [TapCommand.from, TapCommand.record].compactMap(invocation.text)
            .map { File.absolute(invocation.console.path($0)) ?? $0 }
        guard files.count < 2 || files[0] != files[1] else {
            throw Fault(Exit.usage, "--record needs another file than --from.")
        }
        guard invocation.flag(TapCommand.sequence) || invocation.flag(TapCommand.mermaid) else {
            return
        }
        let partial = [
            TapCommand.type, TapCommand.errors, TapCommand.sent, TapCommand.received,
        ]
        for option in partial where isGiven(option, invocation) {
            throw Fault(
                Exit.usage,
                "A diagram needs all messages of its request; leave --\(option.name)"
                    + " out.")
        }
    }

    /// The folder may come from a variable, which is no contradiction.
    private static func isGiven(_ option: Option, _ invocation: Invocation) -> Bool {
        guard invocation.flag(option) else { return false }
        guard let variable = option.variable else { return true }
        return invocation.text(option) != invocation.console.variables[variable]
    }

    private static func direction(_ invocation: Invocation) -> TapFilter.Direction? {
        if invocation.flag(TapCommand.sent) { return .leaving }
        return invocation.flag(TapCommand.received) ? .arriving : nil
    }

    private static func form(_ invocation: Invocation) -> Form {
        if invocation.flag(TapCommand.sequence) { return .sequence }
        if invocation.flag(TapCommand.mermaid) { return .mermaid }
        if invocation.wantsJSON { return .documents }
        return invocation.flag(TapCommand.record) ? .nothing : .lines
    }

    // MARK: - Making what it takes

    func view(_ output: Output, namesOrchestrator: Bool) -> (any TapView)? {
        switch form {
        case .lines:
            TapLines(output, showsHealth: showsHealth, namesOrchestrator: namesOrchestrator)
        case .documents: TapDocuments(output: output)
        case .sequence: TapSequences(output, of: request, isDocument: false)
        case .mermaid: TapSequences(output, of: request, isDocument: true)
        case .nothing: nil
        }
    }

    /// The file to record into, if any. A recording says what is missing in it.
    func recorder(_ invocation: Invocation) throws(Fault) -> RecordingWriter? {
        guard let file = invocation.text(TapCommand.record) else { return nil }
        let note =
            redaction.isEmpty ? "" : "redacted: \(redaction.fields.joined(separator: ", "))"
        return try RecordingWriter(
            path: invocation.console.path(file),
            replacing: invocation.flag(TapCommand.force), note: note)
    }
}
