import Document
import Testing

@testable import baton

/// What the command line says of requests the store keeps, before anybody is asked.
@Suite struct DecisionCommandTests {
    @Test(
        "What cannot be meant is a mistake of the command line",
        arguments: [
            "requests resolve x", "requests resolve x --as maybe", "requests resolve --as done",
            "requests resolve x --as failed --result 1", "requests resolve x --as again --error e",
            "requests resolve x --as done --error e", "requests resolve x --as done --result {",
            "requests resolve X --as done", "requests list --state lost",
            "requests list --limit 0", "requests list --offset -1", "requests events x --from 0",
            "dead replay", "dead replay x --all", "dead discard", "dead show", "dead lost",
            "freeze --off", "freeze --reason r", "freeze --agent x --off --reason r",
            "freeze --agent X", "store --store disk", "store --store unix:x", "store lose",
            "store backup", "store restore", "store --prefix a* --store unix:/x",
        ])
    func refused(line: String) async throws {
        let folder = try TemporaryFolder()
        let words = line.split(separator: " ").map(String.init)
        let result = await Harness(folder: folder.path).run(words)
        #expect(result.exit == .usage, "\(line): \(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(
        "Where no cluster is all of them say so",
        arguments: [
            "requests --state dead", "requests events x", "requests resolve x --as again", "dead",
            "dead replay --all", "freeze", "freeze --agent x", "store", "store backup x",
        ])
    func unavailable(line: String) async throws {
        let folder = try TemporaryFolder()
        let words = line.split(separator: " ").map(String.init)
        let result = await Harness(folder: folder.path).run(words)
        #expect(result.exit == .unavailable, "\(line): \(result.errors)")
    }

    @Test("A backup does not replace a file unless it is told to")
    func existing() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("x", "mine")
        let result = await Harness(folder: folder.path).run("store", "backup", "x")
        #expect(result.exit == .cannotCreate && result.errors.contains("--force"))
    }

    @Test("A line of an event says what, to which step, by whom, how long and why")
    func events() {
        let event: Value = [
            "number": 3, "kind": "done", "step": 2, "attempt": 2, "agent": "cost", "instance": "7",
            "at_ms": 1_000, "took_ms": 12, "code": "late\u{1b}[31m",
        ]
        #expect(
            RequestView.line(event).plain
                == "   3  00:00:01.000  done        step 2 try 2  cost#7  in 12ms  late")
        #expect(RequestView.line(["number": 1, "kind": "accepted"]).plain.contains("accepted"))
        for odd: Value in [.null, [], ["number": "x", "at_ms": -9_000_000_000_000_000_000]] {
            _ = RequestView.line(odd)
        }
    }

    @Test("Columns nobody has anything for are left out, and a tenant's requests are told apart")
    func rows() {
        let table = RequestRows.table([
            [
                "request": "a", "agent": "x", "state": "failed", "attempt": 3, "age_ms": 5000,
                "ended_ms": 1000, "code": "lost",
            ]
        ])
        #expect(
            table.columns.map(\.title)
                == ["request", "agent", "state", "attempt", "age", "ended", "code"])
    }
}
