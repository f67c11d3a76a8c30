import Document
import Telemetry

/// `baton status`: what runs in this folder by the cluster file and the kernel, and what the
/// orchestrators say of themselves.
enum StatusCommand {
    static let command = Command(
        "status", "Shows the processes of the cluster and how they fare",
        discussion: """
            The exit code is 1 when a process is gone, or an orchestrator or the store does not \
            answer, and 69 when there is no cluster.
            """,
        examples: [
            Example("baton status", "Tables"),
            Example("baton status --json", "For programs"),
        ]
    ) { invocation in
        let address = try Contact.address(invocation)
        async let ruling = StoreMaster.asked(address, invocation.console)
        async let storing = StoreAnswer.asked(address, invocation.console)
        let answers = try await answers(address, invocation)
        let reports = OrchestratorReport.all(answers, of: address)
        var (health, frozen): ([ClusterHealth], [Value]) = ([], [])
        if let patience = patience(reports) {
            health = try await ClusterHealth.asked(invocation, within: patience)
            // Orchestrators of an earlier release freeze nothing.
            frozen = (try? await FreezeCommand.frozen(invocation, within: patience)) ?? []
        }
        let (master, store) = (await ruling, await storing)
        let processes = ProcessRow.all(of: address)
        let isWhole =
            processes.allSatisfy(\.isWell) && reports.allSatisfy(\.answers)
            && store?.trouble == nil
        if invocation.wantsJSON {
            try invocation.console.output.json(
                value(address, isWhole, processes, reports, health, frozen, master, store))
        } else {
            try show(processes, reports, invocation.console.output)
            try showStore(address, master, store, invocation.console.output)
            try invocation.console.output.lines(health.map(\.line) + frozen.map(line(ofFrozen:)))
        }
        return isWhole ? .ok : .failed
    }

    /// A cluster whose orchestrators have all ended still has a file to be shown.
    private static func answers(
        _ address: ClusterAddress, _ invocation: Invocation
    ) async throws -> [Survey.Answer] {
        isAlive(address) ? try await Survey.reports.asked(invocation) : []
    }

    private static func isAlive(_ address: ClusterAddress) -> Bool {
        guard case .folder(_, let file) = address else { return true }
        return file.orchestrators.contains(where: \.identity.isAlive)
    }

    /// For how long more is asked; nil: nobody answers anyway. Whoever was silent already is not
    /// waited for as long again.
    private static func patience(_ reports: [OrchestratorReport]) -> Duration? {
        guard reports.contains(where: \.answers) else { return nil }
        return reports.allSatisfy(\.answers) ? .seconds(3) : .milliseconds(500)
    }

    private static func value(
        _ address: ClusterAddress, _ isWhole: Bool, _ processes: [ProcessRow],
        _ reports: [OrchestratorReport], _ health: [ClusterHealth], _ frozen: [Value],
        _ master: StoreMaster?, _ answer: StoreAnswer?
    ) -> Value {
        var object: ObjectValue = ["whole": .bool(isWhole)]
        if case .folder(let folder, let file) = address {
            let store = file.store
            object["directory"] = .string(folder.directory)
            object["processes"] = .array(processes.map(\.value))
            if let store {
                var row = store.value.object ?? [:]
                if let master { row["master"] = master.value }
                if let answer {
                    row["answers"] = .bool(answer.trouble == nil)
                    if let trouble = answer.trouble { row["trouble"] = .string(trouble) }
                }
                object["store"] = .object(row)
            }
        }
        object["orchestrators"] = .array(reports.map(\.value))
        object["totals"] = OrchestratorReport.totals(reports)
        if !health.isEmpty { object["health"] = .array(health.map(\.value)) }
        if !frozen.isEmpty { object["frozen"] = .array(frozen) }
        return .object(object)
    }

    private static func line(ofFrozen row: Value) -> Text {
        let reason = row.shown("reason")
        let text: Text = "\(row.shown("agent"), .bold) is \("frozen", .cyan)"
        return reason.isEmpty ? text : text + ": \(reason)"
    }

