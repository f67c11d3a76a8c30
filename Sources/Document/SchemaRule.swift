/// One schema, read: what a value at one place must be.
struct SchemaRule: Sendable {
    enum Kind: String, CaseIterable {
        case null, boolean, integer, number, string, array, object
    }

    enum Additional {
        case allowed
        case refused
        case checked(Inner)
    }

    /// A rule within a rule.
    final class Inner: Sendable {
        let rule: SchemaRule
        init(_ rule: SchemaRule) { self.rule = rule }
    }

    var kinds: [Kind]?
    var choices: [Value]?
    var minimum: Value?
    var maximum: Value?
    var minLength: Int?
    var maxLength: Int?
    var items: Inner?
    var names: [String] = []
    var properties: [ExactText: SchemaRule] = [:]
    var required: [String] = []
    var additional = Additional.allowed
    var fallback: Value?
    /// The schema `false`, which nothing satisfies.
    var nothing = false
}

extension SchemaRule.Kind {
    func holds(_ value: Value) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.string, .string), (.array, .array),
            (.object, .object), (.integer, .integer), (.integer, .unsigned),
            (.number, .integer), (.number, .unsigned), (.number, .number):
            true
        default: false
        }
    }

    var article: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "text"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension SchemaRule {
    func validate(_ value: Value, _ path: CodingPath, _ problems: inout [Schema.Problem]) {
        guard problems.count < Schema.mostProblems else { return }
        func report(_ message: String) { add(message, path, &problems) }
        if nothing { return report("no value is allowed here") }
        if let kinds, !kinds.contains(where: { $0.holds(value) }) {
            let expected = kinds.map(\.article).joined(separator: " or ")
            return report("expected \(expected), found \(value.described)")
        }
        if let choices, !choices.contains(value) {
            let names = choices.prefix(10).map(\.described).joined(separator: ", ")
            report("expected one of \(names); found \(value.described)")
        }
        switch value {
        case .integer, .unsigned, .number: checkBounds(value) { report($0) }
        case .string(let text): checkLength(text) { report($0) }
        case .array(let array):
            guard let items else { return }
            for (position, element) in array.enumerated() {
                items.rule.validate(element, .element(path, position), &problems)
            }
        case .object(let object): validate(object, path, &problems)
        case .null, .bool: break
        }
    }

    private func checkBounds(_ value: Value, _ report: (String) -> Void) {
        if let minimum, Value.ordered(value, minimum) == .less {
            report("expected at least \(minimum), found \(value)")
        }
        if let maximum, Value.ordered(maximum, value) == .less {
            report("expected at most \(maximum), found \(value)")
        }
    }

    /// Lengths count Unicode scalars, as JSON Schema does.
    private func checkLength(_ text: String, _ report: (String) -> Void) {
        guard minLength != nil || maxLength != nil else { return }
        let length = text.unicodeScalars.count
        if let minLength, length < minLength {
            report("expected at least \(minLength) characters, found \(length)")
        }
        if let maxLength, length > maxLength {
            report("expected at most \(maxLength) characters, found \(length)")
        }
    }

    private func add(
        _ message: String, _ path: CodingPath, _ problems: inout [Schema.Problem]
    ) {
        guard problems.count < Schema.mostProblems else { return }
        problems.append(.init(path: path.description, message: message))
    }

    private func validate(
        _ object: ObjectValue, _ path: CodingPath, _ problems: inout [Schema.Problem]
    ) {
        for name in required where object[name] == nil {
            add("this field is missing", .member(path, name), &problems)
        }
        for (key, value) in object where problems.count < Schema.mostProblems {
            let place = CodingPath.member(path, key)
            if let rule = properties[ExactText(key)] {
                rule.validate(value, place, &problems)
                continue
            }
            switch additional {
            case .allowed: break
            case .checked(let inner): inner.rule.validate(value, place, &problems)
            case .refused:
                add("unknown field\(Suggestion.phrase(for: key, in: names))", place, &problems)
            }
        }
    }

    func applyDefaults(_ value: Value) -> Value {
        switch value {
        case .object(var object):
            for name in names {
                guard let rule = properties[ExactText(name)] else { continue }
                if let member = object[name] ?? rule.fallback {
                    object[name] = rule.applyDefaults(member)
                }
            }
            return .object(object)
        case .array(let array):
            guard let items else { return value }
            return .array(array.map(items.rule.applyDefaults))
        default: return value
        }
    }
}
