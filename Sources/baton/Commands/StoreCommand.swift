import Document
import Telemetry

/// `baton store`: what lies in the Redis of a cluster, and its way into a file and back. It asks
/// Redis itself, so that it works while no orchestrator runs.
enum StoreCommand {
    static let command = Command(
        "store", "Shows what the store holds, backs it up and brings it back",
        discussion: """
            Without a command of its own it shows. The private Redis of a cluster that does not \
            run is started for as long as it takes.
            """,
        subcommands: [show, backup, restore], firstStandsIn: true)

    private static let show = Command(
        "show", "Shows the keys by kind, their number, bytes and ages",
        discussion: """
            All keys are counted; the bytes of large kinds are projected from a sample and marked \
            with ~. Copies for readers of the old kind lie outside of the prefix and are not \
            counted.
            """,
        examples: [
            Example("baton store", "The store of this cluster"),
            Example("baton store --store redis://db.example:6379", "One elsewhere"),
            Example("baton store --json | jq .requests", "How many requests stand where"),
        ],
        options: StorePlace.options
    ) { invocation in
        let place = try StorePlace.find(invocation)
        let console = invocation.console
        let line = LiveLine(console.errors)
        defer { line.clear() }
        let figures = try await place.visit(console) { visit in
            var figures = StoreFigures(prefix: visit.prefix, nodes: place.nodes)
            figures.profile = place.known
            try await figures.gather(visit) { line.spin("\($0) keys") }
            return figures
        }
        line.clear()
        if invocation.wantsJSON {
            try console.output.json(figures.value(place.endpoint, place.prefix))
        } else {
            try figures.show(place.endpoint, place.prefix, console.output)
        }
        return .ok
    }

    // MARK: - Backup

    private static let file = Argument("FILE", .file, "Where the backup is, or is to be")
    private static let force = Option.flag("force", "Replaces a file that is there already")
    private static let replace = Option.flag(
        "replace", "Takes away what is below the prefix before anything is restored")

    private static let backup = Command(
        "backup", "Writes everything below the prefix into a file",
        discussion: """
            Nothing has to stop for it. A request that changes meanwhile is in the file as it was \
            before or after; orchestrators mend such differences when they start. The file holds \
            contents of requests, so it is readable by its owner alone.
            """,
        examples: [
            Example("baton store backup night.backup", "The store of this cluster"),
            Example("baton store backup x.backup --store unix:/run/redis.sock", "One elsewhere"),
        ],
        arguments: [file], options: [force] + StorePlace.options
    ) { invocation in
        let console = invocation.console
        let path = console.path(try invocation.required(file))
        guard invocation.flag(force) || !File.exists(path) else {
            throw Fault(Exit.cannotCreate, "is there already; --force replaces it.", at: path)
        }
        let place = try StorePlace.find(invocation)
        let line = LiveLine(console.errors)
        defer { line.clear() }
        let head = try await place.visit(console) { visit in
            try await StoreBackup.write(visit, to: path) { line.spin("\($0) keys written") }
        }
        line.clear()
        if invocation.wantsJSON {
            try console.output.json(value(head, path))
        } else {
            let size = StoreFigures.size(head.bytes)
            try console.output.line("Wrote \(head.keys) keys (\(size)) to \(path, .bold).")
        }
        return .ok
    }

    private static func value(_ head: BackupFormat.Head, _ path: String) -> Value {
        let kinds = head.kinds.sorted { $0.key < $1.key }
        return [
            "file": .string(path), "prefix": .string(head.prefix), "keys": .init(head.keys),
            "bytes": .init(head.bytes), "began_ms": .init(Int(head.began)),
            "ended_ms": .init(Int(head.ended)), "redis": .string(head.redis),
            "kinds": .object(ObjectValue(kinds.map { (key: $0.key, value: .init($0.value)) })),
        ]
    }

    private static let restore = Command(
        "restore", "Brings a backup back into a store",
        discussion: """
            All orchestrators of the store must have been stopped, and the prefix must be empty, \
            or --replace empties it. The whole file is checked before the first key is written.
            """,
        examples: [
            Example("baton store restore night.backup --replace", "Here, after baton down"),
            Example("baton store restore x.backup --store redis://db.example", "Elsewhere"),
        ],
        arguments: [file], options: [replace] + StorePlace.options
    ) { invocation in
        let console = invocation.console
        let path = console.path(try invocation.required(file))
        let place = try StorePlace.find(invocation)
        let replaces = invocation.flag(replace)
        let line = LiveLine(console.errors)
        defer { line.clear() }
        let head = try await place.visit(console) { visit in
            let file = try BackupReader(path)
            line.spin("checking \(path)")
            try file.check()
            try await StoreBackup.check(visit, file, replaces: replaces)
            if replaces {
                try await StoreBackup.clear(visit) { line.spin("\($0) keys taken away") }
            }
            let head = file.head
            try await StoreBackup.restore(file, to: visit) {
                line.spin("\($0) of \(head.keys) keys")
            }
            return head
        }
        line.clear()
        if invocation.wantsJSON {
            try console.output.json(value(head, path))
        } else {
            try console.output.line("Restored \(head.keys) keys from \(path, .bold).")
        }
        return .ok
    }
}
