import Document
import Telemetry

/// Reads one workflow file and gathers everything that is wrong with it; it never stops at the
/// first problem. Pure: what it reads beside the file is nothing.
struct DefinitionReader {
    private let file: String
    private(set) var problems: [Problem] = []
    private(set) var remarks: [Problem] = []
    /// What the file defines under `use`, by name.
    var used = UsedNames()
    var isLoose = false
    var taskCount = 0
    /// The function under `use.functions` that is being read, and whom each of them calls.
    var function: String?
    var functionCalls: [String: [FunctionCall]] = [:]

    struct FunctionCall {
        var callee: String
        var node: Node
    }

    init(file: String) {
        self.file = file
    }

    mutating func read(_ bytes: [UInt8]) -> Workflow? {
        let limits = Limits(
            bytes: WorkflowLimits.bytes, keys: Limits.file.keys,
            stringBytes: WorkflowLimits.bytes, nodes: Limits.file.nodes,
            aliases: Limits.file.aliases)
        do throws(Fault) {
            return workflow(try YAML.parse(bytes, limits: limits, source: file))
        } catch {
            problems.append(Problem(unreadable: error, file: file))
            return nil
        }
    }

    /// The problems in the order of their lines, without what a second reading of a place repeats.
    func inOrder(_ problems: [Problem]) -> [Problem] {
        var known: Set<Problem> = []
        return problems.filter { known.insert($0).inserted }.enumerated()
            .sorted {
                let (a, b) = ($0.element.position, $1.element.position)
                return (a.line, a.column, $0.offset) < (b.line, b.column, $1.offset)
            }
            .map(\.element)
    }
}

/// Saying what is wrong.
extension DefinitionReader {
    mutating func problem(
        _ node: Node, _ message: String, _ code: FlowCode = .invalid, at place: TextPosition? = nil
    ) {
        guard problems.count < WorkflowLimits.problems else { return }
        problems.append(
            Problem(
                code: code, file: file, position: place ?? node.position, pointer: node.pointer,
                message: message))
    }

    /// `; did you mean …?` for a name that nothing has. Comparing names is dear: of many only the
    /// first are looked at, and none once enough problems were told.
    func question(for word: String, in names: [String]) -> String {
        guard problems.count < WorkflowLimits.problems else { return "" }
        return Suggestion.question(for: word, in: names.prefix(256))
    }

    mutating func remark(_ node: Node, _ message: String) {
        guard remarks.count < WorkflowLimits.problems else { return }
        remarks.append(
            Problem(
                code: .invalid, file: file, position: node.position, pointer: node.pointer,
                message: message))
    }

    /// What a name stands for, or the problem that nothing has that name.
    mutating func lookUp<T>(
        _ name: String, in known: [String: T], _ what: String, _ node: Node
    ) -> T? {
        if let found = known[name] { return found }
        problem(
            node,
            "\(what) is not defined"
                + question(for: name, in: known.keys.sorted()))
        return nil
    }
}

extension Problem {
    /// A file that is not even YAML.
    fileprivate init(unreadable fault: Fault, file: String) {
        let numbers = (fault.place ?? "").split(separator: ":").suffix(2).compactMap { Int($0) }
        self.init(
            code: fault.has(DocumentCode.limit) ? .limit : .invalid, file: file,
            position: numbers.count == 2
                ? TextPosition(line: numbers[0], column: numbers[1])
                : TextPosition(line: 1, column: 1),
            pointer: "", message: fault.message)
    }
}

extension Workflow {
    /// Reads a workflow from YAML or JSON. `name` is what messages call the file.
    package static func read(_ bytes: [UInt8], name: String) throws(Invalid) -> Workflow {
        var reader = DefinitionReader(file: name)
        let workflow = reader.read(bytes)
        guard var workflow, reader.problems.isEmpty else {
            throw Invalid(problems: reader.inOrder(reader.problems))
        }
        workflow.remarks = reader.inOrder(reader.remarks)
        return workflow
    }
}
