import Document
import Glibc
import Testing

@testable import baton

/// The programs beside these tests.
private enum Built {
    static let folder = File.parent(of: File.ownPath())
    static let isComplete =
        File.isExecutable("\(folder)/baton") && File.isExecutable("\(folder)/batond")
}

/// The built program with real processes, in folders of its own.
@Suite(.serialized, .enabled(if: Built.isComplete)) struct UpTests {
    /// Runs a line of shell in the folder with `$B` as the program.
    private func run(_ line: String, in folder: TemporaryFolder) -> String {
        Shell.output(of: "cd '\(folder.path)' && B='\(Built.folder)/baton' && { \(line); } 2>&1")
    }

    private func start(_ workers: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        _ = try folder.write("baton.yaml", workers)
        #expect(run("$B up --detach >/dev/null; echo $?", in: folder) == "0\n")
        return folder
    }

    private static let sleepers = "workers: [{name: nap, command: [sleep, '600'], count: 2}]\n"

    @Test("A cluster starts, shows itself, refuses a second one, and leaves nothing behind")
    func wholeLife() throws {
        let folder = try start(Self.sleepers)
        defer { _ = run("$B down", in: folder) }
        let status = try JSON.parse(run("$B status --json", in: folder))
        #expect(status["whole"] == true)
        let names = status["processes"]?.array?.compactMap { $0["name"]?.string }
        #expect(names == ["baton", "o1", "nap.1", "nap.2"])
        #expect(run("$B up >/dev/null 2>&1; echo $?", in: folder) == "69\n")
        let file = try ClusterFile.read("\(folder.path)/.baton/cluster.json")
        #expect(run("$B down >/dev/null; echo $?", in: folder) == "0\n")
        let all = file.workers.map(\.identity) + file.orchestrators.map(\.identity)
        #expect(all.filter(\.isAlive) == [])
        #expect(run("$B status >/dev/null 2>&1; echo $?", in: folder) == "69\n")
    }

    @Test("F1 a worker that is killed is replaced by a new process")
    func replaced() throws {
        let folder = try start(Self.sleepers)
        defer { _ = run("$B down", in: folder) }
        let path = "\(folder.path)/.baton/cluster.json"
        let before = try ClusterFile.read(path).workers[0].identity
        before.send(SIGKILL)
        // The file is written again when the new process has started, 200 ms later.
        let replaced = "until ! grep -q '\"pid\":\(before.pid),' \(path); do sleep 0.05; done"
        _ = run("timeout 10 sh -c '\(replaced.replacingQuotes)'", in: folder)
        #expect(try ClusterFile.read(path).workers[0].identity != before)
    }

    @Test("Down ends what a supervisor that was killed left behind")
    func leftovers() throws {
        let folder = try start(Self.sleepers)
        let file = try ClusterFile.read("\(folder.path)/.baton/cluster.json")
        file.supervisor.send(SIGKILL)
        #expect(run("$B down >/dev/null; echo $?", in: folder) == "0\n")
        let all = file.workers.map(\.identity) + file.orchestrators.map(\.identity)
        #expect(all.filter(\.isAlive) == [])
    }

    @Test(
        "What keeps a cluster from starting is said, detached or not", arguments: ["", "--detach"])
    func refusedStart(option: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("baton.yaml", "workers: [{command: [no-such-program]}]\n")
        let answer = run("$B up \(option); echo $?", in: folder)
        #expect(answer.hasSuffix("78\n"))
        #expect(answer.contains("\"no-such-program\" was found neither"))
    }

    @Test("B59 a pipe to head ends without noise, closed outputs too")
    func pipes() throws {
        let folder = try TemporaryFolder()
        let line = "bash -c '$0 help | head -1 >/dev/null; echo ${PIPESTATUS[0]}' $B"
        #expect(run(line, in: folder) == "0\n")
        #expect(run("$B version >&-; echo $?", in: folder) == "0\n")
        #expect(run("$B nonsense 2>&-; echo $?", in: folder) == "2\n")
        #expect(run("$B version <&- >/dev/null; echo $?", in: folder) == "0\n")
    }
}

extension String {
    /// For a place between single quotes of a shell.
    fileprivate var replacingQuotes: String {
        map { $0 == "'" ? "'\\''" : String($0) }.joined()
    }
}
