import Telemetry

/// What went wrong as one sentence to stand behind `baton: `, in one voice whoever said it: it
/// begins small unless with a name, and ends without a full stop. Pure.
enum Complaint {
    /// How a sentence goes on whose subject is the place before it.
    private static let verbs = ["is", "are", "has", "cannot", "belongs", "does", "holds"]
    /// What is written with a capital anywhere.
    private static let names = [
        "Redis", "Sentinel", "Sentinels", "Baton", "Swift", "Ctrl-C", "ZeroMQ", "Linux",
    ]

    static func sentence(_ error: any Error) -> String {
        guard let fault = error as? Fault else { return "\(error)" }
        return sentence(fault)
    }

    static func sentence(_ fault: Fault) -> String {
        let message = quietened(fault.message)
        let cause = fault.cause.map { " (\($0))" } ?? ""
        guard let place = fault.place else { return message + cause }
        let first = String(message.prefix { $0 != " " })
        // A path is a subject; a place within a file is a heading.
        return place + (verbs.contains(first) ? " " : ": ") + message + cause
    }

    private static func quietened(_ message: String) -> String {
        var text = message
        if text.hasSuffix("."), !text.dropLast().contains(". "), !text.hasSuffix("…") {
            text.removeLast()
        }
        let word = text.prefix { $0.isLetter || $0 == "-" }
        let name = word.hasSuffix("-") ? String(word.dropLast()) : String(word)
        guard let first = text.first, first.isUppercase, !names.contains(name) else { return text }
        // JSON, BATON_BUS, TASK.
        guard !word.dropFirst().contains(where: \.isUppercase), text.dropFirst().first != "_" else {
            return text
        }
        return first.lowercased() + text.dropFirst()
    }
}
