import Document
import Testing

@testable import baton

/// `baton workflows`: what it says of sound files, bad ones and none.
@Suite struct WorkflowsCommandTests {
    private static let head = """
        document: {dsl: '1.0.3', namespace: test, name: flow, version: 1.0.0}
        do:

        """
    private static let sound =
        head + "  - first: {set: {a: 1}}\n  - second: {call: cost, if: .a}\n"

    private func run(_ words: String..., files: [String: String]) async throws -> Harness.Result {
        let folder = try TemporaryFolder()
        for (name, text) in files { _ = try folder.write(name, text) }
        return await Harness(folder: folder.path, input: Array(Self.sound.utf8))
            .run(["workflows"] + words)
    }

    @Test("A sound file is said to be so, with what it is")
    func sound() async throws {
        let result = try await run("check", "a.yaml", files: ["a.yaml": Self.sound])
        #expect(result.exit == .ok)
        #expect(result.output == "a.yaml: sound, test/flow 1.0.0, 2 tasks\n")
    }

    @Test("B53 each problem of each file has its line, and the exit is 78")
    func bad() async throws {
        let bad = Self.head + "  - a: {cal: x}\n  - b: {wait: 5s}\n"
        let result = try await run(
            "check", "bad.yaml", "a.yaml", files: ["a.yaml": Self.sound, "bad.yaml": bad])
        #expect(result.exit == .configuration)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("bad.yaml:3:9: error: /do/0/a/cal: unknown key \"cal\""))
        #expect(lines[1].hasPrefix("bad.yaml:4:15: error: /do/1/b/wait: "))
        #expect(lines[2] == "bad.yaml: 2 problems")
    }

    @Test("B59 a file that is not there is exit 66, and the others are checked all the same")
    func missing() async throws {
        let result = try await run("check", "no.yaml", "a.yaml", files: ["a.yaml": Self.sound])
        #expect(result.exit == .noInput)
        #expect(result.output.contains("cannot be opened"))
        #expect(result.output.contains("a.yaml: sound"))
    }

    @Test("B59 a hyphen is standard input")
    func input() async throws {
        let result = try await run("check", "-", files: [:])
        #expect(result.output.hasPrefix("standard input: sound"))
    }

    @Test("B58 files may stand before options; an empty name is no file")
    func words() async throws {
        let result = try await run("check", "--nope", "a.yaml", files: [:])
        #expect(result.exit == .usage)
        #expect(!result.errors.contains("put --"))
        #expect(try await run("check", "", files: [:]).exit == .usage)
        #expect(try await run("check", "--help", files: [:]).output.contains("[OPTIONS] FILE …"))
    }

    @Test("What is left out of the language is told apart from what is wrong")
    func leftOut() async throws {
        let text = Self.head + "  - a: {run: {container: {image: x}}}\n"
        let result = try await run("check", "a.yaml", files: ["a.yaml": text])
        #expect(result.exit == .configuration)
        #expect(result.output.contains("configuration: /do/0/a/run/container: "))
    }

    @Test("For programs the same comes as one document")
    func json() async throws {
        let bad = Self.head + "  - a: {wait: 5s}\n"
        let result = try await run(
            "check", "a.yaml", "bad.yaml", "--json",
            files: ["a.yaml": Self.sound, "bad.yaml": bad])
        let files = try JSON.parse(result.output)["files"]
        #expect(files?[0]?["valid"] == true)
        #expect(files?[0]?["tasks"] == 2)
        #expect(files?[1]?["problems"]?[0]?["line"] == 3)
        #expect(files?[1]?["problems"]?[0]?["pointer"] == "/do/0/a/wait")
    }

    @Test("A graph comes as lines, as a flowchart and as JSON")
    func graph() async throws {
        let files = ["a.yaml": Self.sound]
        let text = try await run("graph", "a.yaml", files: files)
        #expect(text.exit == .ok)
        #expect(text.output.hasPrefix("test/flow 1.0.0\n\nSTART\nfirst   set\nsecond  call cost"))
        let mermaid = try await run("graph", "a.yaml", "--format", "mermaid", files: files)
        #expect(mermaid.output.contains("    START --> first\n    first --> second\n"))
        let json = try await run("graph", "a.yaml", "--json", files: files)
        #expect(try JSON.parse(json.output)["nodes"]?[1]?["id"] == "/do/0/first")
    }

    @Test("The graph of a bad file is what is wrong with it, on standard error")
    func noGraph() async throws {
        let result = try await run("graph", "a.yaml", files: ["a.yaml": "do: []"])
        #expect(result.exit == .configuration)
        #expect(result.output == "")
        #expect(result.errors.contains("the key \"document\" is missing"))
    }

    @Test("B61 what a file holds does not steer the terminal")
    func escapes() async throws {
        let text = Self.head + "  - \"a\\e[31m\": {set: {x: 1}, thn: 1}\n"
        let result = try await run("check", "a.yaml", files: ["a.yaml": text])
        #expect(!result.output.contains("\u{1b}"))
    }
}
