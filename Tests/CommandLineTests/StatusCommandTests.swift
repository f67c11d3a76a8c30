import Document
import Testing

@testable import baton

@Suite struct StatusCommandTests {
    /// A folder whose supervisor runs and whose other processes do not.
    private func folder(_ end: ClusterFile.End?) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var file = ClusterFile(supervisor: .own, started: 0)
        file.orchestrators = [
            ClusterFile.Orchestrator(
                name: "o1", pid: 0, birth: 0, ended: end, bus: "tcp://127.0.0.1:1",
                broadcast: "", tap: "", socket: "", key: "")
        ]
        file.workers = [ClusterFile.Worker(name: "w.1", pid: 0, birth: 0, ended: end)]
        try File.makeFolder("\(folder.path)/.baton")
        try file.write("\(folder.path)/.baton/cluster.json")
        return folder
    }

    @Test("A process that is started again is shown with how it ended and what it said last")
    func reasons() async throws {
        let folder = try folder(ClusterFile.End(with: "code 3", words: "no \u{1b}[2Jluck"))
        let result = await Harness(folder: folder.path).run("status")
        #expect(result.exit == .failed)
        for line in ["o1 ended with code 3: no luck\n", "w.1 ended with code 3: no luck\n"] {
            #expect(result.output.contains(line))
        }
        let json = await Harness(folder: folder.path).run("status", "--json")
        let rows = try JSON.parse(json.output)["processes"]?.array
        #expect(rows?.count == 3)
        #expect(rows?.last?["state"] == "restarting")
        #expect(rows?.last?["ended_with"] == "code 3")
    }

    @Test("Nothing is said of an end that nobody knows")
    func unknown() async throws {
        let folder = try folder(nil)
        let result = await Harness(folder: folder.path).run("status")
        #expect(result.exit == .failed && !result.output.contains("ended with"))
    }

    @Test("Where no orchestrator runs just now a command says where the reason stands")
    func call() async throws {
        let folder = try folder(nil)
        let result = await Harness(folder: folder.path).run("call", "echo", "1")
        #expect(result.exit == .unavailable && result.errors.contains("baton status"))
    }

    @Test(
        "The gist of a line is what it says and why",
        arguments: [
            (
                #"{"time":"t","level":"warning","message":"no connection","reason":"refused"}"#,
                "no connection: refused"
            ),
            (#"{"time":"t","level":"error","message":"gone","peer":"a"}"#, "gone"),
            ("KeyError: 'x'", "KeyError: 'x'"), ("{\"a\":1}", "{\"a\":1}"), ("a\u{1b}[31mb", "ab"),
            ("", ""),
        ])
    func gist(line: String, expected: String) {
        #expect(LogLine.gist(of: line) == expected)
    }
}