    private static func showStore(
        _ address: ClusterAddress, _ master: StoreMaster?, _ answer: StoreAnswer?,
        _ output: Output
    ) throws {
        guard case .folder(_, let file) = address, let store = file.store else { return }
        try output.line()
        try output.line("store: \(store.title, .bold); \(store.promise)")
        if let master { try output.line(master.line) }
        if let line = answer?.line { try output.line(line) }
    }

    private static func show(
        _ processes: [ProcessRow], _ reports: [OrchestratorReport], _ output: Output
    ) throws {
        if !processes.isEmpty {
            var table = Table(
                ["name", "kind", .number("pid"), "uptime", "state", "address"],
                dispensable: ["address", "kind", "uptime", "pid"])
            for row in processes { table.add(row.cells) }
            try output.table(table)
            try output.lines(processes.compactMap(\.trouble))
            try output.line()
        }
        try output.table(OrchestratorReport.table(reports))
    }
}

/// One process of the cluster, as the file and the kernel know it.
private struct ProcessRow {
    let name: String
    let kind: String
    let identity: ProcessIdentity
    var address: String?
    /// Whether there is a supervisor to start it again.
    var isKeptUp = false
    /// Why it has to.
    var end: ClusterFile.End?

    static func all(of address: ClusterAddress) -> [ProcessRow] {
        guard case .folder(_, let file) = address else { return [] }
        let isKeptUp = file.supervisor.isAlive
        return [ProcessRow(name: "baton", kind: "supervisor", identity: file.supervisor)]
            + (file.store.map { store(of: $0, file) } ?? [])
            + file.orchestrators.map {
                ProcessRow(
                    name: $0.name, kind: "orchestrator", identity: $0.identity, address: $0.bus,
                    isKeptUp: isKeptUp, end: $0.ended)
            }
            + file.workers.map {
                ProcessRow(
                    name: $0.name, kind: "worker", identity: $0.identity,
                    isKeptUp: isKeptUp, end: $0.ended)
            }
    }

    private static func store(of store: ClusterFile.Store, _ file: ClusterFile) -> [ProcessRow] {
        guard store.kind == .own else { return [] }
        let isKeptUp = file.supervisor.isAlive
        if let nodes = store.nodes {
            return nodes.map {
                ProcessRow(
                    name: $0.name, kind: $0.name.hasPrefix("sentinel") ? "sentinel" : "store",
                    identity: $0.identity, address: $0.address,
                    isKeptUp: isKeptUp, end: $0.ended)
            }
        }
        return [
            ProcessRow(
                name: ClusterFile.Store.name, kind: "store", identity: store.identity,
                address: store.url, isKeptUp: isKeptUp, end: store.ended)
        ]
    }

    var isWell: Bool { identity.isAlive }

    private var isRestarting: Bool { identity.pid == 0 && isKeptUp }

    private var state: Text {
        if identity.isAlive { return Text("running", .green) }
        return isRestarting ? Text("restarting", .yellow) : Text("gone", .red)
    }

    var cells: [Text] {
        [
            Text(name, .bold), Text(kind), Text(identity.pid > 0 ? "\(identity.pid)" : ""),
            Text(identity.age.map(DurationText.spoken) ?? ""), state, Text(address ?? ""),
        ]
    }

    /// `bad.1 ended with code 1: no such module`
    var trouble: Text? {
        guard isRestarting, let end else { return nil }
        return "\(name, .bold) ended with \(end.sentence)"
    }

    var value: Value {
        var object: ObjectValue = [
            "name": .string(name), "kind": .string(kind), "pid": .init(Int(identity.pid)),
            "state": .string(state.plain),
        ]
        if let age = identity.age {
            object["uptime_s"] = .init(Int(clamping: age.components.seconds))
        }
        if let address { object["address"] = .string(address) }
        if isRestarting, let end {
            object["ended_with"] = .string(end.with)
            object["last_words"] = .string(end.words)
        }
        return .object(object)
    }
}
