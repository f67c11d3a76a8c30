import Document
import Store
import Telemetry

/// Who is the master of a store with Sentinels, and how many replicas follow it.
struct StoreMaster: Sendable {
    /// Nobody waits long for a line of a table.
    private static let patience = Duration.seconds(1)

    /// `redis-2`, or where it is if it has no name here.
    let name: String?
    let place: String?
    let replicas: Int
    var trouble: String?

    init(_ facts: RedisLink.Facts, nodes: [ClusterFile.Store.Node]) {
        place = facts.place
        replicas = facts.replicas ?? 0
        name = nodes.first { $0.address == facts.place }?.name
    }

    private init(trouble: String) {
        (name, place, replicas, self.trouble) = (nil, nil, 0, trouble)
    }

    /// Nothing where no Sentinels are asked.
    static func asked(_ address: ClusterAddress, _ console: Console) async -> StoreMaster? {
        guard case .folder(_, let file) = address, let store = file.store,
            store.url.hasPrefix("sentinel://")
        else { return nil }
        do {
            let place = try StorePlace(store, console)
            let facts = try await StoreVisit.with(
                place.endpoint, prefix: place.prefix, on: console.loop, patience: patience
            ) { await $0.facts }
            return StoreMaster(facts, nodes: store.nodes ?? [])
        } catch {
            return StoreMaster(trouble: (error as? Fault)?.message ?? "\(error)")
        }
    }

    var line: Text {
        if let trouble { return "master: \("none", .red); \(trouble)" }
        let title = name.map { "\($0) at \(place ?? "")" } ?? place ?? ""
        let count = replicas == 1 ? "1 replica" : "\(replicas) replicas"
        return "master: \(title, .bold) with \(count, replicas > 0 ? .green : .red)"
    }

    var value: Value {
        [
            "name": name.map { .string($0) } ?? .null,
            "address": place.map { .string($0) } ?? .null, "replicas": .init(replicas),
            "trouble": trouble.map { .string($0) } ?? .null,
        ]
    }
}
