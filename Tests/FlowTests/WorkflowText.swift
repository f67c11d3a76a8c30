import Testing

@testable import Flow

/// Workflow files as tests write them: a head that is right, and below it what a test is about. The
/// tasks begin in line 7.
enum WorkflowText {
    static func file(_ tasks: String, top: String = "") -> String {
        """
        document:
          dsl: '1.0.3'
          namespace: test
          name: sample
          version: 1.0.0
        do:
        \(tasks)
        \(top)
        """
    }

    static func read(_ tasks: String, top: String = "") throws -> Workflow {
        try Workflow.read(Array(file(tasks, top: top).utf8), name: "flow.yaml")
    }

    /// The one task of a workflow that has no other.
    static func task(_ text: String, top: String = "") throws -> FlowTask {
        let lines = text.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
        let workflow = try read("  - it:\n\(lines)", top: top)
        return try #require(workflow.tasks.tasks.first)
    }

    /// What is wrong with a file, each as `line:column pointer message`.
    static func problems(_ text: String) -> [String] {
        do throws(Invalid) {
            _ = try Workflow.read(Array(text.utf8), name: "flow.yaml")
            return []
        } catch {
            return error.problems.map { "\($0.position) \($0.pointer) \($0.message)" }
        }
    }

    /// What is wrong with the tasks of an otherwise sound file.
    static func problems(tasks: String, top: String = "") -> [String] {
        problems(file(tasks, top: top))
    }

    /// The codes of what is wrong with a file.
    static func codes(_ text: String) -> [FlowCode] {
        do throws(Invalid) {
            _ = try Workflow.read(Array(text.utf8), name: "flow.yaml")
            return []
        } catch {
            return error.problems.map(\.code)
        }
    }
}
