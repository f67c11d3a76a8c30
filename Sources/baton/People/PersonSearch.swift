import Document
import Telemetry
import Wire

/// What waits for people in a cluster: the store's list page by page, and what orchestrators have
/// in memory alone.
struct PersonSearch {
    var details: ObjectValue = [:]
    var limit = 100

    struct Found {
        var rows: [Value] = []
        var total = 0
    }

    func all(_ invocation: Invocation) async throws -> Found {
        var found = Found()
        var offset: Int? = 0
        var seen: Set<String> = []
        while let from = offset, found.rows.count < limit {
            var details = details
            details["offset"] = Value(from)
            let answers = try await Survey(questions: ["people"], details: details)
                .asked(invocation)
            let known = answers.compactMap { $0[0] }
            guard !known.isEmpty else {
                throw answers.compactMap(\.fault).first
                    ?? Fault(Exit.unavailable, "No orchestrator is there to be asked.")
            }
            found.total = known.map { $0["total"]?.integer ?? 0 }.max() ?? 0
            for answer in known {
                let own = from == 0 ? answer["volatile"]?.array ?? [] : []
                for row in (answer["tasks"]?.array ?? []) + own
                where seen.insert(row.shown("id")).inserted { found.rows.append(row) }
            }
            offset = known.compactMap { $0["next"]?.integer }.filter { $0 > from }.min()
        }
        found.rows.sort { Self.time($0) < Self.time($1) }
        return found
    }

    /// The id of the one that is meant: the beginning of an id is enough where no other has it.
    func id(_ text: String, _ invocation: Invocation) async throws -> String {
        guard text.utf8.count < 23 else { return text }
        var search = self
        search.limit = 1_000
        let ids = try await search.all(invocation).rows.map { $0.shown("id") }
        let fits = ids.filter { $0.hasPrefix(text) }
        guard let only = fits.first, fits.count == 1 else {
            throw Fault(
                fits.isEmpty ? WireCode.notFound : WireCode.invalid,
                fits.isEmpty
                    ? "no task that waits begins with \(text); see: baton approve"
                    : "\(fits.count) tasks begin with \(text): give more of the id")
        }
        return only
    }

    private static func time(_ row: Value) -> Int {
        row["ended_ms"]?.integer ?? row["asked_ms"]?.integer ?? 0
    }
}
