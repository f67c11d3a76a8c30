import Document
import Telemetry

/// `baton version`: of the whole project, and of the wire contract.
enum VersionCommand {
    /// The version of the wire contract this program speaks.
    private static let wire = 1

    static let command = Command(
        "version", "Prints the version of this program",
        examples: [Example("baton version --json", "For programs")]
    ) { invocation in
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(["version": .string(Release.version), "wire": .init(wire)])
        } else {
            try output.line("baton \(Release.version) (wire contract \(wire))")
        }
        return .ok
    }
}
