import Document
import Reactor
import Telemetry

/// Whether the Redis of a cluster answers a command that asks it itself: orchestrators are well
/// without it for as long as nothing durable is asked of them.
struct StoreAnswer: Sendable {
    /// Nobody waits long for a line of a table.
    private static let patience = Duration.seconds(1)

    /// Why it does not answer.
    let trouble: String?
    /// Whether `baton up` runs it.
    let isOwn: Bool

    /// Nothing where there is no Redis, or where another one of its Sentinels answers.
    static func asked(_ address: ClusterAddress, _ console: Console) async -> StoreAnswer? {
        guard case .folder(_, let file) = address, let store = file.store, store.kind != .memory,
            !store.url.hasPrefix("sentinel://")
        else { return nil }
        do {
            let place = try StorePlace(store, console)
            return try await StoreVisit.with(
                place.endpoint, prefix: place.prefix, on: console.loop, patience: patience
            ) { visit in
                _ = try await visit.ask("PING")
                return StoreAnswer(trouble: nil, isOwn: store.kind == .own)
            }
        } catch {
            return StoreAnswer(
                trouble: Complaint.sentence(error), isOwn: store.kind == .own)
        }
    }

    /// For people, where it is worth a line.
    var line: Text? {
        trouble.map { "\("no answer", .red) from the store: \($0); nothing durable is accepted" }
    }

    /// What the doctor says.
    var finding: Finding {
        guard let trouble else { return .ok("store", "Redis answers") }
        let mend =
            isOwn
            ? "make room on its disk; baton logs redis; baton down, then baton up"
            : "start that Redis, or let this host and user in; baton store asks again"
        return .fail("store", trouble, mend: mend)
    }
}
