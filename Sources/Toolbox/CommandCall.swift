import WorkerKit

/// A command as a workflow writes it: what `run: shell` has, its expressions evaluated. Pure.
struct CommandCall {
    enum Return: String, CaseIterable {
        case stdout, stderr, code, all, none
    }

    let command: String
    let arguments: [String]
    let environment: [String: String]
    let input: [UInt8]?
    let output: Return

    init(_ value: Value) throws(Problem) {
        guard let object = value.object, let command = object["command"]?.string else {
            throw Self.misspelt("command is a text")
        }
        self.command = command
        arguments = try Self.arguments(object["arguments"] ?? .null)
        input = object["stdin"].flatMap { $0.isNull ? nil : Array(HTTPCall.plain($0).utf8) }
        var variables: [String: String] = [:]
        if let given = object["environment"], !given.isNull {
            guard let given = given.object else { throw Self.misspelt("environment is an object") }
            for (key, value) in given { variables[key] = HTTPCall.plain(value) }
        }
        environment = variables
        let word = object["return"] ?? "stdout"
        guard let output = word.string.flatMap(Return.init(rawValue:)) else {
            throw Self.misspelt("return is stdout, stderr, code, all or none")
        }
        self.output = output
    }

    /// A list goes as it is; of a map each name goes before its value.
    private static func arguments(_ value: Value) throws(Problem) -> [String] {
        if value.isNull { return [] }
        if let array = value.array { return array.map(HTTPCall.plain) }
        guard let object = value.object else {
            throw misspelt("arguments is a list or an object")
        }
        return object.flatMap { name, value in
            value.isNull || value == true ? [name] : [name, HTTPCall.plain(value)]
        }
    }

    private static func misspelt(_ detail: String) -> Problem {
        Problem(.validation, "The command is no good", detail)
    }

    /// What came of it, as the task's output.
    func value(_ outcome: CommandOutcome) throws(Problem) -> Value {
        let (stdout, stderr) = (Self.text(outcome.output), Self.text(outcome.errors))
        if output == .stdout || output == .none, outcome.code != 0 {
            throw Problem(
                .runtime, "The command failed",
                "\(command.prefix(60)): exit code \(outcome.code)"
                    + (stderr.isEmpty ? "" : ": \(stderr.suffix(300))"))
        }
        return switch output {
        case .stdout: .string(stdout)
        case .stderr: .string(stderr)
        case .code: Value(Int(outcome.code))
        case .all:
            [
                "code": Value(Int(outcome.code)), "stdout": .string(stdout),
                "stderr": .string(stderr),
            ]
        case .none: .null
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// How a command ended, and what it said.
struct CommandOutcome: Sendable {
    var code: Int32
    var output: [UInt8]
    var errors: [UInt8]
}
