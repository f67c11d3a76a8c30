import Wire

/// A way to show what a tap tells: lines for people, JSON for programs, diagrams of requests.
///
/// It is given each message twice: as it was, to be judged, and as it may be shown.
protocol TapView {
    /// Shows the message; false if it is nothing for this view.
    mutating func show(_ message: TapMessage, _ shown: TapMessage) throws -> Bool
    /// Something the reader must know, where it belongs among what is shown.
    mutating func note(_ text: String) throws
    mutating func finish() throws
    /// Whether nothing more will come.
    var isOver: Bool { get }
}

extension TapView {
    mutating func note(_ text: String) throws {}
    mutating func finish() throws {}
    var isOver: Bool { false }
}

/// One line an event.
struct TapLines: TapView {
    private let output: Output
    private let showsHealth: Bool
    private var line: TapLine

    /// - Parameter showsHealth: whether PING, PONG and READY are shown too.
    init(_ output: Output, showsHealth: Bool, namesOrchestrator: Bool) {
        self.output = output
        self.showsHealth = showsHealth
        line = TapLine(width: output.terminal.tableWidth, namesOrchestrator: namesOrchestrator)
    }

    mutating func show(_ message: TapMessage, _ shown: TapMessage) throws -> Bool {
        guard showsHealth || !message.type.isHealth else { return false }
        try output.line(line.text(message, shown: shown))
        return true
    }
}

/// One JSON object an event.
struct TapDocuments: TapView {
    let output: Output

    mutating func show(_ message: TapMessage, _ shown: TapMessage) throws -> Bool {
        try output.json(shown.json)
        return true
    }
}

/// The diagrams of requests, as text while they happen or as documents when they have ended.
struct TapSequences: TapView {
    private enum Limits {
        /// Where nobody's terminal says how wide it is.
        static let width = 120
    }

    private let output: Output
    private let isDocument: Bool
    private let endsByItself: Bool
    private var story: RequestStory
    private var diagram: SequenceDiagram
    private var document = MermaidDiagram()
    private var documents = 0
    private(set) var isOver = false

    /// - Parameter request: the one to show; nil: each that begins, one after another.
    init(_ output: Output, of request: String?, isDocument: Bool) {
        self.output = output
        self.isDocument = isDocument
        endsByItself = request != nil
        story = RequestStory(of: request)
        diagram = SequenceDiagram(width: output.terminal.tableWidth ?? Limits.width)
    }

    mutating func show(_ message: TapMessage, _ shown: TapMessage) throws -> Bool {
        guard !isOver else { return false }
        return try print(story.take(message, shown: shown))
    }

    mutating func note(_ text: String) throws { _ = try print(story.note(text)) }

    mutating func finish() throws { _ = try print(story.stop()) }

    /// Whether there was anything of the request itself.
    private mutating func print(_ entries: [RequestStory.Entry]) throws -> Bool {
        var hasArrow = false
        for entry in entries {
            if case .arrow = entry { hasArrow = true }
            if case .ending = entry, endsByItself { isOver = true }
            if !isDocument {
                try output.lines(diagram.lines(for: entry))
            } else if let text = document.document(after: entry) {
                try output.raw(documents == 0 ? text : "\n" + text)
                documents += 1
            }
        }
        return hasArrow
    }
}
