package import Document
import Telemetry

/// An error of a workflow as RFC 7807 describes problems: a type, a status, and the JSON pointer of
/// the task it comes from.
package struct FlowError: Error, Sendable, Hashable {
    package var type: String
    package var status: Int
    package var title: String?
    package var detail: String?
    package var instance: String?
    /// Members beside the five that are standard; they are kept as they came.
    package var additions: ObjectValue = [:]

    package init(
        type: String, status: Int, title: String? = nil, detail: String? = nil,
        instance: String? = nil
    ) {
        self.type = type
        self.status = status
        self.title = title
        self.detail = detail
        self.instance = instance
    }

    /// The errors the language itself names.
    package enum Standard: String, Sendable, CaseIterable {
        case configuration, validation, expression, authentication, authorization, timeout
        case communication, runtime

        package var status: Int {
            switch self {
            case .configuration, .validation, .expression: 400
            case .authentication: 401
            case .authorization: 403
            case .timeout: 408
            case .communication, .runtime: 500
            }
        }

        var title: String {
            switch self {
            case .configuration: "Configuration Error"
            case .validation: "Validation Error"
            case .expression: "Expression Error"
            case .authentication: "Authentication Error"
            case .authorization: "Authorization Error"
            case .timeout: "Timeout"
            case .communication: "Communication Error"
            case .runtime: "Runtime Error"
            }
        }
    }

    package init(_ standard: Standard, _ detail: String, at instance: String? = nil) {
        self.init(
            type: FlowError.family + standard.rawValue, status: standard.status,
            title: standard.title, detail: detail, instance: instance)
    }

    /// What an evaluation ended with.
    init(_ fault: Fault) {
        self.init(.expression, fault.description)
    }

    /// The URI under which the engine itself raises errors.
    static let family = "https://open-workflow-specification.org/spec/1.0.0/errors/"
    private static let families = [
        "https://open-workflow-specification.org/spec/1.0.0/errors/",
        "https://open-workflow-specification.org/dsl/errors/types/",
        "https://serverlessworkflow.io/spec/1.0.0/errors/",
        "https://serverlessworkflow.io/dsl/errors/types/",
    ]

    /// One text for the four URIs under which the same standard error is known.
    static func canonical(_ type: String) -> String {
        for family in families where type.hasPrefix(family) {
            return FlowError.family + type.dropFirst(family.count)
        }
        return type
    }
}

extension FlowError {
    package var value: Value {
        var members: ObjectValue = ["type": .string(type), "status": Value(status)]
        members["title"] = title.map(Value.string)
        members["detail"] = detail.map(Value.string)
        members["instance"] = instance.map(Value.string)
        for (key, value) in additions where members[key] == nil { members[key] = value }
        return .object(members)
    }

    /// A problem as a worker answered it; what it leaves out is that of a `runtime` error.
    package init(_ value: Value) {
        self.init(
            type: value["type"]?.string ?? FlowError.family + "runtime",
            status: value["status"]?.integer ?? 500, title: value["title"]?.string,
            detail: value["detail"]?.string ?? value.string, instance: value["instance"]?.string)
        for (key, member) in value.object ?? [:] where !FlowError.members.contains(key) {
            additions[key] = member
        }
    }

    private static let members: Set<String> = ["type", "status", "title", "detail", "instance"]

    /// The same error with the place it comes from, unless it says one itself.
    func located(_ instance: String) -> FlowError {
        var error = self
        error.instance = error.instance ?? instance
        return error
    }

    /// Whether each property that a filter names has the value it names.
    func matches(_ filter: [String: Value]) -> Bool {
        let value = value
        return filter.allSatisfy { key, expected in
            if key == "type", let expected = expected.string {
                return FlowError.canonical(type) == FlowError.canonical(expected)
            }
            return value[key] == expected
        }
    }
}
