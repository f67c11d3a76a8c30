import Document
import Orchestration
import Reactor
import Telemetry
import Wire
import WorkerKit

/// `baton replay`: runs recorded requests again, step by step, or asks a live agent what another
/// was asked.
enum ReplayCommand {
    private static let file = Argument(
        "FILE|REQUEST", .file,
        "A recording of baton tap --record FILE, or the id of a durable run of a workflow")
    private static let list = Option.flag("list", "Lists the requests in the recording")
    private static let request = Option(
        "request", .name, "ID", "Which request; needed where there are several")
    static let set = Option(
        "set", .text, "WHAT=JSON",
        "STEP=JSON: a step's recorded answer; with --from: input.PATH, context.PATH, output.PATH",
        repeats: true)
    private static let ignore = Option(
        "ignore", .text, "PATH", "Leaves out a place: $.items[0].id, items[*].id, ..timestamp",
        repeats: true)
    private static let config = Option(
        "config", .file, "FILE", "Replays by the rules of this baton.yaml, not by those of then")
    private static let against = Option(
        "against", .agent, "AGENT", "Sends recorded inputs to this live agent, and compares")
    private static let step = Option(
        "step", .number(1...1000), "N", "With --against: the inputs of this step, whoever had it")
    private static let unsafe = Option.flag(
        "unsafe", "With --against: also repeats tasks whose effect is unsafe")

    /// The most that is sent to a live agent, and held in memory.
    private static let mostInputs = 10_000

    static let command = Command(
        "replay", "Runs a recorded request or a workflow's run again, or on from its middle",
        discussion: """
            A replay needs no worker, no model and no time: the orchestrator's own rules run \
            again with the recorded answers, and what each step is given is compared with what \
            it was given then. The first difference is shown, and the exit code is 1. Instances, \
            moments, tokens and trace ids may differ. The tap publishes the first 4 KiB of a \
            content; of a longer one the beginnings are compared.

            With --against the inputs that an agent was given then are sent to a live agent of \
            the cluster, and its answers and times are compared with those of then.

            With a request's id a durable run of a workflow is run again, here, from the journal \
            that its cluster keeps: the data before and after each task is shown, and whether it \
            comes to the same; a secret is not known here and stands as [redacted]. --from runs \
            it on from a task as a new request: what was answered before that task is kept, what \
            comes behind it is asked anew. --set says what is otherwise: what the task is given, \
            the context, or what it gives; with --set output=JSON it is not done at all. --dry \
            asks nobody, and stops where nothing recorded answers.
            """,
        examples: [
            Example("baton replay day.tap --list", "What is in it"),
            Example("baton replay day.tap --request order-17", "One request, step by step"),
            Example("baton replay day.tap --set '2={\"price\": 5}'", "What if step 2 had said so"),
            Example("baton replay day.tap --config baton.yaml", "By other retries or fallbacks"),
            Example(
                "baton replay day.tap --against cost#2 --ignore ..timestamp",
                "Does the new instance answer as the old one did?"),
            Example("baton replay report-7", "A workflow's run, task by task"),
            Example("baton replay report-7 --at price", "One task of it with all data"),
            Example(
                "baton replay report-7 --from price --set input.amount=5 --dry",
                "What if it had been given that"),
            Example(
                "baton replay report-7 --from price --workflow report.yaml", "On by a mended text"),
        ],
        arguments: [file],
        options: [list, request, set, ignore, config, against, step, unsafe] + RunReplaying.options
    ) { invocation in
        let name = try invocation.required(file)
        let path = invocation.console.path(name)
        let isRequest = isRequest(name, path)
        try checkOptions(invocation, isRequest: isRequest)
        if isRequest { return try await RunReplaying.run(name, invocation) }
        let live = LiveLine(invocation.console.errors)
        let recording = try Recording(path: path) { share in
            live.spin("reading \(path, .bold) \("· \(Int(share * 100)) %", .dim)")
        }
        live.clear()
        var told = 0
        defer { tell(recording, &told, invocation) }
        tell(recording, &told, invocation)
        if invocation.flag(list) { return try list(recording, invocation) }
        if let agent = invocation.text(against) {
            return try await repeatAll(recording, agent, invocation)
        }
        return try replay(recording, invocation)
    }

