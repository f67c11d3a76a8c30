package import Document
import Telemetry

/// Evaluating what stands in a file: expressions, templates, URIs, durations, schemas.
extension FlowRun {
    func evaluate(
        _ expression: Expression, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Value {
        do throws(Fault) {
            let scope = expressionScope(expression, scope)
            return try expression.first(input, in: scope) ?? .null
        } catch {
            throw FlowError(error)
        }
    }

    /// Whether a condition holds: of anything but false, null and nothing at all it does.
    func holds(
        _ condition: Expression, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Bool {
        switch try evaluate(condition, input, scope) {
        case .null, .bool(false): false
        default: true
        }
    }

    /// The depth of this recursion is that of the file, which its reader limits.
    func evaluate(
        _ template: Template, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Value {
        switch template {
        case .value(let value): return value
        case .expression(let expression): return try evaluate(expression, input, scope)
        case .loose(let expression):
            let names = expressionScope(expression, scope)
            let value = try? expression.first(input, in: names)
            return (value ?? nil) ?? .string(expression.text)
        case .uri(let template): return .string(try fill(template, input))
        case .array(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try evaluate(element, input, scope)) }
            return .array(values)
        case .object(let members):
            var object = ObjectValue()
            for (key, member) in members { object[key] = try evaluate(member, input, scope) }
            return .object(object)
        }
    }

    /// RFC 6570's simple expansion: a name is that of a member of the input, and stands for nothing
    /// where there is none.
    private func fill(_ template: UriTemplate, _ input: Value) throws(FlowError) -> String {
        var text = ""
        for part in template.parts {
            switch part {
            case .text(let constant): text += constant
            case .name(let name):
                switch input[name] ?? .null {
                case .null: break
                case .string(let value): text += FlowRun.escaped(value)
                case .array, .object:
                    throw FlowError(
                        .expression, "{\(name)} in \(template.text) is neither text nor a number")
                case let value: text += JSON.text(value)
                }
            }
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if kept.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func evaluate(
        _ duration: DurationTemplate, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Duration {
        switch duration {
        case .fixed(let duration): return duration
        case .parts(let template):
            return try FlowRun.duration(try evaluate(template, input, scope))
        case .expression(let expression):
            return try FlowRun.duration(try evaluate(expression, input, scope))
        }
    }

    /// A duration as text (`PT5S`, `5s`) or as an object of whole days to milliseconds.
    package static func duration(_ value: Value) throws(FlowError) -> Duration {
        if let text = value.string, let duration = Quantity.duration(text) { return duration }
        let units: [String: Int64] = [
            "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000,
            "milliseconds": 1,
        ]
        var sum = 0.0
        var isDuration = !(value.object ?? [:]).isEmpty
        for (key, part) in value.object ?? [:] {
            guard let unit = units[key], let count = part.number, count >= 0 else {
                isDuration = false
                break
            }
            sum += count * Double(unit)
        }
        guard isDuration, sum < 9e12 else {
            throw FlowError(
                .expression, "\(JSON.text(value)) is no duration, expected is for example \"PT5S\"")
        }
        return .milliseconds(Int64(sum))
    }

    func validate(
        _ value: Value, _ schema: DataSchema?, _ what: String
    ) throws(FlowError) {
        guard let problems = schema?.schema.validate(value), !problems.isEmpty else { return }
        let list = problems.prefix(5).map(\.description).joined(separator: "; ")
        throw FlowError(.validation, "\(what) is not as described: \(list)")
    }
}
