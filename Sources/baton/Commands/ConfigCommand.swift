import Document
import Orchestration
import Telemetry

/// `baton config check`: reads a system file as `up` and batond do, and explains every value.
enum ConfigCommand {
    static let command = Command(
        "config", "Checks and explains the configuration",
        examples: [Example("baton config check", "Explain baton.yaml of this folder")],
        subcommands: [check])

    private static let file = Argument(
        "FILE", .file, "The system file; without it baton.yaml, or the defaults", .optional)

    private static let check = Command(
        "check", "Reads the system file and shows every value that holds",
        discussion: "The exit code is 78 with file, line and column when something in it is wrong.",
        examples: [
            Example("baton config check", "The file of this folder, or the defaults"),
            Example("baton config check system.yaml --json", "For programs"),
        ],
        arguments: [file]
    ) { invocation in
        let console = invocation.console
        let standard = "\(UpCommand.folder(invocation).directory)/\(SystemFile.name)"
        let path =
            invocation.text(file).map(console.path)
            ?? (File.exists(standard) ? standard : nil)
        let system = try path.map(SystemFile.read) ?? .standard
        let configuration = try path.map(read) ?? Configuration()
        if invocation.wantsJSON {
            try console.output.json(value(system, configuration, path))
        } else {
            try show(system, configuration, path, console.output)
        }
        return .ok
    }

    private static func read(_ path: String) throws(Fault) -> Configuration {
        do throws(Fault) {
            return try Configuration(file: path)
        } catch {
            throw Fault(Exit.configuration, error.message, at: error.place ?? path)
        }
    }

    private static func show(
        _ system: SystemFile, _ configuration: Configuration, _ path: String?, _ output: Output
    ) throws {
        try output.line("\(path ?? "No file: the defaults", .bold)")
        var workers = Table(["worker", .number("count"), "command"])
        for worker in system.workers {
            let command = worker.command.joined(separator: " ")
            workers.add([Text(worker.name, .bold), "\(worker.count)", Text(command)])
        }
        try output.line("\(Count.of(system.orchestrators, "orchestrator"))\n")
        try output.table(workers)
        var settings = Table(["setting", .number("value"), "meaning"])
        for setting in Setting.all {
            settings.add([
                Text("\(setting.section).\(setting.key)", .cyan), Text(setting.show(configuration)),
                Text(setting.meaning),
            ])
        }
        for setting in configuration.agentSettings {
            settings.add([Text(setting.name, .cyan), Text(setting.value), "of this agent alone"])
        }
        try output.line()
        try output.table(settings)
        for warning in configuration.warnings {
            try output.line("\("warning:", .yellow) \(warning)")
        }
    }

    private static func value(
        _ system: SystemFile, _ configuration: Configuration, _ path: String?
    ) -> Value {
        let common = Setting.all.map { setting in
            ("\(setting.section).\(setting.key)", Value.string(setting.show(configuration)))
        }
        let settings = common + configuration.agentSettings.map { ($0.name, .string($0.value)) }
        let workers = system.workers.map { worker -> Value in
            [
                "name": .string(worker.name), "count": .init(worker.count),
                "command": .array(worker.command.map { .string($0) }),
            ]
        }
        return [
            "file": path.map { .string($0) } ?? .null, "orchestrators": .init(system.orchestrators),
            "workers": .array(workers),
            "settings": .object(ObjectValue(settings.map { (key: $0.0, value: $0.1) })),
            "warnings": .array(configuration.warnings.map { .string($0) }),
        ]
    }
}
