import Document

/// What a task does in a few words, for those who look at a graph. No text of it steers a terminal.
enum Summary {
    private static let longest = 60

    static func of(_ task: FlowTask) -> String {
        let what = of(task.action)
        let condition = task.condition.map { ", if \($0.text.trimmed)" } ?? ""
        return what + condition
    }

    private static func of(_ action: TaskAction) -> String {
        switch action {
        case .call(let call): "call \(of(call))"
        case .do: "do"
        case .emit(let event): "emit \(text(event, "type") ?? "an event")"
        case .for(let loop):
            "for each \(loop.item)\(loop.condition.map { ", while \($0.text.trimmed)" } ?? "")"
        case .fork(let fork):
            "\(fork.competes ? "race of" : "fork into") \(fork.branches.tasks.count) branches"
        case .listen(let listen): "listen to \(of(listen.to))"
        case .raise(let error): "raise \(of(error))"
        case .run(let run): of(run)
        case .set: "set"
        case .switch: "switch"
        case .try: "try"
        case .wait(let duration): "wait \(of(duration))"
        }
    }

    private static func of(_ call: Call) -> String {
        switch call {
        case .protocol(.http, let with):
            [text(with, "method")?.uppercased(), place(with)].compactMap(\.self).joined(
                separator: " ")
        case .protocol(let name, let with):
            [name.rawValue, text(with, "operationId") ?? text(with, "method")]
                .compactMap(\.self).joined(separator: " ")
        case .builtin(let name, _): name
        case .agent(let agent, _): of(agent)
        case .function(let name, _): name
        }
    }

    private static func of(_ agent: AgentReference) -> String {
        agent.version.map { "\(agent.name):\(agent.isPinned ? "=" : "")\($0)" } ?? agent.name
    }

    private static func of(_ run: Run) -> String {
        let behind = run.awaits ? "" : ", not waited for"
        switch run.process {
        case .shell(let with): return "run \(text(with, "command") ?? "a command")\(behind)"
        case .workflow(let workflow, _):
            let version = workflow.version.map { " \($0)" } ?? ""
            return "run \(workflow.namespace)/\(workflow.name)\(version)\(behind)"
        }
    }

    static func of(_ schedule: Schedule) -> String {
        switch schedule {
        case .every(let duration): "every \(of(.fixed(duration)))"
        case .cron(let cron): "at \(cron.text)"
        case .after(let duration): "again after \(of(.fixed(duration)))"
        case .on(let events, _): "on \(of(events))"
        }
    }

    private static func of(_ events: Consumption) -> String {
        func names(_ filters: [EventFilter]) -> String {
            filters.map { filter in
                filter.with.first { $0.key == "type" }.flatMap { text($0.value) } ?? "an event"
            }.joined(separator: ", ")
        }
        switch events {
        case .one(let filter): return names([filter])
        case .all(let filters): return "all of \(names(filters))"
        case .any(let filters, let until):
            let what = filters.isEmpty ? "any event" : "any of \(names(filters))"
            return what + (until == nil ? "" : ", until an end")
        }
    }

    private static func of(_ error: ErrorTemplate) -> String {
        let type = text(error.type).map { String($0.split(separator: "/").last ?? "") }
        return [text(error.status), type].compactMap(\.self).joined(separator: " ")
    }

    static func of(_ rule: CatchRule) -> String {
        let type = rule.filter["type"]?.string.map { String($0.split(separator: "/").last ?? "") }
        let status = rule.filter["status"].map(\.description)
        let filter = [status, type, rule.filter["title"]?.string].compactMap(\.self)
        let condition = rule.when.map { "when \($0.text.trimmed)" }
        let retry = rule.retry.map { $0.attempts.map { "retry up to \($0) times" } ?? "retry" }
        let what = filter.isEmpty ? "catch" : "catch \(filter.joined(separator: " "))"
        return [what, condition, retry].compactMap(\.self).joined(separator: ", ")
    }

    private static func of(_ duration: DurationTemplate) -> String {
        switch duration {
        case .fixed(let fixed): "\(fixed)"
        case .parts: "as told"
        case .expression(let expression): expression.text.trimmed
        }
    }
}

/// Texts within templates.
extension Summary {
    private static func place(_ with: Template) -> String? {
        guard let endpoint = member(with, "endpoint") else { return nil }
        return text(endpoint) ?? text(endpoint, "uri")
    }

    private static func text(_ template: Template, _ key: String) -> String? {
        member(template, key).flatMap { text($0) }
    }

    private static func member(_ template: Template, _ key: String) -> Template? {
        switch template {
        case .object(let members): members.first { $0.key == key }?.value
        case .value(let value): value[key].map(Template.value)
        default: nil
        }
    }

    private static func text(_ template: Template) -> String? {
        switch template {
        case .value(.string(let text)): text
        case .value(.integer(let integer)): "\(integer)"
        case .expression(let expression), .loose(let expression): expression.text.trimmed
        case .uri(let uri): uri.text
        default: nil
        }
    }

    /// One line of a text, short, without what steers a terminal.
    static func plain(_ text: String) -> String {
        var short = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < longest else { return short + "…" }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: short += " "
            case .format: short += "\u{FFFD}"
            default: short.unicodeScalars.append(scalar)
            }
        }
        return short.trimmed
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank = { (letter: Character) in letter.isWhitespace }
        guard let from = firstIndex(where: { !isBlank($0) }),
            let to = lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[from...to])
    }
}