    /// What is wrong with a recording goes beside the results; nobody needs it to see them.
    private static func tell(
        _ recording: Recording, _ told: inout Int, _ invocation: Invocation
    ) {
        for note in recording.notes.dropFirst(told) {
            try? invocation.console.errors.line("\("\(recording.path):", .yellow) \(note)")
        }
        told = recording.notes.count
    }

    /// A file that is there is a recording; what is written like a path is meant as one.
    private static func isRequest(_ name: String, _ path: String) -> Bool {
        !name.contains("/") && !name.hasSuffix(".tap") && !File.exists(path)
    }

    /// Options that mean nothing together are refused, not left aside.
    private static func checkOptions(
        _ invocation: Invocation, isRequest: Bool
    ) throws(Fault) {
        let (foreign, owner) =
            isRequest
            ? ([list, request, ignore, config, against, step, unsafe], "a recording")
            : (RunReplaying.options, "the id of a run")
        if let wrong = foreign.first(where: { !invocation.texts($0).isEmpty }) {
            throw Fault(Exit.usage, "--\(wrong.name) goes with \(owner).")
        }
        let isAgainst = invocation.text(against) != nil
        let others: [(Bool, String)] = [
            (isAgainst && !invocation.texts(set).isEmpty, "--set belongs to a replay"),
            (isAgainst && invocation.text(config) != nil, "--config belongs to a replay"),
            (!isAgainst && invocation.text(step) != nil, "--step belongs to --against"),
            (!isAgainst && invocation.flag(unsafe), "--unsafe belongs to --against"),
        ]
        if let (_, reason) = others.first(where: \.0) { throw Fault(Exit.usage, "\(reason).") }
    }

    // MARK: - Listing

