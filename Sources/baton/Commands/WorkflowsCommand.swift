import Document
import Flow
import Telemetry

/// `baton workflows`: checks workflow files and draws them, and runs those that a cluster serves.
enum WorkflowsCommand {
    static let command = Command(
        "workflows", "Lists and runs workflows, checks and draws their files",
        discussion: """
            A workflow file is YAML or JSON in the Open Workflow Specification 1.0. baton up \
            serves those in the folder workflows beside baton.yaml, and those that workers bring; \
            a file that changes is read again, and what runs goes on with what it began with. \
            check and graph need no cluster. Without a command of its own it lists.
            """,
        examples: [
            Example("baton workflows", "Which can be run"),
            Example("baton workflows run triage '{\"ticket\": 7}'", "Run one"),
            Example("baton workflows check triage.yaml", "What is wrong with it, by line"),
            Example("baton workflows graph triage.yaml", "What follows what"),
        ],
        subcommands: [
            WorkflowRuns.list, WorkflowRuns.run, WorkflowRuns.versions, WorkflowRuns.show,
            WorkflowRuns.emit, WorkflowRuns.suspend, WorkflowRuns.resume,
            WorkflowSchedules.list, WorkflowSchedules.pause, WorkflowSchedules.unpause, check,
            graph, difference,
        ], firstStandsIn: true)

    private static let files = Argument(
        "FILE", .file, "Workflow files; - is standard input", .some)
    private static let file = Argument("FILE", .file, "A workflow file; - is standard input")
    private static let format = Option(
        "format", .choice(["text", "mermaid"]), "FORMAT", "As lines, or as a Mermaid flowchart",
        default: "text")

    private static let check = Command(
        "check", "Tells everything that is wrong with workflow files",
        discussion: """
            Every problem is told with file, line, column and the JSON pointer to its place, and \
            what may have been meant. The exit code is 78 where anything is wrong, and 66 where a \
            file cannot be read.
            """,
        examples: [
            Example("baton workflows check triage.yaml", "One file"),
            Example("baton workflows check a.yaml b.yaml --json", "Several, for programs"),
        ],
        arguments: [files]
    ) { invocation in
        let readings = invocation.texts(files).map { reading($0, invocation.console) }
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["files": .array(readings.map(\.value))])
        } else {
            for reading in readings { try output.lines(reading.lines) }
        }
        return readings.contains { $0.exit == .noInput }
            ? .noInput : readings.first { $0.exit != .ok }?.exit ?? .ok
    }

    private static let graph = Command(
        "graph", "Shows a workflow as tasks and what follows them",
        discussion: """
            Tasks within tasks stand below them; an arrow shows where a task leads, where that is \
            not the next line. --json gives nodes and edges.
            """,
        examples: [
            Example("baton workflows graph triage.yaml", "In the terminal"),
            Example("baton workflows graph triage.yaml --format mermaid", "For a page or a README"),
        ],
        arguments: [file], options: [format]
    ) { invocation in
        let console = invocation.console
        let reading = reading(try invocation.required(file), console)
        guard case .workflow(let workflow) = reading.outcome else {
            if invocation.wantsJSON {
                try console.output.json(reading.value)
            } else {
                try console.errors.lines(reading.lines)
            }
            return reading.exit
        }
        let graph = Graph(workflow)
        if invocation.wantsJSON {
            try console.output.json(graph.value)
        } else {
            let isMermaid = invocation.text(format) == "mermaid"
            let lines = isMermaid ? graph.mermaidLines : graph.textLines
            try console.output.lines(lines.map { Text($0) })
        }
        return .ok
    }

    private static func reading(_ path: String, _ console: Console) -> WorkflowReading {
        let limit = WorkflowLimits.bytes + 1
        do {
            let bytes =
                path == "-"
                ? try console.input(limit) : try File.read(console.path(path), limit: 1 << 24)
            let name = path == "-" ? "standard input" : path
            return WorkflowReading(name: name, outcome: .of(bytes, name))
        } catch {
            let fault = error as? Fault ?? Fault(Exit.software, "\(error)")
            return WorkflowReading(name: path, outcome: .unreadable(fault))
        }
    }
}
