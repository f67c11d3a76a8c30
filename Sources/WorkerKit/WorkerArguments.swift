import Document
import Glibc
import Telemetry
import Wire

/// What a worker is asked to do by its arguments and environment. Pure: whoever calls it prints and
/// leaves.
struct WorkerArguments {
    enum Request: Equatable {
        case run, help, version, describe
    }

    /// An argument or a variable that cannot be understood.
    struct Misuse: Error, Equatable {
        let message: String
    }

    private(set) var request = Request.run
    private(set) var configuration = WorkerConfiguration()

    private typealias Setter = @Sendable (inout WorkerConfiguration, String) throws(Misuse) -> Void

    private struct Option: Sendable {
        let name: String
        let variable: String?
        let value: String
        let text: String
        let set: Setter
    }

    private static let options: [Option] = [
        Option(
            name: "--bus", variable: "BATON_BUS", value: "ADDRESSES",
            text: "tcp://HOST:PORT or ipc://PATH of the orchestrators, separated by commas"
        ) { configuration, value throws(Misuse) in configuration.bus = value },
        Option(
            name: "--server-key", variable: "BATON_SERVER_KEY", value: "KEYS",
            text: "public keys of the orchestrators, or one for all (that of --key)"
        ) { configuration, value throws(Misuse) in configuration.serverKey = value },
        Option(
            name: "--key", variable: "BATON_KEY", value: "FILE",
            text: "this process's own key pair, a file of mode 0600"
        ) { configuration, value throws(Misuse) in configuration.key = value },
        Option(
            name: "--name", variable: "BATON_NAME", value: "NAME",
            text: "what the worker is called on the bus"
        ) { configuration, value throws(Misuse) in configuration.name = try name(value, "--name") },
        Option(
            name: "--instance", variable: "BATON_INSTANCE", value: "NAME",
            text: "what tells this instance from others of the same name"
        ) { configuration, value throws(Misuse) in
            configuration.instance = try name(value, "--instance")
        },
        Option(
            name: "--agents", variable: "BATON_AGENTS", value: "A,B",
            text: "offer only these agents"
        ) { configuration, value throws(Misuse) in
            configuration.agents = value.split(separator: ",").map(String.init)
        },
        Option(
            name: "--capacity", variable: "BATON_CAPACITY", value: "N", text: "tasks at a time"
        ) { configuration, value throws(Misuse) in
            guard let capacity = Int(value), WorkerConfiguration.capacities.contains(capacity)
            else {
                throw Misuse(message: "--capacity: \(value) is not a number from 1 to 65536")
            }
            configuration.capacity = capacity
        },
        Option(
            name: "--outbox", variable: "BATON_OUTBOX", value: "FOLDER",
            text: "keep results there until they are acknowledged"
        ) { configuration, value throws(Misuse) in configuration.outbox = value },
        Option(
            name: "--grace", variable: "BATON_GRACE", value: "SECONDS",
            text: "how long a cancelled handler may take to end (5)"
        ) { configuration, value throws(Misuse) in
            configuration.grace = try seconds(value, "--grace")
        },
        Option(
            name: "--drain", variable: "BATON_DRAIN", value: "SECONDS",
            text: "how long a drain waits for what runs (10)"
        ) { configuration, value throws(Misuse) in
            configuration.drain = try seconds(value, "--drain")
        },
        Option(
            name: "--log-level", variable: "BATON_LOG", value: "LEVEL",
            text: "debug, info, warning or error"
        ) { configuration, value throws(Misuse) in
            guard let level = Log.Level(name: value) else {
                let names = Log.Level.allCases.map(\.name)
                throw Misuse(
                    message:
                        "--log-level: \(value) is not a level"
                        + Suggestion.phrase(for: value, in: names)
                )
            }
            configuration.logLevel = level
        },
    ]

    /// The variables that are read.
    static var variables: [String] { options.compactMap(\.variable) }

    private static let words: [(name: String, text: String, request: Request)] = [
        ("--describe", "print what this worker registers, as JSON", .describe),
        ("--help", "print this", .help),
        ("--version", "print the version", .version),
    ]

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String], environment: [String: String]) throws(Misuse) {
        for option in Self.options {
            guard let variable = option.variable, let value = environment[variable], !value.isEmpty
            else { continue }
            do throws(Misuse) {
                try option.set(&configuration, value)
            } catch {
                throw Misuse(message: "\(variable): \(error.message)")
            }
        }
        var rest = arguments[...]
        while let argument = rest.popFirst() { try take(argument, &rest) }
    }

    private mutating func take(_ argument: String, _ rest: inout ArraySlice<String>) throws(Misuse)
    {
        let name = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)[0]
        if argument == "-h" {
            request = .help
        } else if let word = Self.words.first(where: { $0.name == argument }) {
            request = word.request
        } else if let option = Self.options.first(where: { $0.name == name }) {
            let value: String
            if name.count < argument.count {
                value = String(argument.dropFirst(name.count + 1))
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw Misuse(message: "\(name) needs a value: \(name) \(option.value)")
            }
            try option.set(&configuration, value)
        } else {
            let names = Self.options.map(\.name) + Self.words.map(\.name)
            throw Misuse(
                message:
                    "unknown option \(argument)\(Suggestion.phrase(for: String(name), in: names))")
        }
    }

    private static func name(_ value: String, _ option: String) throws(Misuse) -> String {
        guard Name.isValid(value) else {
            throw Misuse(
                message: "\(option): a name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")
        }
        return value
    }

    private static func seconds(_ value: String, _ option: String) throws(Misuse) -> Duration {
        guard let seconds = Double(value), seconds >= 0, seconds <= 86_400 else {
            throw Misuse(message: "\(option): \(value) is not a number of seconds up to 86400")
        }
        return .seconds(seconds)
    }

    /// The help text of a worker.
    static func help(
        program: String, agents: [Agent], more: [(String, String)] = []
    ) -> String {
        var text = "usage: \(program) [options]\n\nagents:\n"
        text += rows(agents.map { ($0.name, $0.description.description ?? "") })
        text += "\noptions:\n"
        text += rows(
            options.map { option in
                let variable = option.variable.map { " [\($0)]" } ?? ""
                return ("\(option.name) \(option.value)", option.text + variable)
            } + more + words.map { ($0.name, $0.text) })
        return text
    }

    private static func rows(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, text in
            "  \(name)\(String(repeating: " ", count: width - name.count + 2))\(text)\n"
        }.joined()
    }
}
