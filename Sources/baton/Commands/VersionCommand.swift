import Document

/// `baton version`. The version of the whole project stands here and nowhere else.
enum VersionCommand {
    static let version = "0.1.0"
    /// The version of the wire contract this program speaks.
    static let wire = 1

    static let command = Command(
        "version", "Prints the version of this program",
        examples: [Example("baton version --json", "For programs")]
    ) { invocation in
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["version": .string(version), "wire": .init(wire)])
        } else {
            try output.line("baton \(version) (wire contract \(wire))")
        }
        return .ok
    }
}
