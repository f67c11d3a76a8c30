import Document

/// One field of a form as a person is asked for it: its name, what may stand there, and how a line
/// that was typed becomes its value.
struct FormField {
    let name: String
    private let rule: Value
    private let isRequired: Bool

    /// The fields of a form in their order there; any other schema has none.
    static func all(of form: Value) -> [FormField] {
        let required = (form["required"]?.array ?? []).compactMap(\.string)
        return (form["properties"]?.object ?? [:]).map { name, rule in
            FormField(name: name, rule: rule, isRequired: required.contains(name))
        }
    }

    var isOptional: Bool { !isRequired || rule["default"] != nil }

    /// `sum (integer, at least 1) [7]`
    var question: String {
        var hints: [String] = []
        if let choices = rule["enum"]?.array {
            hints.append(choices.map { $0.string ?? JSON.text($0) }.joined(separator: " | "))
        } else if let type = rule["type"]?.string {
            hints.append(type == "boolean" ? "yes | no" : type)
        }
        if let least = rule["minimum"] { hints.append("at least \(JSON.text(least))") }
        if let most = rule["maximum"] { hints.append("at most \(JSON.text(most))") }
        if !isRequired, rule["default"] == nil { hints.append("may be empty") }
        let title = rule["title"]?.string ?? rule["description"]?.string ?? name
        let hint = hints.isEmpty ? "" : " (\(hints.joined(separator: ", ")))"
        let fallback = rule["default"].map { " [\($0.string ?? JSON.text($0))]" } ?? ""
        return "\(title)\(hint)\(fallback)"
    }

    /// What a line means here; a text where the field takes texts, else JSON where it is some.
    func value(of line: String) -> Value {
        let json = try? JSON.parse(Array(line.utf8))
        if let choices = rule["enum"]?.array {
            return choices.first { $0.string == line } ?? json ?? .string(line)
        }
        switch rule["type"]?.string {
        case "string": return .string(line)
        case "boolean": return Self.bool(line).map { .bool($0) } ?? .string(line)
        default: return json ?? .string(line)
        }
    }

    /// What is wrong with a value, in the words of the form.
    func problem(with value: Value) -> String? {
        (try? Schema(rule))?.validate(value).first?.description
    }

    static func bool(_ line: String) -> Bool? {
        switch line.lowercased() {
        case "y", "yes", "true": true
        case "n", "no", "false": false
        default: nil
        }
    }
}
