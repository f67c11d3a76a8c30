package import Document

/// What a question says about the parameters of one agent: the values, where each comes from, what
/// is wrong with them, and what has to be asked first.
package struct Extraction: Sendable {
    /// Where a value comes from.
    package enum Origin: String, Sendable {
        case said, remembered
    }

    package struct Binding: Sendable {
        package var parameter: String
        package var value: Value
        package var origin: Origin
        /// The words of the question it was read from.
        package var words: String
    }

    package var bindings: [Binding] = []
    /// What the schema says against the values: they are never bent to fit.
    package var problems: [Schema.Problem] = []
    /// What to ask before the agent can be called; nil where nothing is missing.
    package var question: String?
    /// The parameters the question is about.
    package var missing: [String] = []

    /// What was said or remembered, without defaults.
    package var values: ObjectValue {
        ObjectValue(bindings.map { ($0.parameter, $0.value) })
    }
}
