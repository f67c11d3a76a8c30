import Telemetry

/// Reads a schema. What it cannot understand is a fault with its path; it goes at most
/// `Schema.deepest` deep.
struct SchemaReader {
    private(set) var unchecked: [String] = []

    private static let checking = [
        "$ref", "$dynamicRef", "allOf", "anyOf", "const", "contains", "dependentRequired",
        "dependentSchemas", "else", "exclusiveMaximum", "exclusiveMinimum", "format", "if",
        "maxContains", "maxItems", "maxProperties", "minContains", "minItems", "minProperties",
        "multipleOf", "not", "oneOf", "pattern", "patternProperties", "prefixItems",
        "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
    ]

    mutating func rule(_ value: Value, _ path: CodingPath, depth: Int) throws(Fault) -> SchemaRule {
        guard depth <= Schema.deepest else {
            throw fault(.limit, path, "a schema nested deeper than \(Schema.deepest) levels")
        }
        var rule = SchemaRule()
        if let bool = value.bool {
            rule.nothing = !bool
            return rule
        }
        guard let schema = value.object else {
            throw fault(.type, path, "a schema must be an object, found \(value.described)")
        }
        for keyword in SchemaReader.checking where schema[keyword] != nil {
            unchecked.append("\(CodingPath.member(path, keyword))")
        }
        try readScalars(schema, path, &rule)
        try readObject(schema, path, &rule, depth)
        if let items = schema["items"] {
            rule.items = .init(try self.rule(items, .member(path, "items"), depth: depth + 1))
        }
        rule.fallback = schema["default"]
        return rule
    }

    private func readScalars(
        _ schema: ObjectValue, _ path: CodingPath, _ rule: inout SchemaRule
    ) throws(Fault) {
        rule.kinds = try kinds(schema["type"], .member(path, "type"))
        if let choices = schema["enum"] {
            guard let array = choices.array, !array.isEmpty else {
                throw fault(.type, .member(path, "enum"), "expected an array that is not empty")
            }
            rule.choices = array
        }
        rule.minimum = try bound("minimum", schema, path)
        rule.maximum = try bound("maximum", schema, path)
        rule.minLength = try length("minLength", schema, path)
        rule.maxLength = try length("maxLength", schema, path)
    }

    private mutating func readObject(
        _ schema: ObjectValue, _ path: CodingPath, _ rule: inout SchemaRule, _ depth: Int
    ) throws(Fault) {
        if let properties = schema["properties"] {
            try readProperties(properties, .member(path, "properties"), &rule, depth)
        }
        if let required = schema["required"] {
            rule.required = try texts(required, .member(path, "required"))
        }
        switch schema["additionalProperties"] {
        case nil, .bool(true)?: break
        case .bool(false)?: rule.additional = .refused
        case let value?:
            let place = CodingPath.member(path, "additionalProperties")
            rule.additional = .checked(.init(try self.rule(value, place, depth: depth + 1)))
        }
    }

    private mutating func readProperties(
        _ value: Value, _ path: CodingPath, _ rule: inout SchemaRule, _ depth: Int
    ) throws(Fault) {
        guard let object = value.object else {
            throw fault(.type, path, "expected an object, found \(value.described)")
        }
        guard object.count <= Schema.mostProperties else {
            throw fault(.limit, path, "more than \(Schema.mostProperties) properties")
        }
        for (name, value) in object {
            rule.names.append(name)
            rule.properties[ExactText(name)] = try self.rule(
                value, .member(path, name), depth: depth + 1)
        }
    }

    private func kinds(_ value: Value?, _ path: CodingPath) throws(Fault) -> [SchemaRule.Kind]? {
        guard let value else { return nil }
        let names = if let name = value.string { [name] } else { try texts(value, path) }
        var kinds: [SchemaRule.Kind] = []
        for name in names {
            guard let kind = SchemaRule.Kind(rawValue: name) else {
                let known = SchemaRule.Kind.allCases.map(\.rawValue)
                let offer = Suggestion.phrase(for: name, in: known)
                throw fault(.unknown, path, "unknown type \(Excerpt.quoted(name))\(offer)")
            }
            kinds.append(kind)
        }
        return kinds
    }

    private func texts(_ value: Value, _ path: CodingPath) throws(Fault) -> [String] {
        let texts = (value.array ?? []).compactMap(\.string)
        guard let array = value.array, texts.count == array.count else {
            throw fault(.type, path, "expected an array of texts, found \(value.described)")
        }
        return texts
    }

    private func bound(
        _ keyword: String, _ schema: ObjectValue, _ path: CodingPath
    ) throws(Fault) -> Value? {
        guard let value = schema[keyword] else { return nil }
        guard value.number != nil else {
            throw fault(
                .type, .member(path, keyword), "expected a number, found \(value.described)")
        }
        return value
    }

    private func length(
        _ keyword: String, _ schema: ObjectValue, _ path: CodingPath
    ) throws(Fault) -> Int? {
        guard let value = schema[keyword] else { return nil }
        guard let length = value.integer, length >= 0 else {
            throw fault(
                .type, .member(path, keyword),
                "expected an integer of 0 or more, found \(value.described)")
        }
        return length
    }

    private func fault(_ code: DocumentCode, _ path: CodingPath, _ message: String) -> Fault {
        let place = path.description
        return Fault(code, message, at: place.isEmpty ? "schema" : "schema.\(place)")
    }
}
