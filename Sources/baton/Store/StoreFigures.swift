import Document
import Store
import Telemetry

/// What a store says of itself: its keys by kind, how many requests stand where, who has them.
struct StoreFigures: Sendable {
    private enum Limits {
        static let slice = "1000"
        static let instances = 1000
    }

    struct Instance: Sendable {
        var name: String
        /// Until its lease is over; less than zero: since then.
        var left: Int
        var requests: Int
    }

    private(set) var census: StoreCensus
    private(set) var states: [(name: String, count: Int)] = []
    private(set) var instances: [Instance] = []
    private(set) var memory = 0
    private(set) var version = ""
    private(set) var master: StoreMaster?
    /// What accepted means there, where a cluster says it.
    var profile: String?
    private(set) var now = 0

    private let nodes: [ClusterFile.Store.Node]

    init(prefix: String, nodes: [ClusterFile.Store.Node] = []) {
        self.nodes = nodes
        census = StoreCensus(prefix: prefix)
    }

    /// Looks at all keys below the prefix, a slice at a time.
    mutating func gather(
        _ visit: StoreVisit, _ progress: @Sendable (Int) -> Void
    ) async throws {
        let facts = await visit.facts
        version = facts.version
        if facts.place != nil { master = StoreMaster(facts, nodes: nodes) }
        var cursor = "0"
        repeat {
            let page =
                try await visit.ask(
                    "SCAN", cursor, "MATCH", "\(visit.prefix)*", "COUNT", Limits.slice
                ).array ?? []
            cursor = page.first?.text ?? "0"
            try await count(page.dropFirst().first?.array?.compactMap(\.bytes) ?? [], visit)
            progress(census.keys)
        } while cursor != "0"
        try await gatherTimes(visit)
        try await gatherInstances(visit)
        try await gatherStates(visit)
    }

    private mutating func count(_ keys: [[UInt8]], _ visit: StoreVisit) async throws {
        let sample = keys.filter { census.count($0) }
        guard !sample.isEmpty else { return }
        var arguments = RedisArguments()
        for key in sample { arguments.bytes(key) }
        let answer = try await visit.run(StoreScript.measure, arguments).array ?? []
        for (key, row) in zip(sample, answer) {
            let row = row.array ?? []
            census.measured(key, bytes: row.first?.integer ?? 0, at: row.last?.integer)
        }
    }

    // MARK: - What the indexes say

    private mutating func gatherTimes(_ visit: StoreVisit) async throws {
        let time = try await visit.ask("TIME").array ?? []
        let (seconds, micros) = (time.first?.integer ?? 0, time.last?.integer ?? 0)
        now = seconds &* 1000 &+ micros / 1000
        for (key, name) in [("ready", "waiting"), ("unc", "uncertain"), ("dlq", "dead letters")] {
            let edges = try await edges(of: key, visit)
            // Above the time stands the priority.
            census.saw(name, at: edges.map { $0.map { $0 % 10_000_000_000_000 } })
        }
        for place in ["0", "-1"] {
            let row = try? await visit.ask("LINDEX", visit.prefix + "fin", place)
            let words = row?.text?.split(separator: " ") ?? []
            census.saw("finished list", at: [words.count > 1 ? Int(words[1]) : nil])
        }
    }

    private func edges(of key: String, _ visit: StoreVisit) async throws -> [Int?] {
        var edges: [Int?] = []
        for place in ["0", "-1"] {
            let row = try? await visit.ask(
                "ZRANGE", visit.prefix + key, place, place, "WITHSCORES")
            edges.append(row?.array?.last?.text.flatMap(Double.init).flatMap { Int(exactly: $0) })
        }
        return edges
    }

    private mutating func gatherInstances(_ visit: StoreVisit) async throws {
        for key in ["inst", "dead"] {
            let rows = try? await visit.ask(
                "ZRANGE", visit.prefix + key, "0", "\(Limits.instances - 1)", "WITHSCORES")
            for (name, score) in rows?.pairs ?? [] {
                guard let name = name.text else { continue }
                let end = score.text.flatMap(Double.init).flatMap { Int(exactly: $0) } ?? 0
                let count = try? await visit.ask("SCARD", "\(visit.prefix)own:\(name)")
                instances.append(
                    Instance(name: name, left: end &- now, requests: count?.integer ?? 0))
            }
        }
    }

