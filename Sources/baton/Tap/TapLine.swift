import Wire

/// One line for one event: when, who to whom, what, of which request, how long after the one
/// before, and the beginning of its content. Pure.
///
/// Columns grow with what they have seen, so that lines stand under each other without knowing
/// what will come.
struct TapLine {
    private enum Limits {
        static let route = 40
        static let name = 18
        static let request = 14
        /// Requests whose latest event is remembered.
        static let requests = 20_000
        /// An excerpt where nobody's terminal ends it.
        static let excerpt = 200
    }

    /// The width of the terminal; nothing where nobody looks and little is cut.
    private let width: Int?
    private let namesOrchestrator: Bool
    private var routeWidth = 20
    private var nameWidth = 2
    private var requestWidth = 1
    private var countWidth = 0
    private var latest: [String: UInt64] = [:]

    init(width: Int?, namesOrchestrator: Bool) {
        self.width = width
        self.namesOrchestrator = namesOrchestrator
    }

    mutating func text(_ message: TapMessage, shown: TapMessage? = nil) -> Text {
        let delay = delay(of: message)
        let message = shown ?? message
        var line: Text = "\(TapTime.clock(message.at), .dim) "
        if namesOrchestrator { line = line + " \(name(of: message))" }
        line = line + " \(route(of: message))  \(Self.type(message.type))"
        line = line + "  \(request(of: message))\(count(message.envelope)) "
        line = line + Text(Self.right(delay, 9), .dim)
        if let failure = message.failure { line = line + "  \(Self.text(failure), .red)" }
        let excerpt = excerpt(of: message)
        if excerpt.width > 0 { line = line + "  \(excerpt)" }
        return width.map { line.cut(to: $0) } ?? line.oneLine
    }

    // MARK: - Columns

    private mutating func name(of message: TapMessage) -> Text {
        let name = Text(cut(message.orchestrator, to: Limits.name), .magenta)
        nameWidth = max(nameWidth, name.width)
        return name.padded(to: nameWidth)
    }

    private mutating func route(of message: TapMessage) -> Text {
        // What leaves is the orchestrator's, whoever asked for it.
        let sender = cut(message.isOut ? message.hop.from : message.sender, to: Limits.name)
        let receiver = cut(message.receiver, to: Limits.name)
        let arrow = Text(message.isOut ? "→" : "⇢", .dim)
        let route: Text =
            receiver.isEmpty ? "\(sender) \(arrow)" : "\(sender) \(arrow) \(receiver)"
        routeWidth = max(routeWidth, min(Limits.route, route.width))
        return route.padded(to: routeWidth)
    }

    private mutating func request(of message: TapMessage) -> Text {
        let request = message.subject
        let shown = Text(width == nil ? request : Self.shortened(request, to: Limits.request))
        requestWidth = max(requestWidth, shown.width)
        return shown.padded(to: requestWidth)
    }

    private static func type(_ type: MessageType) -> Text {
        Text(type.name, colour(of: type)).padded(to: 12)
    }

    /// `step 2`, `try 3`, where they are not the first.
    private mutating func count(_ envelope: Envelope) -> Text {
        var text: Text = ""
        if envelope.step > 1 { text = text + " step \(envelope.step)" }
        if envelope.attempt > 1 { text = text + " \("try \(envelope.attempt)", .yellow)" }
        countWidth = max(countWidth, text.width)
        return text.padded(to: countWidth)
    }

    /// The beginning of the content; of a span what was done, how long, and how it went.
    private func excerpt(of message: TapMessage) -> Text {
        guard let span = message.span else {
            return Text(message.content.excerpt(width: width ?? Limits.excerpt))
        }
        var text: Text = "\(TapContent.escaped(span.name))"
        if let end = span.end {
            text = text + " \(TapTime.span(UInt64(end - span.start)), .dim)"
        }
        if span.status == "error" {
            let code = span.attributes.shown("baton.code")
            text = text + " \(code.isEmpty ? "error" : code, .red)"
        }
        return text
    }

    static func text(_ failure: WireError) -> String {
        let message = TapContent.escaped(failure.message)
        return message.isEmpty ? failure.code : "\(failure.code): \(message)"
    }

    /// Ids of one client begin alike, so both ends are shown.
    static func shortened(_ text: String, to width: Int) -> String {
        let text = Printable.stripped(text)
        guard text.count > width, width > 5 else { return DisplayWidth.cut(text, to: width) }
        return "\(text.prefix(4))…\(text.suffix(width - 5))"
    }

    private func cut(_ name: String, to most: Int) -> String {
        width == nil ? name : Self.shortened(name, to: most)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - DisplayWidth.of(text))) + text
    }

    static func colour(of type: MessageType) -> Text.Style? {
        switch type {
        case .request, .notification, .broadcast, .pipeline: .cyan
        case .task, .go: .blue
        case .accepted, .response, .result: .green
        case .error, .fail, .nack: .red
        case .partial, .progress, .event: .magenta
        case .cancel, .abort, .drain, .bye, .breaker: .yellow
        case .ping, .pong, .ready, .accept, .resultAck: .dim
        default: nil
        }
    }

    // MARK: - The time between

    private mutating func delay(of message: TapMessage) -> String {
        let request = message.request
        guard !request.isEmpty else { return "" }
        if latest.count > Limits.requests { latest = [:] }
        guard let before = latest.updateValue(message.at, forKey: request) else { return "" }
        return "+" + TapTime.span(from: before, to: message.at)
    }
}