    private static func list(_ recording: Recording, _ invocation: Invocation) throws -> Exit {
        let requests = RecordedRequestList(recording)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(requests.json)
        } else if requests.roots.isEmpty {
            try output.line("No request began while this was recorded.")
        } else {
            try output.table(requests.table)
        }
        return .ok
    }

    /// The request that is meant: the one that was named, or the only one.
    private static func chosen(
        _ recording: Recording, _ invocation: Invocation
    ) throws(Fault) -> RecordedRequest {
        let known = recording.requests
        if let id = invocation.text(request) {
            if let place = recording.index.place(of: id) { return recording.index.requests[place] }
            // Beyond a full index it may be there all the same.
            if let found = try recording.unlisted(id) { return found }
            let near = Suggestion.question(for: id, in: known.prefix(1000).map(\.id))
            throw Fault(Exit.noInput, "there is no request \(id)\(near)", at: recording.path)
        }
        let roots = RecordedRequestList(recording).roots
        guard let first = roots.first else {
            throw Fault(
                Exit.noInput, "no request began while this was recorded.", at: recording.path)
        }
        guard roots.count == 1 else {
            let names = roots.prefix(5).map(\.id).joined(separator: ", ")
            let more = roots.count > 5 ? ", …" : ""
            throw Fault(
                Exit.usage,
                "There are \(roots.count) requests in it: \(names)\(more). Choose by --request ID;"
                    + " --list shows them.")
        }
        return first
    }

    // MARK: - Replaying

    private static func replay(_ recording: Recording, _ invocation: Invocation) throws -> Exit {
        var settings = ReplayPlayer.Settings()
        settings.ignoring = try paths(invocation)
        settings.planted = try planted(invocation)
        if let path = invocation.text(config) {
            settings.configuration = try Configuration(file: invocation.console.path(path))
        }
        let request = try chosen(recording, invocation)
        let events = try recording.events(of: request.id)
        let story = try RecordedStory(request.id, events, path: recording.path)
        var outcome = try ReplayPlayer(story, settings).run()
        if let note = recording.madeCalls(request.id) { outcome.notes.append(note) }
        let report = ReplayReport(request: request, outcome: outcome)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(report.json)
        } else {
            let width = output.terminal.tableWidth
            try output.lines(report.lines.map { line in width.map { line.cut(to: $0) } ?? line })
        }
        return report.exit
    }

    private static func paths(_ invocation: Invocation) throws(Fault) -> [ValuePath] {
        var paths: [ValuePath] = []
        for text in invocation.texts(ignore) { paths.append(try ValuePath(text)) }
        return paths
    }

    private static func planted(_ invocation: Invocation) throws(Fault) -> [UInt32: Value] {
        var planted: [UInt32: Value] = [:]
        for text in invocation.texts(set) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let step = UInt32(parts[0]), step > 0 else {
                throw Fault(
                    Exit.usage,
                    "--set is written STEP=JSON, such as 2='{\"a\": 1}', not "
                        + "\(Printable.quoted(text)).")
            }
            do throws(Fault) {
                planted[step] = try JSON.parse(String(parts[1]), source: "--set \(step)")
            } catch {
                throw Fault(Exit.usage, error.message, at: error.place)
            }
        }
        return planted
    }

    // MARK: - Against a live agent

    private static func repeatAll(
        _ recording: Recording, _ agent: String, _ invocation: Invocation
    ) async throws -> Exit {
        let (inputs, skipped) = try inputs(recording, agent, invocation)
        guard !inputs.isEmpty || !skipped.isEmpty else {
            let which =
                invocation.number(step).map { "no step \($0)" }
                ?? "no task for \(agent.agentName)"
            let place = invocation.text(request).map { " in request \($0)" } ?? ""
            let hint =
                invocation.number(step) == nil
                ? "; --step 1 sends what another agent was given" : "; --list shows what there is"
            throw Fault(Exit.noInput, "has \(which)\(place)\(hint).", at: recording.path)
        }
        let repeated =
            inputs.isEmpty ? [] : try await ask(inputs, agent, paths(invocation), invocation)
        let report = AgainstReport(agent: agent, repeated: repeated, skipped: skipped)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(report.json)
        } else {
            try output.lines(report.lines(width: output.terminal.tableWidth))
        }
        return report.exit
    }

    private static func inputs(
        _ recording: Recording, _ agent: String, _ invocation: Invocation
    ) throws(Fault) -> (inputs: [RecordedInput], skipped: [RecordedInput.Skipped]) {
        let requests =
            invocation.text(request) == nil
            ? recording.requests : [try chosen(recording, invocation)]
        var all: (inputs: [RecordedInput], skipped: [RecordedInput.Skipped]) = ([], [])
        for request in requests where !request.isQuestion {
            let events = try recording.events(of: request.id)
            let story = try RecordedStory(request.id, events, path: recording.path)
            let found = RecordedInput.all(
                of: story, agent: agent.agentName,
                step: invocation.number(step).map { UInt32($0) },
                includingUnsafe: invocation.flag(unsafe))
            all.inputs += found.inputs
            all.skipped += found.skipped
            guard all.inputs.count <= mostInputs else {
                throw Fault(
                    Exit.usage, "There are more than \(mostInputs) inputs; choose by --request ID.")
            }
        }
        return all
    }

    /// One after the other: what is asked at once would also measure the waiting.
    private static func ask(
        _ inputs: [RecordedInput], _ agent: String, _ ignoring: [ValuePath],
        _ invocation: Invocation
    ) async throws -> [RepeatedInput] {
        let console = invocation.console
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let plan = try Contact.address(invocation).plan()
        let live = LiveLine(console.errors)
        defer { live.clear() }
        return try await Interruption.cancelling(on: console.loop) {
            try await Contact.with(plan, on: console.loop, within: limit) { client in
                var repeated: [RepeatedInput] = []
                for (index, input) in inputs.enumerated() {
                    live.spin("asking \(agent, .bold) \("· \(index + 1) of \(inputs.count)", .dim)")
                    let began = console.loop.now
                    let answer = try await ask(input, agent, client, limit)
                    repeated.append(
                        RepeatedInput(
                            input, took: console.loop.now - began, answer: answer,
                            ignoring: ignoring))
                }
                return repeated
            }
        }
    }

    private static func ask(
        _ input: RecordedInput, _ agent: String, _ client: Client, _ limit: Duration
    ) async throws -> RepeatedInput.Answer {
        var options = CallOptions.volatile
        options.headers = input.headers
        options.priority = Int(input.priority)
        let content = RawContent(input.content.bytes, contentType: input.content.contentType)
        do {
            let answer = try await client.call(
                agent, content, timeout: limit, options: options)
            return .success(ContentView(answer.bytes, answer.contentType))
        } catch let fault as Fault {
            // Who is not there has not answered otherwise: there is nothing to compare.
            guard !fault.has(WireCode.unavailable) else {
                throw Fault(Exit.unavailable, "\(fault.message); see: baton instances.")
            }
            return .failure(WireError(fault))
        }
    }
}
