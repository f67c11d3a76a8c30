import Document
import Testing
import Wire

@testable import baton

/// What the command line says of sessions.
@Suite struct SessionCommandTests {
    @Test(
        "S5-26 What cannot be meant of a session is a mistake of the command line",
        arguments: [
            "sessions show", "sessions show A", "sessions lost", "sessions --limit 0",
            "sessions --offset -1", "sessions show x --requests 33", "sessions end",
            "sessions end x y", "sessions open x y", "sessions open x/y",
            "call echo 1 --session a/b", "call echo 1 --session",
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
        arguments: ["sessions", "sessions show x", "sessions open", "sessions end x"])
    func unavailable(line: String) async throws {
        let folder = try TemporaryFolder()
        let words = line.split(separator: " ").map(String.init)
        let result = await Harness(folder: folder.path).run(words)
        #expect(result.exit == .unavailable, "\(line): \(result.errors)")
    }

    @Test("Ids that are made are names, and each another")
    func made() {
        let ids = (0..<100).map { _ in SessionID.made() }
        #expect(Set(ids).count == 100 && ids.allSatisfy(Name.isValid))
    }

    @Test("Help names what there is, with an example of each")
    func help() async throws {
        let folder = try TemporaryFolder()
        let help = await Harness(folder: folder.path).run("sessions", "--help")
        for word in ["list", "show", "open", "end"] { #expect(help.output.contains(word)) }
        for word in ["list", "show", "open", "end"] {
            let page = await Harness(folder: folder.path).run("sessions", word, "--help")
            #expect(page.exit == .ok && page.output.contains("baton sessions"))
        }
        let call = await Harness(folder: folder.path).run("call", "--help")
        #expect(call.output.contains("--session"))
    }

    @Test("Any answer can be shown, and nothing in it reaches the terminal as it is")
    func odd() {
        let rows: [Value] = [
            ["session": "a\u{1b}[31m", "requests": "many"], .null, [], ["left_ms": -5],
        ]
        let lines = SessionView.table(rows).lines(width: nil).map(\.plain)
        #expect(lines.count == 5 && !lines.contains { $0.contains("\u{1b}") })
    }
}
