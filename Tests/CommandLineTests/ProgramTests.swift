import Document
import Telemetry
import Testing

@testable import baton

/// The whole program in process: what it prints where, and how it ends.
@Suite struct ProgramTests {
    private func every(_ command: Command, _ path: [String] = []) -> [[String]] {
        [path] + command.subcommands.flatMap { every($0, path + [$0.name]) }
    }

    @Test("B58 nothing, or nonsense, is exit 2 with the usage on standard error")
    func nonsense() async {
        for words in [[], [""], ["statsu"], ["--nope"], ["init"], ["up", "a", "b"], ["--", "x"]] {
            let result = await Harness().run(words)
            #expect(result.exit.status == 2)
            #expect(result.output == "")
            #expect(result.errors.contains("Usage: baton"))
        }
    }

    @Test(
        "A bare baton says on half a page what there is, every command once", arguments: [40, 80])
    func overview(columns: Int) async {
        let result = await Harness(terminal: .person(columns: columns)).run([])
        #expect(Overview.commands.sorted() == CommandTree.root.subcommands.map(\.name).sorted())
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count < 24)
        for line in lines { #expect(DisplayWidth.of(String(line)) <= columns) }
    }

    @Test("A misspelt line with --json is complained about in JSON")
    func refusedInJSON() async throws {
        let result = await Harness().run("statsu", "--json")
        #expect(result.exit == .usage)
        #expect(try JSON.parse(result.errors)["error"]?["code"] == "usage")
        #expect(await Harness().run("statsu", "--", "--json").errors.hasPrefix("baton: "))
    }

    @Test("Complaints name a command once, and go on in small letters")
    func wording() async {
        let missing = await Harness().run("call").errors
        #expect(missing.hasPrefix("baton: call needs AGENT: an agent, or "))
        let unknown = await Harness().run("requests", "shw").errors
        #expect(unknown.hasPrefix("baton: requests has no command \"shw\", did you mean"))
        #expect(!(await Harness().run("-x").errors.contains("put --")))
    }

    @Test("B58 every command shows its help for -h and --help")
    func help() async {
        for path in every(CommandTree.root) {
            for flag in ["-h", "--help"] {
                let result = await Harness().run(path + [flag])
                #expect(result.exit == .ok)
                let title = (["baton"] + path).joined(separator: " ")
                #expect(result.output.contains("Usage: \(title)"))
                #expect(result.errors == "")
            }
        }
    }

    @Test("Every command has a summary, and every command that runs has an example")
    func tree() {
        func check(_ command: Command) {
            #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."), "\(command.name)")
            let isLeaf = command.run != nil
            #expect(!isLeaf || !command.examples.isEmpty, "\(command.name)")
            for option in command.options { #expect(!option.summary.isEmpty) }
            command.subcommands.forEach(check)
        }
        CommandTree.root.subcommands.forEach(check)
    }

    @Test("Every example parses")
    func examples() {
        func check(_ command: Command) {
            for example in command.examples where example.line.hasPrefix("baton ") {
                guard !example.line.contains(where: { "'\"|<>".contains($0) }) else { continue }
                let words = example.line.split(separator: " ").dropFirst().map(String.init)
                if case .refused(let fault, _) = Parser.parse(words, tree: CommandTree.root) {
                    Issue.record("\(example.line): \(fault)")
                }
            }
            command.subcommands.forEach(check)
        }
        check(CommandTree.root)
    }

    @Test("No help page is wider than the terminal", arguments: [60, 80, 100, 200])
    func helpWidth(columns: Int) async {
        for path in every(CommandTree.root) {
            let result = await Harness(terminal: .person(columns: columns)).run(path + ["-h"])
            let lines = result.output.split(separator: "\n").filter { !$0.hasPrefix("  ") }
            for line in lines { #expect(DisplayWidth.of(String(line)) <= columns) }
        }
    }

    @Test("The help lists every exit code")
    func exitCodes() async {
        let output = await Harness().run("help").output
        for exit in Exit.allCases { #expect(output.contains("  \(exit.status)")) }
        #expect(Set(Exit.allCases.map(\.status)).count == Exit.allCases.count)
    }

    @Test("B58 words that are not UTF-8 are refused by their place")
    func invalidBytes() async {
        let bytes: [[[UInt8]]] = [
            [[0xff]], [Array("up".utf8), [0xc3, 0x28]], [[0xed, 0xa0, 0x80]], [[0xc0, 0x80]],
        ]
        for words in bytes {
            let result = await Harness().run(bytes: words)
            #expect(result.exit == .usage)
            #expect(result.errors.contains("word \(words.count) "))
        }
    }

    @Test("B61 a misspelt word with escapes reaches no terminal")
    func escapesInWords() async {
        let result = await Harness(terminal: .person()).run(
            "\u{1b}]0;x\u{7}\u{1b}[31mstatus\u{9b}2J")
        #expect(result.exit == .usage)
        #expect(!result.errors.unicodeScalars.contains { $0.value == 0x1b || $0.value == 0x9b })
    }

    @Test("The version has one line for people and one document for programs")
    func version() async throws {
        let people = await Harness().run("version")
        #expect(people.output == "baton 0.1.0 (wire contract 1)\n")
        #expect(await Harness().run("--version").output == people.output)
        let value = try JSON.parse(await Harness().run("version", "--json").output)
        #expect(value["version"] == "0.1.0")
    }

    @Test(
        "Without a cluster a command says how to start one, with exit 69",
        arguments: ["status", "down"])
    func noCluster(command: String) async throws {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run(command)
        #expect(result.exit.status == 69)
        #expect(result.errors.contains("baton up"))
        let json = await Harness(folder: folder.path).run(command, "--json")
        #expect(try JSON.parse(json.errors)["error"]?["code"] == "unavailable")
    }

    @Test("Help for a command can be asked in words, and a misspelt one is offered")
    func helpCommand() async {
        #expect(await Harness().run("help", "init", "worker").output.contains("baton init worker"))
        let result = await Harness().run("help", "int")
        #expect(result.exit == .usage)
        #expect(result.errors.contains("did you mean \"init\"?"))
    }
}
