import Document
import Telemetry

/// `baton init worker|workflow`: a running start, written into a new folder or file.
enum InitCommand {
    static let command = Command(
        "init", "Begins a worker or a workflow",
        examples: [
            Example("baton init worker greeter", "A worker in Swift, in the new folder greeter/"),
            Example("baton init worker greeter --language python", "The same in Python"),
            Example("baton init workflow triage", "The file workflows/triage.yaml"),
        ],
        subcommands: [worker, workflow])

    private static let force = Option.flag(
        "force", short: "f", "Overwrites files that are there already")
    private static let language = Option(
        "language", short: "l", .choice(["swift", "python", "program"]), "LANGUAGE",
        "What it is written in; program: any program that reads and writes lines of JSON",
        default: "swift")
    private static let sources = Option(
        "sources", .directory, "DIR",
        "Baton's own sources, for the library and the wire contract; found by themselves where "
            + "this program was built or installed from, and above this folder",
        variable: "BATON_SOURCES")
    private static let workerName = Argument(
        "NAME", .name, "The worker's name, and its folder's", .optional)
    private static let workflowName = Argument("NAME", .name, "The workflow's name")

    private static let worker = Command(
        "worker", "Writes a worker that greets, ready to build and to change",
        discussion: """
            The worker goes into a new folder named after it, together with a baton.yaml that \
            starts it. Nothing is overwritten without --force.
            """,
        examples: [
            Example("baton init worker greeter", "Swift, with the WorkerKit library"),
            Example("baton init worker greeter -l program", "A shell script behind baton worker"),
        ],
        arguments: [workerName], options: [language, sources, force]
    ) { invocation in
        let name = invocation.text(workerName) ?? "greeter"
        let template = try template(named: name, invocation)
        return try write(template, in: name, invocation)
    }

    private static let workflow = Command(
        "workflow", "Writes the first lines of a workflow file",
        discussion: """
            The language is the Open Workflow Specification DSL 1.0.3. Whatever lies in the folder \
            workflows beside baton.yaml is served by baton up, and read again when it changes.
            """,
        examples: [Example("baton init workflow triage", "Writes workflows/triage.yaml")],
        arguments: [workflowName], options: [force]
    ) { invocation in
        let template = Template.workflow(name: try invocation.required(workflowName))
        return try write(template, in: "", invocation)
    }

    private static func template(
        named name: String, _ invocation: Invocation
    ) throws -> Template {
        switch invocation.text(language) {
        case "program": return .program(name: name)
        case "python":
            let path = "\(try sourceFolder(invocation))/proto/agent_message.proto"
            let contract = try File.read(path, limit: 256 << 10)
            return .python(name: name, contract: String(decoding: contract, as: UTF8.self))
        default:
            guard !name.contains(".") else {
                throw Fault(Exit.usage, "The name of a Swift package has no dots; use a hyphen.")
            }
            return .swift(name: name, baton: try sourceFolder(invocation))
        }
    }

    /// The folder that was asked for; else the one this program was built in, was installed from,
    /// or is used in.
    private static func sourceFolder(_ invocation: Invocation) throws -> String {
        let console = invocation.console
        if let asked = invocation.text(sources) {
            let path = console.path(asked)
            guard holdsSources(path) else {
                throw Fault(Exit.noInput, "does not hold Baton's sources.", at: path)
            }
            return File.absolute(path) ?? path
        }
        let programs = File.parent(of: console.program)
        // A link that ops/install leaves.
        let installed = File.absolute("\(File.parent(of: programs))/share/baton/sources")
        let places = above(programs) + (installed.map { [$0] } ?? []) + above(console.folder)
        guard let found = places.first(where: holdsSources) else {
            throw Fault(
                Exit.noInput,
                "Baton's sources were found neither above this program nor above this folder; "
                    + "name the folder of your copy with --sources DIR.")
        }
        return found
    }

    private static func above(_ path: String) -> [String] {
        var folders: [String] = []
        var folder = path
        while folder != "/" {
            folders.append(folder)
            folder = File.parent(of: folder)
        }
        return folders
    }

    private static func holdsSources(_ folder: String) -> Bool {
        File.isFolder("\(folder)/Sources/WorkerKit")
            && File.exists("\(folder)/proto/agent_message.proto")
    }

    private static func write(
        _ template: Template, in name: String, _ invocation: Invocation
    ) throws -> Exit {
        let console = invocation.console
        let base = invocation.text(CommonOptions.directory).map(console.path) ?? console.folder
        try template.write(
            into: name.isEmpty ? base : "\(base)/\(name)", force: invocation.flag(force))
        let paths = template.pieces.map { name.isEmpty ? $0.path : "\(name)/\($0.path)" }
        if invocation.wantsJSON {
            try console.output.json([
                "written": .array(paths.map { .string($0) }),
                "next": .array(template.steps.map { .string($0) }),
            ])
            return .ok
        }
        for path in paths { try console.output.line("\("wrote", .green) \(path)") }
        if !template.steps.isEmpty { try console.output.line("\nNext:") }
        for step in template.steps { try console.output.line("  \(step, .cyan)") }
        return .ok
    }
}
