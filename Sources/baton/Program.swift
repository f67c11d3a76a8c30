import Document
import Telemetry

/// From words to an exit: parses, shows help, runs the command, and says what went wrong.
///
/// The only place where a fault becomes a message for a person. It never throws.
enum Program {
    static func run(_ words: [String], console: Console) async -> Exit {
        let words = words == ["--version"] ? ["version"] : words
        switch Parser.parse(words, tree: CommandTree.root, variables: console.variables) {
        case .help(let path):
            return guarded(console) {
                let output = console.output
                try output.lines(HelpPage.lines(for: path, width: output.terminal.columns))
                return .ok
            }
        case .refused(let fault, let path):
            return guarded(console) {
                try complain(fault, path: path, console)
                return .usage
            }
        case .run(let path, let values):
            return await run(path, values, console)
        }
    }

    /// Words of the command line as they came from the kernel: any bytes.
    static func run(bytes: [[UInt8]], console: Console) async -> Exit {
        var words: [String] = []
        for (index, word) in bytes.enumerated() {
            guard let text = String(validating: word, as: UTF8.self) else {
                let fault = Fault(
                    Exit.usage, "Word \(index + 1) of the command line is not valid UTF-8.")
                return guarded(console) {
                    try complain(fault, path: [CommandTree.root], console)
                    return .usage
                }
            }
            words.append(text)
        }
        return await run(words, console: console)
    }

    private static func run(
        _ path: [Command], _ values: Values, _ console: Console
    ) async -> Exit {
        let colour = values[CommonOptions.color].last.flatMap(Terminal.ColourChoice.init) ?? .auto
        let console = console.choosing(colour)
        let invocation = Invocation(path: path, values: values, console: console)
        guard let body = path.last?.run else { return .software }
        do {
            return try await body(invocation)
        } catch {
            return guarded(console) {
                try report(error, invocation)
            }
        }
    }

    private static func report(_ error: any Error, _ invocation: Invocation) throws -> Exit {
        if error is ReaderLeft { return .ok }
        if error is CancellationError { return .interrupted }
        let fault = error as? Fault ?? Fault(Exit.software, "\(error)")
        let exit = fault.code as? Exit ?? .failed
        if invocation.wantsJSON {
            try invocation.console.errors.json([
                "error": ["code": .string(fault.code.rawValue), "message": .string("\(fault)")]
            ])
        } else if exit == .usage {
            try complain(fault, path: invocation.path, invocation.console)
        } else {
            try invocation.console.errors.line("\("baton:", .red) \(fault)")
        }
        return exit
    }

    private static func complain(_ fault: Fault, path: [Command], _ console: Console) throws {
        let name = path.map(\.name).joined(separator: " ")
        try console.errors.lines([
            "\("baton:", .red) \(fault)",
            HelpPage.usage(of: path),
            "Type \("\(name) --help", .bold) for all of it.",
        ])
    }

    /// Where even the message cannot be written there is nobody left to tell.
    private static func guarded(_ console: Console, _ body: () throws -> Exit) -> Exit {
        do {
            return try body()
        } catch is ReaderLeft {
            return .ok
        } catch {
            return .output
        }
    }
}
