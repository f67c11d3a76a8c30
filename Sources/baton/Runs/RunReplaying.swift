import Document
import Flow
import Orchestration
import Telemetry
import Wire

/// `baton replay REQUEST`: a durable run of a workflow, run again from what it was told, or run on
/// from the middle with something otherwise.
enum RunReplaying {
    static let at = Option(
        "at", .text, "STEP", "All of the data of one task: its name, reference, key or number")
    static let from = Option(
        "from", .text, "STEP", "A new run that goes on from this task with what is set")
    static let workflow = Option(
        "workflow", .file, "FILE", "The workflow to run by, in the place of the one it had")
    static let id = Option("id", .name, "ID", "With --from: the new run's id")
    static let dry = Option.flag(
        "dry", "With --from: without the cluster, as far as recorded answers go")
    static let options = [at, from, workflow, id, dry, TapCommand.redact, RequestsCommand.tenant]

    static func run(_ request: String, _ invocation: Invocation) async throws -> Exit {
        guard Name.isValid(request) else {
            throw Fault(
                Exit.noInput, "there is no such file, and no request is called that", at: request)
        }
        let isFork = invocation.text(from) != nil
        try check(invocation, isFork: isFork)
        let text = try invocation.text(workflow).map { try read($0, invocation) }
        var reading = RunReading(invocation)
        if !isFork { reading.text = text?.text }
        let run = try await reading.run(request)
        if let step = invocation.text(from) {
            return try await goOn(run, step, text, invocation)
        }
        var replay = RunReplay(run)
        replay.redaction = try Redaction(invocation.texts(TapCommand.redact))
        try show(replay, invocation)
        return replay.exit
    }

    private static func check(_ invocation: Invocation, isFork: Bool) throws(Fault) {
        let wrong: [(Bool, String)] = [
            (isFork && invocation.text(at) != nil, "--at looks at a run, --from runs it on"),
            (!isFork && invocation.text(id) != nil, "--id belongs to --from"),
            (!isFork && invocation.flag(dry), "--dry belongs to --from"),
            (
                !isFork && !invocation.texts(ReplayCommand.set).isEmpty,
                "--set of a run belongs to --from"
            ),
            (
                isFork && !invocation.flag(dry) && invocation.text(RequestsCommand.tenant) != nil,
                "a run goes on for its own tenant: --tenant goes with --dry alone"
            ),
        ]
        if let (_, reason) = wrong.first(where: \.0) { throw Fault(Exit.usage, "\(reason).") }
    }

    // MARK: - Looking

    private static func show(_ replay: RunReplay, _ invocation: Invocation) throws {
        let output = invocation.console.output
        if let text = invocation.text(at) {
            let numbers = replay.history.turns(named: text)
            guard !numbers.isEmpty else {
                throw fault(of: text, replay.history)
            }
            if invocation.wantsJSON { return try output.json(.array(numbers.map(replay.json))) }
            for number in numbers { try output.lines(replay.details(of: number)) }
            return try output.lines(["", replay.ending])
        }
        if invocation.wantsJSON { return try output.json(replay.json) }
        try output.lines(replay.lines(width: output.terminal.tableWidth))
    }

    private static func fault(of text: String, _ history: RunHistory) -> Fault {
        let near = Suggestion.question(for: text, in: history.turns.prefix(1000).map(\.name))
        return Fault(Exit.usage, "no task \(Printable.quoted(text)) began in it\(near)")
    }

    // MARK: - Going on

    private static func goOn(
        _ run: StoredRun, _ step: String, _ text: (text: String, workflow: Workflow)?,
        _ invocation: Invocation
    ) async throws -> Exit {
        var amendments: [Amendment] = []
        for text in invocation.texts(ReplayCommand.set) {
            amendments.append(try RunChange.amendment(text))
        }
        let fork = try RunForkPlan(run, from: step, amendments, workflow: text?.workflow)
        guard invocation.flag(dry) else {
            return try await RunForking.run(
                fork, text: text?.text, id: invocation.text(id), invocation)
        }
        var rehearsal = RunRehearsal(fork)
        rehearsal.redaction = try Redaction(invocation.texts(TapCommand.redact))
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(rehearsal.json)
        } else {
            try output.lines(rehearsal.lines(width: output.terminal.tableWidth))
        }
        return .ok
    }

    private static func read(
        _ path: String, _ invocation: Invocation
    ) throws -> (text: String, workflow: Workflow) {
        let bytes = try File.read(invocation.console.path(path), limit: WorkflowLimits.bytes + 1)
        do throws(Invalid) {
            return (String(decoding: bytes, as: UTF8.self), try Workflow.read(bytes, name: path))
        } catch {
            throw Fault(Exit.configuration, error.description)
        }
    }
}
