import Glibc
import Reactor
import Synchronization
import Telemetry

@testable import baton

/// Runs the whole program in process and keeps what it wrote.
struct Harness {
    var variables: [String: String] = [:]
    var folder = "/"
    var terminal = Terminal.none
    var input: [UInt8] = []
    var program = "/usr/bin/baton"

    struct Result {
        let exit: Exit
        let output: String
        let errors: String
    }

    func run(_ words: String...) async -> Result { await run(words) }

    func run(_ words: [String]) async -> Result {
        await capture { await Program.run(words, console: $0) }
    }

    func run(bytes: [[UInt8]]) async -> Result {
        await capture { await Program.run(bytes: bytes, console: $0) }
    }

    private func capture(_ body: (Console) async -> Exit) async -> Result {
        let (output, errors) = (Memory(), Memory())
        guard let loop = try? EventLoop() else {
            return Result(exit: .software, output: "", errors: "")
        }
        let input = input
        let console = Console(
            output: Output(terminal: terminal, sink: output.add),
            errors: Output(terminal: terminal, sink: errors.add),
            input: { Array(input.prefix($0)) }, variables: variables, folder: folder,
            program: program, loop: loop)
        let exit = await body(console)
        return Result(exit: exit, output: output.text, errors: errors.text)
    }
}

/// What was written, from any thread.
final class Memory: Sendable {
    private let written = Mutex<[UInt8]>([])

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var bytes: [UInt8] { written.withLock { $0 } }

    @Sendable func add(_ bytes: [UInt8]) { written.withLock { $0 += bytes } }
}

extension Terminal {
    /// A terminal as a person has it.
    static func person(columns: Int = 80, colour: Bool = false) -> Terminal {
        Terminal(
            isTerminal: true, columns: columns, variables: ["TERM": "xterm"],
            choice: colour ? .always : .never)
    }
}

/// A private folder that goes with its value.
final class TemporaryFolder {
    let path: String

    init() throws {
        var name = Array("/tmp/baton-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&name) != nil else { throw Fault(Exit.cannotCreate, "mkdtemp failed") }
        path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { _ = Shell.output(of: "rm -rf '\(path)'") }

    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        try File.makeFolders(File.parent(of: "\(path)/\(name)"))
        try File.write(Array(text.utf8), to: "\(path)/\(name)", mode: mode)
        return "\(path)/\(name)"
    }

    func read(_ name: String) throws -> String {
        String(decoding: try File.read("\(path)/\(name)", limit: 1 << 20), as: UTF8.self)
    }
}

/// Runs a script of a shell and gives back what it printed.
enum Shell {
    static func output(of command: String) -> String {
        // The threads of tests block all signals, and a child would inherit that.
        var (none, before) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        let started = unsafe popen(command, "r")
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard let pipe = unsafe started else { return "" }
        defer { unsafe pclose(pipe) }
        var text: [UInt8] = []
        while case let byte = unsafe fgetc(pipe), byte != EOF {
            text.append(UInt8(truncatingIfNeeded: byte))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
