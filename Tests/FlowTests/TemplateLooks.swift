import Document

@testable import Flow

/// Short ways of looking at what was read.
extension Template {
    var expression: String? {
        if case .expression(let expression) = self { expression.text } else { nil }
    }

    subscript(key: String) -> Template? {
        switch self {
        case .object(let members): members.first { $0.key == key }?.value
        case .value(let value): value[key].map(Template.value)
        default: nil
        }
    }

    subscript(position: Int) -> Template? {
        switch self {
        case .array(let elements): elements.indices.contains(position) ? elements[position] : nil
        case .value(let value): value[position].map(Template.value)
        default: nil
        }
    }

    var uriNames: [String] {
        guard case .uri(let uri) = self else { return [] }
        return uri.parts.compactMap { if case .name(let name) = $0 { name } else { nil } }
    }
}

extension DurationTemplate {
    var fixed: Duration? {
        if case .fixed(let duration) = self { duration } else { nil }
    }
}
