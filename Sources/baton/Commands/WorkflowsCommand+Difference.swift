import Document
import Flow
import Telemetry

/// `baton workflows diff`: what is otherwise in one workflow than in another.
extension WorkflowsCommand {
    private static let old = Argument(
        "A", .text, "A file, or NAME:VERSION of one that is served")
    private static let new = Argument(
        "B", .text, "The same; without it what is served under the name that A has", .optional)

    static let difference = Command(
        "diff", "Shows what is otherwise in one workflow than in another",
        discussion: """
            Tasks that were added, removed, moved or changed, and what in them; and whether runs \
            of the first could go on by the second, because each task is still where it was. The \
            exit code is 0 where they are the same, and 1 where they are not.
            """,
        examples: [
            Example("baton workflows diff old.yaml new.yaml", "Two files, without a cluster"),
            Example("baton workflows diff triage:1.0.0 triage.yaml", "What is served, and a file"),
            Example("baton workflows diff triage.yaml", "A file, against what is served"),
        ],
        arguments: [old, new]
    ) { invocation in
        let first = try await workflow(try invocation.required(old), invocation)
        let difference: WorkflowDifference
        if let name = invocation.text(new) {
            difference = WorkflowDifference(first, try await workflow(name, invocation))
        } else {
            let about = first.document
            let served = try await served("\(about.namespace)/\(about.name)", invocation)
            difference = WorkflowDifference(served, first)
        }
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(difference.json)
        } else {
            try output.lines(difference.lines)
        }
        return difference.isSame ? .ok : .failed
    }

    private static func workflow(
        _ name: String, _ invocation: Invocation
    ) async throws -> Workflow {
        let path = invocation.console.path(name)
        let isFile =
            File.exists(path) || [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
        guard isFile else { return try await served(name, invocation) }
        return try read(try File.read(path, limit: WorkflowLimits.bytes + 1), name)
    }

    private static func served(
        _ name: String, _ invocation: Invocation
    ) async throws -> Workflow {
        let answer = try await Survey(questions: ["workflow"], details: ["name": .string(name)])
            .first(invocation)
        return try read(Array((answer["text"]?.string ?? "").utf8), name)
    }

    private static func read(_ bytes: [UInt8], _ name: String) throws(Fault) -> Workflow {
        do throws(Invalid) {
            return try Workflow.read(bytes, name: name)
        } catch {
            throw Fault(Exit.configuration, error.description)
        }
    }
}
