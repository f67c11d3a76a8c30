import Testing

@testable import baton

/// `baton workflows diff` of two files.
@Suite struct WorkflowDifferenceTests {
    private static let old = """
        document: {dsl: '1.0.3', namespace: test, name: flow, version: 1.0.0}
        do:
          - first: {set: {a: 1}}
          - second: {call: cost, with: {n: "${ .a }"}}
          - third: {wait: {seconds: 1}}

        """

    private func run(_ new: String, _ words: String...) async throws -> Harness.Result {
        let folder = try TemporaryFolder()
        _ = try folder.write("a.yaml", Self.old)
        _ = try folder.write("b.yaml", new)
        return await Harness(folder: folder.path)
            .run(["workflows", "diff", "a.yaml", "b.yaml"] + words)
    }

    @Test("two that are the same are exit 0")
    func same() async throws {
        let result = try await run(Self.old)
        #expect(result.exit == .ok && result.output == "The same.\n")
    }

    @Test("what changed in a task is told with its place, and runs fit")
    func changed() async throws {
        let result = try await run(Self.old.replacing(".a }", with: ".a + 1 }"))
        #expect(result.exit == .failed)
        #expect(result.output.contains("~ second  /do/1/second\n    $.with.n  "))
        #expect(result.output.contains("second fit"))
    }

    @Test("tasks that were added, removed and moved are told; then runs do not fit")
    func places() async throws {
        let new = Self.old.replacing("first: {set: {a: 1}}", with: "zero: {set: {a: 1}}")
            .replacing("  - third: {wait: {seconds: 1}}\n", with: "")
            .replacing("  - second:", with: "  - more: {set: {b: 1}}\n  - second:")
        let result = try await run(new)
        for words in ["+ zero", "+ more", "- first", "- third", "> second", "do not fit"] {
            #expect(result.output.contains(words), "\(words)")
        }
        let json = try await run(new, "--json")
        #expect(json.output.contains("\"runs_fit\":false") && json.exit == .failed)
    }
}
