/// A call of something outside of the workflow. Whatever it is, a worker does it.
package enum Call: Sendable {
    /// `http`, `openapi`, `a2a` and `mcp`, with what stands in `with`.
    case `protocol`(ProtocolCall, Template)
    /// A function of the default catalog that is built in: `agent`, `fan-out` and so on.
    case builtin(String, Template)
    /// An agent of the registry, called as `name:version@default` or by its bare name.
    case agent(AgentReference, Template)
    /// A function that the file itself defines under `use.functions`.
    case function(String, Template)

    package enum ProtocolCall: String, Sendable { case http, openapi, a2a, mcp }
}

/// An agent by name and the versions that will do.
package struct AgentReference: Sendable, Hashable {
    package var name: String
    /// The version that stands in the file; nothing for any.
    package var version: String?
    /// Whether exactly that version must answer (`=1.0.0`), or the highest of its major.
    package var isPinned: Bool
}

/// Another program or workflow that a task runs.
package struct Run: Sendable {
    package var process: Process
    /// Whether the task waits for its end.
    package var awaits: Bool
    package var returns: Returns

    package enum Process: Sendable {
        case workflow(WorkflowReference, input: Template?)
        case shell(Template)
    }

    package enum Returns: String, Sendable { case stdout, stderr, code, all, none }
}

/// A workflow by its identity; without a version (or `latest`) the highest.
package struct WorkflowReference: Sendable, Hashable {
    package var namespace: String
    package var name: String
    package var version: String?
}
