import Glibc
import Telemetry
import Testing

@testable import baton

@Suite struct InitTests {
    private func sources(_ folder: TemporaryFolder) throws -> String {
        try File.makeFolders("\(folder.path)/sources/Sources/WorkerKit")
        _ = try folder.write("sources/proto/agent_message.proto", "syntax = \"proto3\";\n")
        return "\(folder.path)/sources"
    }

    @Test(
        "A worker is written in each language, with the file that starts it",
        arguments: [
            ("swift", ["Package.swift", "Sources/greeter/Main.swift", ".gitignore", "baton.yaml"]),
            ("python", ["worker.py", "agent_message.proto", "requirements.txt", "baton.yaml"]),
            ("program", ["agent.sh", "baton.yaml"]),
        ])
    func languages(language: String, files: [String]) async throws {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run(
            "init", "worker", "greeter", "-l", language, "--sources", try sources(folder))
        #expect(result.exit == .ok)
        for file in files {
            #expect(try !folder.read("greeter/\(file)").isEmpty)
            #expect(result.output.contains("wrote greeter/\(file)"))
        }
        let system = try SystemFile.read("\(folder.path)/greeter/baton.yaml")
        #expect(system.workers.map(\.name) == ["greeter"])
    }

    @Test("Sources are found above the program, where it was installed from, and above the folder")
    func finds() async throws {
        let folder = try TemporaryFolder()
        let sources = try sources(folder)
        try File.makeFolders("\(folder.path)/usr/share/baton")
        try File.makeFolders("\(sources)/deep")
        try File.makeFolders("\(folder.path)/work")
        for (name, program, start) in [
            ("a", "\(sources)/.build/debug/baton", "work"), ("b", "/opt/bin/baton", "sources/deep"),
            ("c", "\(folder.path)/usr/bin/baton", "work"),
        ] {
            if name == "c" {
                let link = "\(folder.path)/usr/share/baton/sources"
                #expect(unsafe symlink(sources, link) == 0)
            }
            var harness = Harness(folder: "\(folder.path)/\(start)")
            harness.program = program
            let result = await harness.run("init", "worker", name, "-l", "python")
            #expect(result.exit == .ok, "\(name): \(result.errors)")
        }
        var harness = Harness(folder: "\(folder.path)/work")
        harness.program = "/opt/bin/baton"
        let result = await harness.run("init", "worker", "d", "-l", "python")
        #expect(result.exit == .noInput && result.errors.contains("--sources DIR"))
    }

    @Test("Nothing is overwritten without --force, not even in part")
    func overwriting() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("greeter/baton.yaml", "mine")
        let harness = Harness(folder: folder.path)
        let refused = await harness.run("init", "worker", "greeter", "-l", "program")
        #expect(refused.exit.status == 73)
        #expect(refused.errors.contains("--force"))
        #expect(!File.exists("\(folder.path)/greeter/agent.sh"))
        let forced = await harness.run("init", "worker", "greeter", "-l", "program", "--force")
        #expect(forced.exit == .ok)
        #expect(try folder.read("greeter/baton.yaml") != "mine")
    }

    @Test("The Python worker is short and compiles")
    func python() throws {
        let template = Template.python(name: "greeter", contract: "")
        let program = try #require(template.pieces.first { $0.path == "worker.py" })
        let lines = program.text.split(separator: "\n")
        #expect(lines.count <= 60)
        let folder = try TemporaryFolder()
        let path = try folder.write("worker.py", program.text)
        let check =
            "python3 -c 'import ast,sys; ast.parse(open(sys.argv[1]).read()); print(1)' \(path)"
        #expect(Shell.output(of: "command -v python3") == "" || Shell.output(of: check) == "1\n")
    }

    @Test("The program template answers one line a task")
    func program() throws {
        try #require(Shell.output(of: "command -v jq") != "", "needs jq")
        let folder = try TemporaryFolder()
        let text = Template.program(name: "greeter").pieces[0].text
        let path = try folder.write("agent.sh", text, mode: 0o755)
        let task = #"{"type":"task","id":"7","agent":"greet","content":{"name":"world"}}"#
        let answer = Shell.output(of: "printf '%s\\n' '\(task)' | \(path)")
        #expect(answer == #"{"id":"7","result":"Hello, world!"}"# + "\n")
    }

    @Test("A workflow goes where baton up serves it, and can be read")
    func workflow() async throws {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run("init", "workflow", "triage")
        #expect(result.exit == .ok)
        #expect(result.output.contains("baton workflows run triage"))
        let path = "workflows/triage.yaml"
        #expect(try folder.read(path).contains("call: echo:1.0.0@default"))
        let check = await Harness(folder: folder.path).run("workflows", "check", path)
        #expect(check.exit == .ok)
    }

    @Test(
        "B58 names that could leave the folder are refused",
        arguments: [
            "../x", "/etc/x", "a b", "É", "", "x/y", "a\u{0}", String(repeating: "a", count: 65),
        ])
    func names(name: String) async throws {
        let folder = try TemporaryFolder()
        for kind in ["worker", "workflow"] {
            #expect(await Harness(folder: folder.path).run("init", kind, name).exit == .usage)
        }
    }
}
