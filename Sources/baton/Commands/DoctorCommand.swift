import Document
import Telemetry

/// `baton doctor`: looks at this machine and says what would be in the way, and how to mend it.
enum DoctorCommand {
    static let command = Command(
        "doctor", "Checks this machine and the cluster, and says how to mend what is wrong",
        discussion:
            "Nothing is changed. The exit code is 1 when a check fails; warnings do not count.",
        examples: [
            Example("baton doctor", "Look at everything"),
            Example("baton doctor --json", "For programs"),
        ]
    ) { invocation in
        let console = invocation.console
        let machine = Machine.measured(folder: console.folder, variables: console.variables)
        let findings = Diagnosis.findings(machine) + [cluster(invocation)]
        let isWell = !findings.contains { $0.state == .fail }
        if invocation.wantsJSON {
            try console.output.json([
                "well": .bool(isWell), "checks": .array(findings.map(\.value)),
            ])
        } else {
            try console.output.lines(findings.map(\.text))
        }
        return isWell ? .ok : .failed
    }

    private static func cluster(_ invocation: Invocation) -> Finding {
        let console = invocation.console
        let directory = invocation.text(CommonOptions.directory).map(console.path)
        do throws(Fault) {
            let address = try ClusterAddress.find(
                directory: directory, variables: console.variables, folder: console.folder)
            guard case .folder(let folder, let file) = address else {
                return .ok("cluster", "named by BATON_BUS")
            }
            let alive = file.orchestrators.count { $0.identity.isAlive }
            let all = file.orchestrators.count
            guard alive == all, file.supervisor.isAlive else {
                return .fail(
                    "cluster", "\(alive) of \(all) orchestrators live in \(folder.directory)",
                    mend: "baton down, then baton up")
            }
            return .ok("cluster", "\(alive) orchestrators live in \(folder.directory)")
        } catch {
            guard error.has(Exit.unavailable) else {
                return .fail("cluster", "\(error)", mend: "baton down, then baton up")
            }
            return .warn("cluster", "none here", mend: "baton up")
        }
    }
}
