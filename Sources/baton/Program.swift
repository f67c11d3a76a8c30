import Document
import Telemetry
import Wire

/// From words to an exit: parses, shows help, runs the command, and says what went wrong.
///
/// The only place where a fault becomes a message for a person. It never throws.
enum Program {
    static func run(_ words: [String], console: Console) async -> Exit {
        let words = words == ["--version"] ? ["version"] : words
        if words.isEmpty { return overview(console) }
        switch Parser.parse(words, tree: CommandTree.root, variables: console.variables) {
        case .help(let path):
            let output = console.output
            do {
                try output.lines(HelpPage.lines(for: path, width: output.terminal.columns))
                return .ok
            } catch {
                return report(error, path: path, json: false, console)
            }
        case .refused(let fault, let path):
            let json = words.prefix { $0 != "--" }.contains("--\(CommonOptions.json.name)")
            return report(fault, path: path, json: json, console)
        case .run(let path, let values):
            return await run(path, values, console)
        }
    }

    /// Somebody who typed the bare name wants to know what there is; a script made a mistake.
    private static func overview(_ console: Console) -> Exit {
        let width = console.errors.terminal.columns
        try? console.errors.lines(Overview.lines(CommandTree.root, width: width))
        return .usage
    }

    /// Words of the command line as they came from the kernel: any bytes.
    static func run(bytes: [[UInt8]], console: Console) async -> Exit {
        var words: [String] = []
        for (index, word) in bytes.enumerated() {
            guard let text = String(validating: word, as: UTF8.self) else {
                let fault = Fault(
                    Exit.usage, "Word \(index + 1) of the command line is not valid UTF-8.")
                return report(fault, path: [CommandTree.root], json: false, console)
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
            return report(error, path: path, json: invocation.wantsJSON, console)
        }
    }

    /// Says what went wrong. Where even that cannot be written there is nobody left to tell.
    private static func report(
        _ error: any Error, path: [Command], json: Bool, _ console: Console
    ) -> Exit {
        if error is ReaderLeft { return .ok }
        if error is CancellationError { return .interrupted }
        let fault = error as? Fault ?? Fault(Exit.software, "\(error)")
        let exit = Exit(of: fault)
        if json {
            var members: ObjectValue = [
                "code": .string(fault.code.rawValue),
                "message": .string(Complaint.sentence(fault)),
                "retryable": .bool(fault.retry != .never),
            ]
            members["details"] = try? JSON.parse(Array(fault.details.utf8))
            try? console.errors.json(["error": .object(members)])
        } else {
            try? console.errors.lines(message(fault, exit, path))
        }
        return exit
    }

    private static func message(_ fault: Fault, _ exit: Exit, _ path: [Command]) -> [Text] {
        let line: Text = "\("baton:", .red) \(Complaint.sentence(fault))\(code(fault))"
        guard exit == .usage else {
            return [line]
                + (Mend.text(for: fault, path.dropFirst().first?.name ?? "").map { [Text($0)] }
                    ?? [])
        }
        let name = path.map(\.name).joined(separator: " ")
        return [
            line, HelpPage.usage(of: path), "Type \("\(name) --help", .bold) for all of it.",
        ]
    }

    /// The code that came over the bus: what scripts, logs and other programs know the fault by.
    private static func code(_ fault: Fault) -> Text {
        let travelled = fault.code is WireCode || fault.code is ForeignCode
        return travelled ? " \("(\(fault.code.rawValue))", .dim)" : ""
    }
}
