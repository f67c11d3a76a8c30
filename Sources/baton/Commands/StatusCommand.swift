import Document
import Telemetry

/// `baton status`: what runs in this folder, by the cluster file and the kernel.
enum StatusCommand {
    static let command = Command(
        "status", "Shows the processes of the cluster",
        discussion: "The exit code is 1 when a process is gone, and 69 when there is no cluster.",
        examples: [
            Example("baton status", "A table"),
            Example("baton status --json", "For programs"),
        ]
    ) { invocation in
        let console = invocation.console
        let directory = invocation.text(CommonOptions.directory).map(console.path)
        let (folder, file) = try ClusterAddress.local(directory: directory, folder: console.folder)
        let rows = rows(file)
        let isWhole = rows.allSatisfy { $0.identity.isAlive }
        if invocation.wantsJSON {
            try console.output.json([
                "directory": .string(folder.directory), "whole": .bool(isWhole),
                "processes": .array(rows.map(\.value)),
            ])
        } else {
            var table = Table(["name", "kind", .number("pid"), "uptime", "state", "address"])
            for row in rows { table.add(row.cells) }
            try console.output.table(table)
        }
        return isWhole ? .ok : .failed
    }

    private static func rows(_ file: ClusterFile) -> [Row] {
        [Row(name: "baton", kind: "supervisor", identity: file.supervisor, address: nil)]
            + file.orchestrators.map {
                Row(name: $0.name, kind: "orchestrator", identity: $0.identity, address: $0.bus)
            }
            + file.workers.map {
                Row(name: $0.name, kind: "worker", identity: $0.identity, address: nil)
            }
    }

    private struct Row {
        let name: String
        let kind: String
        let identity: ProcessIdentity
        let address: String?

        var cells: [Text] {
            let age = identity.age
            let state = age == nil ? Text("gone", .red) : Text("running", .green)
            return [
                Text(name, .bold), Text(kind), "\(identity.pid)",
                Text(age.map(DurationText.spoken) ?? ""), state, Text(address ?? ""),
            ]
        }

        var value: Value {
            let age = identity.age
            var object: ObjectValue = [
                "name": .string(name), "kind": .string(kind), "pid": .init(Int(identity.pid)),
                "state": .string(age == nil ? "gone" : "running"),
            ]
            if let age { object["uptime_s"] = .init(Int(clamping: age.components.seconds)) }
            if let address { object["address"] = .string(address) }
            return .object(object)
        }
    }
}