    private mutating func gatherStates(_ visit: StoreVisit) async throws {
        states = [("running", instances.reduce(0) { $0 &+ $1.requests })]
        for (command, key, name) in [
            ("ZCARD", "ready", "ready"), ("ZCARD", "unc", "uncertain"), ("ZCARD", "dlq", "dead"),
            ("LLEN", "fin", "finished"),
        ] {
            let count = try? await visit.ask(command, visit.prefix + key)
            states.append((name, count?.integer ?? 0))
        }
        let text = try await visit.ask("INFO", "memory").text ?? ""
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
        memory = line.flatMap { Int($0.dropFirst(12)) } ?? 0
    }
}

// MARK: - Showing

extension StoreFigures {
    func value(_ endpoint: RedisEndpoint, _ prefix: String) -> Value {
        let kinds = census.rows.map { name, kind -> Value in
            var row: ObjectValue = [
                "kind": .string(name), "keys": .init(kind.keys), "bytes": .init(kind.bytes),
                "measured": .init(kind.measured),
            ]
            if let oldest = kind.oldest { row["oldest_ms"] = .init(now - oldest) }
            if let newest = kind.newest { row["newest_ms"] = .init(now - newest) }
            return .object(row)
        }
        return [
            "store": .string("\(endpoint)"), "prefix": .string(prefix),
            "version": .string(version), "memory": .init(memory),
            "profile": profile.map { .string($0) } ?? .null, "master": master?.value ?? .null,
            "keys": .init(census.keys), "bytes": .init(census.bytes),
            "requests": .object(ObjectValue(states.map { (key: $0.name, value: .init($0.count)) })),
            "instances": .array(
                instances.map {
                    [
                        "instance": .string($0.name), "lease_left_ms": .init($0.left),
                        "requests": .init($0.requests),
                    ]
                }),
            "kinds": .array(kinds),
        ]
    }

    func show(_ endpoint: RedisEndpoint, _ prefix: String, _ output: Output) throws {
        let title: Text = "\("\(endpoint)", .bold)  Redis \(version), keys \(prefix)…"
        let profile = profile.map { ", profile \($0)" } ?? ""
        try output.line(title + ", \(Self.size(memory)) in use by all of it\(profile)")
        if let master { try output.line(master.line) }
        let states = states.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        try output.line("requests: \(states)\n")
        guard census.keys > 0 else { return try output.line("Nothing is kept there.") }
        var table = Table([
            "kind", .number("keys"), .number("bytes"), .number("oldest"), .number("newest"),
        ])
        for (name, kind) in census.rows {
            let sign = kind.measured < kind.keys ? "~" : ""
            table.add([
                Text(name, .bold), "\(kind.keys)", Text(sign + Self.size(kind.bytes)),
                age(kind.oldest), age(kind.newest),
            ])
        }
        table.add([Text("total", .dim), "\(census.keys)", Text(Self.size(census.bytes)), "", ""])
        try output.table(table)
        if census.rows.contains(where: { $0.kind.measured < $0.kind.keys }) {
            try output.line(
                "\("~ projected from a sample of the keys, ages of requests too", .dim)")
        }
        guard !instances.isEmpty else { return }
        var owners = Table(["instance", "lease", .number("requests")])
        for instance in instances {
            owners.add([Text(instance.name, .bold), lease(instance.left), "\(instance.requests)"])
        }
        try output.line()
        try output.table(owners)
    }

    private func age(_ time: Int?) -> Text {
        guard let time else { return "" }
        return Text(DurationText.spoken(.milliseconds(max(0, now - time))))
    }

    private func lease(_ left: Int) -> Text {
        left > 0
            ? Text("\(DurationText.spoken(.milliseconds(left))) left", .green) : Text("over", .red)
    }

    /// Bytes as people read them.
    static func size(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        let tenths = Int((value * 10).rounded())
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
