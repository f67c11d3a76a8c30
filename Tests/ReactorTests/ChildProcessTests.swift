import Glibc
import Telemetry
import Testing

@testable import Reactor

/// Real children of a real loop.
@Suite struct ChildProcessTests {
    @Test(
        "the end of a child is its exit code or the signal that killed it",
        arguments: [
            ("true", .code(0)), ("exit 3", .code(3)), ("exit 255", .code(255)),
            ("kill -TERM $$", .signal(SIGTERM)), ("kill -KILL $$", .signal(SIGKILL)),
        ] as [(String, ChildProcess.Exit)])
    func exits(script: String, expected: ChildProcess.Exit) throws {
        try EventLoop.run { loop in
            let child = try ChildProcess(shell(script), on: loop)
            #expect(try await child.waitForExit() == expected)
            #expect(child.exit == expected)
            #expect(try await child.waitForExit() == expected)
        }
    }

    @Test(
        "a command that cannot be started is refused with what to do",
        arguments: [
            (
                Command(["no-such-command-here"]), .commandNotFound,
                "command not found: no-such-command-here"
            ),
            (
                Command(["/etc/passwd"]), .spawnFailed,
                "not allowed to run /etc/passwd; is it executable?"
            ),
            (Command([]), .spawnFailed, "no command was given"),
            (Command(["true", "a\0b"]), .spawnFailed, "a NUL byte stands in the command for true"),
            (
                Command(["true"], environment: ["A=B": ""]), .spawnFailed,
                "not a name of a variable: 'A=B'"
            ),
            (Command(["true"], directory: "/nowhere"), .spawnFailed, "no such directory: /nowhere"),
            (
                Command(["true"], input: .file("/nowhere/x")), .spawnFailed,
                "cannot open /nowhere/x: No such file or directory"
            ),
        ] as [(Command, ReactorCode, String)])
    func refused(command: Command, code: ReactorCode, message: String) throws {
        try EventLoop.run { loop in
            let fault = #expect(throws: Fault.self) { try ChildProcess(command, on: loop) }
            #expect(fault?.has(code) == true)
            #expect(fault?.message == message)
        }
    }

    @Test("a child gets the environment, the directory and the arguments it was given, unchanged")
    func surroundings() throws {
        let command = Command(
            [
                "/bin/sh", "-c", "printf '%s\\n' \"$A\" \"$HOME\" \"$PWD\" \"$1\"", "sh",
                "a  'b' $c",
            ],
            environment: ["A": "x=y"], directory: "/usr", output: .pipe)
        #expect(try lines(of: command) == ["x=y", "", "/usr", "a  'b' $c"])
    }

    @Test("a child has no descriptor but 0, 1 and 2")
    func descriptors() throws {
        let leaking = Descriptor(owning: unsafe open("/etc/passwd", O_RDONLY))
        let script = "for n in /proc/$$/fd/*; do test -e $n && echo ${n##*/}; done; true"
        let command = shell(script, output: .pipe)
        #expect(try lines(of: command) == ["0", "1", "2"])
        #expect(leaking.number > 2)
    }

    @Test("a child dies of a broken pipe though its parent ignores them")
    func signals() throws {
        EventLoop.prepareProcess()
        try EventLoop.run { loop in
            let child = try ChildProcess(shell("kill -PIPE $$; exit 5"), on: loop)
            #expect(try await child.waitForExit() == .signal(SIGPIPE))
        }
    }

    @Test("a child starts with no signal blocked")
    func mask() throws {
        let command = Command(["grep", "^SigBlk", "/proc/self/status"], output: .pipe)
        #expect(try lines(of: command) == ["SigBlk:\t0000000000000000"])
    }

    @Test("a signal reaches the child and what it started")
    func group() throws {
        try EventLoop.run { loop in
            let child = try ChildProcess(
                shell("sleep 1000 & echo ready; wait", output: .pipe), on: loop)
            let output = try #require(child.takeOutput())
            #expect(child.takeOutput() == nil)
            let seen = Kept<LineReader.Event>()
            // The end of the pipe comes only when the grandchild that shares it is dead, too.
            let reader = try LineReader(output, on: loop) { event in
                seen.keep(event)
                if event != .end { child.kill(SIGTERM) }
            }
            #expect(try await child.waitForExit() == .signal(SIGTERM))
            while seen.all.last != .end { await Task.yield() }
            child.kill(SIGTERM)
            reader.cancel()
        }
    }

