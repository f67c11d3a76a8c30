package import Document

/// A value of a file in which some texts are expressions.
package indirect enum Template: Sendable {
    case value(Value)
    case expression(Expression)
    /// A text of a file in loose mode that is an expression too: where its evaluation fails or
    /// gives nothing it stands for itself, which is `Expression.text`.
    case loose(Expression)
    /// A URI with `{name}` in it, filled from the input of its task.
    case uri(UriTemplate)
    case array([Template])
    case object([(key: String, value: Template)])
}

/// A URI template: texts and the names between them.
package struct UriTemplate: Sendable {
    package var text: String
    package var parts: [Part]

    package enum Part: Sendable {
        case text(String)
        case name(String)
    }
}

/// A duration that is fixed, or told by an expression as ISO 8601 text or as an object.
package enum DurationTemplate: Sendable {
    case fixed(Duration)
    case parts(Template)
    case expression(Expression)
}

/// How long a task or a workflow may take.
package struct Timeout: Sendable {
    package var after: DurationTemplate
}

/// What is done to the input of a workflow or task before it begins.
package struct InputRule: Sendable {
    package var schema: DataSchema?
    package var from: Template?

    package static let none = InputRule(schema: nil, from: nil)
}

/// What is done to an output before the next task sees it.
package struct OutputRule: Sendable {
    package var schema: DataSchema?
    package var `as`: Template?

    package static let none = OutputRule(schema: nil, as: nil)
}

/// What a task leaves in the context of its workflow.
package struct ExportRule: Sendable {
    package var schema: DataSchema?
    package var `as`: Template?
}

/// A JSON schema that stands in the file.
package struct DataSchema: Sendable {
    package var format: String
    package var schema: Schema
}
