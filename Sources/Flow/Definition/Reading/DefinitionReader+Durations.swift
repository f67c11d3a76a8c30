import Document
import Telemetry

/// Durations, and timeouts made of them.
extension DefinitionReader {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1000),
        ("milliseconds", 1),
    ]

    /// `PT30S`, `{seconds: 30}`, or an expression that gives either.
    mutating func duration(
        _ node: Node?, _ variables: Set<String>, isPositive: Bool = false
    ) -> DurationTemplate? {
        guard let node else { return nil }
        let duration =
            node.kind == .mapping
            ? durationOfParts(node, variables) : durationOfText(node, variables)
        if isPositive, case .fixed(.zero) = duration {
            problem(node, "expected a duration above zero")
        }
        return duration
    }

    /// A duration where no data exists yet that an expression could look at.
    mutating func fixedDuration(_ node: Node?) -> Duration? {
        guard let node, let duration = duration(node, [], isPositive: true) else { return nil }
        if case .fixed(let fixed) = duration { return fixed }
        problem(node, "expected a duration that stands in the file, found an expression")
        return nil
    }

    private mutating func durationOfText(
        _ node: Node, _ variables: Set<String>
    ) -> DurationTemplate? {
        guard let text = text(node) else { return nil }
        if let inner = DefinitionReader.enclosed(text) {
            return compile(inner, node, variables).map(DurationTemplate.expression)
        }
        if text.utf8.first == UInt8(ascii: "P") {
            if let duration = Quantity.duration(text) { return .fixed(duration) }
            let date = text.prefix { $0 != "T" }
            problem(
                node,
                date.contains("Y") || date.contains("M")
                    ? "\(Excerpt.quoted(text)): years and months have no fixed length; write days"
                    : "\(Excerpt.quoted(text)) is no duration; write it like PT5S, PT1H30M or P2D")
            return nil
        }
        if isLoose, let loose = try? Expression(text, variables: variables) {
            return .expression(loose)
        }
        problem(
            node,
            "\(Excerpt.quoted(text)) is no duration; write it like PT5S, PT1H30M or P2D, or as a "
                + "mapping like seconds: 5")
        return nil
    }

    private mutating func durationOfParts(
        _ node: Node, _ variables: Set<String>
    ) -> DurationTemplate? {
        let units = DefinitionReader.units
        guard let fields = fields(node, units.map(\.name)) else { return nil }
        guard !fields.members.isEmpty else {
            problem(node, "an empty duration; give \(units.map(\.name).listed("or"))")
            return nil
        }
        var milliseconds: Int64 = 0
        var isFixed = true
        for (name, factor) in units {
            guard let part = fields[name] else { continue }
            if (try? part.string()).flatMap(DefinitionReader.enclosed) != nil {
                isFixed = false
                continue
            }
            let most = Int(DefinitionReader.longest / factor)
            guard let amount = integer(part, 0...most) else { return nil }
            milliseconds += Int64(amount) * factor
        }
        return isFixed ? .fixed(.milliseconds(milliseconds)) : .parts(template(node, variables))
    }

    /// A thousand years in milliseconds: no sum of such parts overflows.
    private static let longest: Int64 = 365_250 * 86_400_000

    /// A timeout that stands here or is defined under `use.timeouts`.
    mutating func timeout(_ node: Node?, _ variables: Set<String>) -> Timeout? {
        guard let node else { return nil }
        guard node.kind == .mapping else {
            guard let name = text(node) else { return nil }
            return lookUp(name, in: used.timeouts, "the timeout \(Excerpt.quoted(name))", node)
                .flatMap(\.self)
        }
        guard let fields = fields(node, ["after"]), let after = required(fields, "after") else {
            return nil
        }
        return duration(after, variables, isPositive: true).map(Timeout.init)
    }
}