    @Test("what is written to a child comes back, more than a pipe holds, and in order")
    func echo() throws {
        EventLoop.prepareProcess()
        try EventLoop.run { loop in
            let child = try ChildProcess(Command(["cat"], input: .pipe, output: .pipe), on: loop)
            let writer = PipeWriter(try #require(child.takeInput()), on: loop)
            let counter = Counter()
            let reader = try LineReader(try #require(child.takeOutput()), on: loop) { event in
                if event == .line(.whole(Array("line \(counter.value)".utf8))) { counter.add() }
            }
            let text = (0..<30_000).map { "line \($0)\n" }.joined()
            try writer.send(Array(text.utf8))
            #expect(writer.unsent > 0)
            writer.finish()
            #expect(throws: Fault.self) { try writer.send([0]) }
            #expect(try await child.waitForExit() == .code(0))
            while counter.value < 30_000 { await Task.yield() }
            reader.cancel()
        }
    }

    @Test("a writer refuses what goes beyond its limit and notices that nobody reads")
    func writerLimits() throws {
        EventLoop.prepareProcess()
        try EventLoop.run { loop in
            let child = try ChildProcess(Command(["sleep", "1000"], input: .pipe), on: loop)
            let writer = PipeWriter(try #require(child.takeInput()), on: loop, limit: 100_000)
            try writer.send([UInt8](repeating: 1, count: 100_000))
            let full = #expect(throws: Fault.self) {
                try writer.send([UInt8](repeating: 1, count: 100_000))
            }
            #expect(full?.has(ReactorCode.pipeFull) == true)
            child.kill(SIGKILL)
            #expect(try await child.waitForExit() == .signal(SIGKILL))
            let closed = #expect(throws: Fault.self) { try writer.send([1]) }
            #expect(closed?.has(ReactorCode.pipeClosed) == true)
        }
    }

    @Test("a cancelled wait leaves the child alone")
    func cancelledWait() throws {
        try EventLoop.run { loop in
            let child = try ChildProcess(Command(["sleep", "1000"]), on: loop)
            let wait = Task(executorPreference: loop) { try await child.waitForExit() }
            await Task.yield()
            wait.cancel()
            await #expect(throws: CancellationError.self) { try await wait.value }
            #expect(child.exit == nil)
            child.kill(SIGKILL)
            #expect(try await child.waitForExit() == .signal(SIGKILL))
        }
    }

    @Test("output goes to a file, after what stands in it")
    func toFile() throws {
        var template = Array("/tmp/reactor-XXXXXX".utf8CString)
        let file = try Descriptor(checking: unsafe mkstemp(&template), "a temporary file")
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unsafe _ = unlink(path) }
        for word in ["one", "two"] {
            try EventLoop.run { loop in
                let child = try ChildProcess(shell("echo \(word)", output: .file(path)), on: loop)
                #expect(try await child.waitForExit() == .code(0))
            }
        }
        #expect(lseek(file.number, 0, SEEK_END) == 8)
    }
}

private func shell(_ script: String, output: Command.Stream = .inherited) -> Command {
    Command(["/bin/sh", "-c", script], output: output)
}

/// Runs a command to its end and gives the lines it wrote.
private func lines(of command: Command) throws -> [String] {
    try EventLoop.run { loop in
        let child = try ChildProcess(command, on: loop)
        let seen = Kept<LineReader.Event>()
        let reader = try LineReader(try #require(child.takeOutput()), on: loop) { seen.keep($0) }
        #expect(try await child.waitForExit() == .code(0))
        while seen.all.last != .end { await Task.yield() }
        reader.cancel()
        return seen.all.compactMap { event in
            guard case .line(.whole(let bytes)) = event else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
