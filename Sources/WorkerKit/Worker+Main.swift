import Bus
import Document
import Glibc
import Reactor
import Telemetry
import Wire

/// A worker as a program: arguments and environment in, exit code out.
extension Worker {
    /// Exit codes that supervisors can rely on.
    enum Exit {
        static let usage: Int32 = 2
        static let failure: Int32 = 1
        static let noBus: Int32 = 69
        static let watchdog: Int32 = 70
        static let refused: Int32 = 77
        static let configuration: Int32 = 78
    }

    /// Reads arguments and environment, works until a signal asks to leave, and ends the process.
    ///
    /// Exit codes: 0 after a drain, 2 for arguments that cannot be understood, 69 without any bus
    /// address, 70 when a handler did not stop, 77 when the key is refused, 78 for a configuration
    /// that cannot be used.
    public func main() -> Never { main(Array(CommandLine.arguments.dropFirst())) }

    /// The same with the arguments that are left when the program has taken its own.
    ///
    /// - Parameters:
    ///   - help: what the program's own options are.
    ///   - examples: stands at the end of the help.
    package func main(
        _ list: [String], help: [(String, String)] = [], examples: String = ""
    ) -> Never {
        EventLoop.prepareProcess()
        let arguments: WorkerArguments
        do throws(WorkerArguments.Misuse) {
            arguments = try WorkerArguments(
                list, environment: Self.environment())
        } catch {
            Self.complain("\(program): \(error.message); see --help")
            exit(Exit.usage)
        }
        switch arguments.request {
        case .help:
            let text = WorkerArguments.help(program: program, agents: agents, more: help)
            print(text + examples, terminator: "")
        case .version: print("\(name) \(version)")
        case .describe: print(JSON.text(describe(), pretty: true))
        case .run: work(arguments.configuration)
        }
        exit(0)
    }

    private func work(_ configuration: WorkerConfiguration) {
        do {
            try EventLoop.run { loop in
                try await run(configuration, on: loop, takingSignals: true)
            }
        } catch {
            Self.complain("\(program): \(error)")
            // A handler that does not stop must not be able to hold up the end either.
            _exit(Self.exitCode(error))
        }
    }

    static func exitCode(_ error: any Error) -> Int32 {
        guard let fault = error as? Fault else { return Exit.failure }
        switch fault.code {
        case WorkerCode.noBus: return Exit.noBus
        case WorkerCode.watchdog: return Exit.watchdog
        case WorkerCode.configuration, BusCode.addressRefused: return Exit.configuration
        case BusCode.keyRefused, BusCode.keyFile, WireCode.forbidden: return Exit.refused
        case WireCode.identity, WireCode.invalid, WireCode.range: return Exit.configuration
        default: return Exit.failure
        }
    }

    /// What the worker registers, as it stands in HELLO.
    private func describe() -> Value {
        // SAFETY: descriptions hold nothing that JSON cannot say.
        let cards = agents.map { (try? DocumentEncoder().encode($0.description)) ?? .null }
        return [
            "name": .string(name), "version": .string(version), "agents": .array(cards),
        ]
    }

    private var program: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? name
    }

    private static func complain(_ message: String) {
        var line = message + "\n"
        line.withUTF8 { bytes in
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for name in WorkerArguments.variables {
            if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
        }
        return variables
    }
}
