import WebClient
import WorkerKit

/// What is asked of the toolbox beside what every worker takes: which addresses and which programs
/// are open to its agents. Pure.
struct ToolboxOptions {
    /// An option that cannot be understood.
    struct Misuse: Error {
        let message: String
    }

    private(set) var web = WebClient.Settings()
    private(set) var commands = ""
    /// What is left for the worker.
    private(set) var rest: [String] = []

    private typealias Setter = (inout ToolboxOptions, String) throws -> Void

    private struct Option {
        let name: String
        let variable: String
        let value: String
        let text: String
        let set: Setter
    }

    private static var options: [Option] {
        [
            Option(
                name: "--allow", variable: "BATON_ALLOW", value: "PLACES",
                text: "open HOST:PORT, ADDRESS:PORT or NETWORK/BITS:PORT to http and openapi"
            ) { options, value in
                options.web.guarding.allowed += try list(value).map { try AllowRule($0) }
            },
            Option(
                name: "--ports", variable: "BATON_PORTS", value: "PORTS",
                text: "at which ports the public web is asked (80,443)"
            ) { options, value in
                options.web.guarding.ports = try Set(
                    list(value).map { text in
                        guard let port = Int(text), (1...65_535).contains(port) else {
                            throw Misuse(message: "\(text) is not a port from 1 to 65535")
                        }
                        return port
                    })
            },
            Option(
                name: "--connect", variable: "BATON_CONNECT", value: "DETOURS",
                text: "send what is for one place to another: HOST:PORT=HOST:PORT"
            ) { options, value in
                options.web.guarding.detours += try list(value).map { try Detour($0) }
            },
            Option(
                name: "--ca-file", variable: "BATON_CA_FILE", value: "FILE",
                text: "trust these certificates in place of the system's"
            ) { options, value in options.web.caFile = value },
            Option(
                name: "--commands", variable: "BATON_COMMANDS", value: "FILE",
                text: "which programs the agent command may run, and how"
            ) { options, value in options.commands = value },
        ]
    }

    static var variables: [String] { options.map(\.variable) }

    init(_ arguments: [String], environment: [String: String]) throws(Misuse) {
        for option in Self.options {
            guard let value = environment[option.variable], !value.isEmpty else { continue }
            try set(option, value, as: option.variable)
        }
        var left = arguments[...]
        while let argument = left.popFirst() {
            let name = String(argument.prefix { $0 != "=" })
            guard let option = Self.options.first(where: { $0.name == name }) else {
                rest.append(argument)
                continue
            }
            if name != argument {
                try set(option, String(argument.dropFirst(name.count + 1)), as: name)
            } else if let value = left.popFirst() {
                try set(option, value, as: name)
            } else {
                throw Misuse(message: "\(name) needs a value: \(name) \(option.value)")
            }
        }
    }

    private mutating func set(
        _ option: Option, _ value: String, as name: String
    ) throws(Misuse) {
        do {
            try option.set(&self, value)
        } catch let misuse as Misuse {
            throw Misuse(message: "\(name): \(misuse.message)")
        } catch {
            throw Misuse(message: "\(name): \(error)")
        }
    }

    private static func list(_ value: String) -> [String] {
        value.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    // MARK: - Help

    static var rows: [(String, String)] {
        options.map { ("\($0.name) \($0.value)", "\($0.text) [\($0.variable)]") }
    }

    static let examples = """

        examples:
          baton-toolbox --agents echo,http           these two alone; http asks the public web
          baton-toolbox --allow 127.0.0.1:8080       and a service of this machine
          baton-toolbox --commands commands.yaml     and the programs that this file names:
            commands:
              grep: {path: /usr/bin/grep, flags: [-i, -c], timeout: 5s}
          baton-toolbox --connect api.example.com:443=127.0.0.1:8443 --allow 127.0.0.1:8443 \\
            --ca-file ca.pem                         a stand-in for a service, for tests

        """
}
