import Document
import Glibc
import Telemetry
import Wire

/// `baton approve`: what waits for people, and their answers.
enum ApproveCommand {
    private static let task = Argument(
        "ID", .text, "A task's id as the list shows it, or how it begins", .optional)
    private static let yes = Option.flag(
        "yes", short: "y", "Approves it; elsewhere it answers true")
    private static let no = Option.flag("no", "Refuses it; elsewhere it answers false")
    private static let answer = Option(
        "answer", .text, "JSON", "The whole answer; - reads standard input")
    private static let set = Option(
        "set", .text, "FIELD=VALUE", "One field of the form: JSON where it is some, else a text",
        repeats: true)
    private static let token = Option(
        "token", .text, "TOKEN", "Answers with a token instead of a key of its tenant")
    private static let makeToken = Option.flag(
        "make-token", "Prints a token with which somebody without a key may answer it, once")
    private static let assignee = Option("for", .text, "WHO", "Lists what waits for them alone")
    private static let closed = Option.flag("closed", "Lists what was answered or withdrawn lately")
    private static let tenant = Option(
        "tenant", .text, "TENANT", "Whose tasks; for operators, without it everybody's")
    private static let limit = Option(
        "limit", short: "n", .number(1...10_000), "N", "How many are listed, from the oldest",
        default: "100")

    static let command = Command(
        "approve", "Lists what waits for people, and answers it",
        discussion: """
            Workflows ask people with ask-human; a task waits for as long as it takes, whatever \
            is restarted meanwhile. Without an ID it lists what waits, the newest last. With an \
            ID alone it shows the task and, on a terminal, asks for each field of its form. Each \
            task is answered once: a second answer is told who was first. Agents cannot answer.
            """,
        examples: [
            Example("baton approve", "What waits"),
            Example("baton approve h3Kf", "Show one and answer it in the terminal"),
            Example("baton approve h3Kf --yes", "Approve it"),
            Example("baton approve h3Kf --set sum=7 --set to=Oslo", "Fill in its form"),
            Example("baton approve h3Kf --answer '{\"sum\": 7}'", "The same as JSON"),
            Example("baton approve h3Kf --make-token", "Let somebody without a key answer"),
            Example("baton approve --token h3Kf….x9 --no", "Answer with that"),
        ],
        arguments: [task],
        options: [yes, no, answer, set, token, makeToken, assignee, closed, tenant, limit]
    ) { invocation in
        if invocation.text(task) == nil, invocation.text(token) == nil {
            return try await list(invocation)
        }
        if invocation.flag(makeToken) { return try await makeToken(invocation) }
        return try await decide(invocation)
    }

    // MARK: - Looking

    private static func list(_ invocation: Invocation) async throws -> Exit {
        if let option = [yes, no, answer, set, makeToken].first(where: invocation.flag) {
            throw Fault(Exit.usage, "--\(option.name) needs the ID of a task.")
        }
        var search = PersonSearch()
        search.limit = invocation.number(limit) ?? 100
        if let who = invocation.text(assignee) { search.details["assignee"] = .string(who) }
        if let whose = invocation.text(tenant) { search.details["tenant"] = .string(whose) }
        let isClosed = invocation.flag(closed)
        if isClosed { search.details["state"] = "closed" }
        let found = try await search.all(invocation)
        let rows = Array(found.rows.prefix(search.limit))
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["tasks": .array(rows), "total": Value(found.total)])
        } else if rows.isEmpty {
            try output.line(
                isClosed ? "Nothing was answered lately." : "Nothing waits for anybody.")
        } else {
            let now = Int(clamping: Timestamp.now.milliseconds)
            try output.table(
                isClosed ? PersonView.closed(rows, at: now) : PersonView.table(rows, at: now))
            if found.total > rows.count, invocation.text(assignee) == nil, !isClosed {
                try output.line("\(rows.count) of \(found.total) tasks; see --limit.")
            }
        }
        return .ok
    }

    private static func makeToken(_ invocation: Invocation) async throws -> Exit {
        let id = try await PersonSearch().id(try invocation.required(task), invocation)
        let made = try await Decision.made("approval_token", ["id": .string(id)], invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(made)
        } else {
            try output.line(Text(made.shown("token")))
        }
        return .ok
    }

    // MARK: - Answering

    private static func decide(_ invocation: Invocation) async throws -> Exit {
        var details: ObjectValue = [:]
        if let token = invocation.text(token) { details["token"] = .string(token) }
        if let text = invocation.text(task) {
            let id =
                details["token"] == nil
                ? try await PersonSearch().id(text, invocation) : text
            details["id"] = .string(id)
        }
        if let given = try given(invocation) {
            details["answer"] = given
        } else if details["token"] != nil {
            throw Fault(Exit.usage, "A token needs an answer: --yes, --no, --answer or --set.")
        } else {
            let task = try await Decision.made("person", ["id": details["id"] ?? .null], invocation)
            guard let said = try await interview(task, invocation) else { return .ok }
            details["answer"] = said
            details["arguments"] = task["arguments"]
        }
        let done = try await Decision.made("answer", details, invocation)
        if invocation.wantsJSON {
            try invocation.console.output.json(done)
        } else {
            try invocation.console.output.line(
                "\(done.shown("id"), .bold) is answered; \(done.shown("request")) goes on.")
        }
        return .ok
    }

    /// Shows a task; asks for an answer where somebody is there to give one.
    private static func interview(
        _ task: Value, _ invocation: Invocation
    ) async throws -> Value? {
        let console = invocation.console
        let prompt = Prompt(console: console)
        guard !invocation.wantsJSON else {
            try console.output.json(task)
            return nil
        }
        guard prompt.isThere, task["state"] == "open" else {
            try console.output.lines(PersonView.lines(of: task))
            if let form = task["ask"]?["form"] {
                try console.output.foreign("form: " + JSON.text(form, pretty: true))
            }
            return nil
        }
        return try await Interruption.cancelling(on: console.loop) {
            let said = try await PersonInterview(task: task, prompt: prompt).answer()
            if said == nil { try console.errors.line("It stays open.") }
            return said
        }
    }

    /// What the options say, where they say anything.
    private static func given(_ invocation: Invocation) throws -> Value? {
        let fields = invocation.texts(set)
        let ways = [yes, no, answer].filter(invocation.flag)
        guard ways.count <= 1, fields.isEmpty || !ways.contains(where: { $0.name == "answer" })
        else { throw Fault(Exit.usage, "Say one of --yes, --no, --answer and --set.") }
        if let text = invocation.text(answer) {
            return try Asking.value(text, "--answer", invocation)
        }
        var members = try Self.fields(fields)
        guard let word = ways.first else {
            return fields.isEmpty ? nil : .object(members)
        }
        guard !fields.isEmpty else { return .bool(word.name == yes.name) }
        members["approved"] = .bool(word.name == yes.name)
        return .object(members)
    }

    /// `FIELD=VALUE` as members of an object.
    static func fields(_ texts: [String]) throws(Fault) -> ObjectValue {
        var members: ObjectValue = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Fault(
                    Exit.usage, "--set is written FIELD=VALUE, not \(Printable.quoted(text)).")
            }
            members[String(parts[0])] =
                (try? JSON.parse(Array(parts[1].utf8))) ?? .string(String(parts[1]))
        }
        return members
    }
}
