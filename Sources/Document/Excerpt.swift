/// Foreign text as it may stand in a message: short, and without characters that steer a terminal
/// or turn the direction of what follows.
package enum Excerpt {
    package static func quoted(_ text: String) -> String {
        JSON.text(.string(plain(text, longest: 40)))
    }

    static func plain(_ text: String, longest: Int = 200) -> String {
        var excerpt = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < longest else { return excerpt + "…" }
            excerpt.unicodeScalars.append(steers(scalar) ? "\u{FFFD}" : scalar)
        }
        return excerpt
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
