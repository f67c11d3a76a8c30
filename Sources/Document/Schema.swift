public import Telemetry

/// The part of JSON Schema that describes the parameters of an agent: `type`, `properties`,
/// `required`, `additionalProperties`, `items`, `enum`, `minimum`, `maximum`, `minLength`,
/// `maxLength`, `default`.
///
/// `pattern` is left out, because a regular expression of a stranger can run for ever. It and every
/// other keyword that checks something is listed in `unchecked`, so that whoever shows a schema can
/// say so. An integer is an integer as everywhere in this module: 1.0 is none.
public struct Schema: Sendable {
    /// A value that breaks a rule: where, and what is wrong.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public let path: String
        public let message: String

        public var description: String { path.isEmpty ? message : "\(path): \(message)" }
    }

    static let deepest = 32
    static let mostProblems = 100
    static let mostProperties = 1000

    /// The paths of keywords that are understood as remarks only.
    public let unchecked: [String]
    let rule: SchemaRule

    public init(_ value: Value) throws(Fault) {
        var reader = SchemaReader()
        rule = try reader.rule(value, .root, depth: 0)
        unchecked = reader.unchecked
    }

    /// What is wrong with a value, nothing if it is as described; at most a hundred problems.
    public func validate(_ value: Value) -> [Problem] {
        var problems: [Problem] = []
        rule.validate(value, .root, &problems)
        return problems
    }

    /// The value with the defaults of absent members filled in, within given objects and arrays
    /// too.
    public func applyDefaults(_ value: Value) -> Value {
        rule.applyDefaults(value)
    }
}
