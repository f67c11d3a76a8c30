import Document
import Orchestration
import Telemetry

/// `baton.yaml`: which processes make up the system in a folder. Read once; unknown keys are
/// refused with the nearest known one. What is for batond alone (limits, delays, log) is only read
/// there.
struct SystemFile: Sendable, Equatable {
    struct Worker: Sendable, Equatable {
        var command: [String]
        var name: String
        var count = 1
        var agents: [String] = []
        var capacity: Int?
        var environment: [String: String] = [:]
    }

    /// The bounds of what one file may start.
    enum Limits {
        static let orchestrators = 1...16
        static let workers = 0...256
        static let capacity = 1...100_000
        static let words = 256
    }

    static let name = "baton.yaml"

    var orchestrators = 1
    var workers: [Worker]
    var store = StorePlan()
    /// The folder of workflow files, as `baton.yaml` names it or as it lies beside that.
    var workflows: String?
    /// Where it was read, to be handed to batond; nil: the built-in default.
    var path: String?

    /// What runs where no file says otherwise.
    static let standard = SystemFile(
        workers: [Worker(command: ["baton-toolbox"], name: "toolbox")])

    static func read(_ path: String) throws(Fault) -> SystemFile {
        let bytes = try File.read(path, limit: Document.Limits.file.bytes)
        do {
            var file = try decode(YAML.parse(bytes, source: path))
            file.path = path
            return file
        } catch {
            throw Fault(Exit.configuration, error.message, at: error.place ?? path)
        }
    }

    static func decode(_ node: Node) throws(Fault) -> SystemFile {
        guard !node.isNull else { return standard }
        let top = try node.mapping(knownKeys: Configuration.sections)
        var file = standard
        if let count = top["orchestrators"] {
            file.orchestrators = try count.integer(in: Limits.orchestrators)
        }
        file.store = try StorePlan.decode(node)
        file.workflows = try top["workflows"]?.string()
        guard let list = top["workers"], !list.isNull else { return file }
        file.workers = []
        for node in try list.list() {
            let worker = try worker(node)
            guard !file.workers.contains(where: { $0.name == worker.name }) else {
                throw node.fault(
                    Exit.configuration, "the name \(worker.name) is taken; give each its own name")
            }
            file.workers.append(worker)
        }
        try checkTotal(file, list)
        return file
    }

    /// The folder that the file names, or `workflows` beside it where there is one.
    mutating func findWorkflows(beside file: String) throws(Fault) {
        let base = File.parent(of: file)
        guard let named = workflows else {
            let usual = "\(base)/workflows"
            if File.isFolder(usual) { workflows = usual }
            return
        }
        let path = named.hasPrefix("/") ? named : "\(base)/\(named)"
        guard File.isFolder(path) else {
            throw Fault(Exit.noInput, "is no folder; workflows names one.", at: path)
        }
        workflows = path
    }

    private static func checkTotal(_ file: SystemFile, _ list: Node) throws(Fault) {
        let total = file.workers.reduce(0) { $0 + $1.count }
        guard Limits.workers.contains(total) else {
            throw list.fault(
                Exit.configuration,
                "\(total) worker processes are more than the \(Limits.workers.upperBound) allowed")
        }
    }

    private static func worker(_ node: Node) throws(Fault) -> Worker {
        let keys = try node.mapping(
            knownKeys: ["command", "name", "count", "agents", "capacity", "environment"])
        let commandNode = try keys.required("command")
        let command = try strings(commandNode)
        guard let program = command.first, !program.isEmpty, command.count <= Limits.words else {
            throw commandNode.fault(
                Exit.configuration, "a command is a list of 1 to \(Limits.words) words")
        }
        var worker = Worker(command: command, name: standardName(program))
        if let name = keys["name"] { worker.name = try name.string() }
        guard Self.isWorkerName(worker.name) else {
            throw (keys["name"] ?? commandNode).fault(
                Exit.configuration,
                "a worker's name has 1 to 60 characters of a-z, 0-9, underscore and hyphen")
        }
        if let count = keys["count"] { worker.count = try count.integer(in: Limits.workers) }
        if let agents = keys["agents"] { worker.agents = try strings(agents) }
        if let capacity = keys["capacity"] {
            worker.capacity = try capacity.integer(in: Limits.capacity)
        }
        for entry in try keys["environment"]?.entries() ?? [] {
            worker.environment[entry.key] = try entry.node.string()
        }
        return worker
    }

    /// The routing id is the name, a dot and a number, so the name itself has none.
    private static func isWorkerName(_ name: String) -> Bool {
        name.utf8.count <= 60 && Kind.name.problem(with: name) == nil && !name.contains(".")
    }

    /// `./target/baton-toolbox` is called `toolbox`.
    private static func standardName(_ program: String) -> String {
        let file = program.split(separator: "/").last.map(String.init) ?? program
        let bare = file.hasPrefix("baton-") ? String(file.dropFirst(6)) : file
        return String(bare.lowercased().split(separator: ".").first ?? "")
    }

    private static func strings(_ node: Node) throws(Fault) -> [String] {
        var strings: [String] = []
        for element in try node.list() { strings.append(try element.string()) }
        return strings
    }
}
