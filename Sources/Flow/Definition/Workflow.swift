package import Document

/// A workflow as its file defines it, read and checked: every expression in it is compiled, every
/// name in it stands for something.
package struct Workflow: Sendable {
    package var document: About
    package var input: InputRule
    package var output: OutputRule
    package var timeout: Timeout?
    package var schedule: Schedule?
    package var evaluation: EvaluationMode
    package var components: Components
    package var tasks: TaskList
    /// The file as a value: `$workflow.definition`.
    package var source: Value
    /// What is allowed and yet may not be what was meant.
    package var remarks: [Problem]

    /// What a workflow says about itself; namespace, name and version together are its identity.
    package struct About: Sendable, Hashable {
        package var dsl: String
        package var namespace: String
        package var name: String
        package var version: String
        package var title: String?
        package var summary: String?
        package var tags: [String: String]
        package var metadata: Value?
    }

    /// Whether a text is an expression only where it stands in `${ … }`.
    package enum EvaluationMode: String, Sendable { case strict, loose }
}

/// Tasks of one scope, in order; a name occurs once.
package struct TaskList: Sendable {
    package var tasks: [FlowTask]
    package var positions: [String: Int]

    package init(_ tasks: [FlowTask]) {
        self.tasks = tasks
        positions = Dictionary(
            tasks.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
