import Glibc
import Reactor

/// Where the process begins: the one place that reads the command line, the environment and the
/// folder.
@main
enum Main {
    static func main() {
        openStandardDescriptors()
        // A reader that leaves is an answer to a write, not the end of the process.
        EventLoop.prepareProcess()
        let exit = try? EventLoop.run { loop in
            await Program.run(bytes: words(), console: console(loop))
        }
        Glibc.exit((exit ?? .software).status)
    }

    /// A descriptor below 3 that is closed would be given to the next socket, and messages for
    /// people would be written into it.
    private static func openStandardDescriptors() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
        }
    }

    /// The bytes of the command line; `CommandLine.arguments` would repair what is not UTF-8 in
    /// silence.
    private static func words() -> [[UInt8]] {
        (1..<max(1, Int(CommandLine.argc))).map { index in
            guard let word = unsafe CommandLine.unsafeArgv[index] else { return [] }
            let length = unsafe strlen(word)
            return unsafe UnsafeRawBufferPointer(start: word, count: length).map { $0 }
        }
    }

    private static func console(_ loop: EventLoop) -> Console {
        let variables = environment()
        return Console(
            output: .descriptor(STDOUT_FILENO, variables: variables),
            errors: .descriptor(STDERR_FILENO, variables: variables),
            input: { try File.read(descriptor: STDIN_FILENO, limit: $0, "standard input") },
            variables: variables, folder: File.currentFolder(), program: File.ownPath(),
            loop: loop)
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            unsafe next += 1
        }
        return variables
    }
}
