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
        let folder = UpCommand.folder(invocation).directory
        var machine = Machine.measured(folder: folder, variables: console.variables)
        let search = SearchPath(variables: console.variables, program: console.program)
        if let redis = search.find(RedisProgram.name) {
            machine.redis = await RedisProgram.version(of: redis, on: console.loop) ?? ""
        }
        let findings =
            Diagnosis.findings(machine) + [await cluster(invocation)] + (await store(invocation))
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

    private static func cluster(_ invocation: Invocation) async -> Finding {
        do {
            let address = try Contact.address(invocation)
            let answers = try await Survey.reports.asked(invocation)
            let reports = OrchestratorReport.all(answers, of: address)
            let silent = reports.filter { !$0.answers }.map(\.name)
            let all = reports.count == 1 ? "the orchestrator" : "\(reports.count) orchestrators"
            guard silent.isEmpty else {
                let names = silent.joined(separator: ", ")
                return .fail(
                    "cluster", "no answer from \(names)", mend: mend(address, silent[0]))
            }
            let times = answers.map { DurationText.exact($0.roundTrip) }.joined(separator: ", ")
            return .ok("cluster", "\(all) answered in \(times)")
        } catch {
            let fault = error as? Fault
            if fault?.has(Exit.notPermitted) == true {
                return .fail(
                    "cluster", Complaint.sentence(error),
                    mend: "sudo -u USER baton doctor, or set BATON_BUS and BATON_KEY")
            }
            guard fault?.has(Exit.unavailable) == true else {
                return .fail(
                    "cluster", Complaint.sentence(error),
                    mend: fault.flatMap { Mend.text(for: $0) } ?? "baton down, baton up")
            }
            return .warn("cluster", "none here", mend: "baton up")
        }
    }

    /// A cluster elsewhere is neither seen nor started from here.
    private static func mend(_ address: ClusterAddress, _ name: String) -> String {
        switch address {
        case .folder: "baton status, baton logs \(name); baton down, then baton up"
        case .bus:
            "look whether batond runs there and its port is open, and whether the key in BATON_KEY "
                + "is one of its own"
        }
    }

    /// The Redis of the cluster, where it has one.
    private static func store(_ invocation: Invocation) async -> [Finding] {
        guard let address = try? Contact.address(invocation) else { return [] }
        return await StoreAnswer.asked(address, invocation.console).map { [$0.finding] } ?? []
    }
}
