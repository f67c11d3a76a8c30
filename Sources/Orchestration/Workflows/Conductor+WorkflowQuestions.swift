import Bus
import Document
import Flow
import Telemetry
import Wire

/// What people and tools may ask about workflows, and tell them.
extension Conductor {
    enum WorkflowQuestion: String, CaseIterable {
        case workflows, workflow, suspend, resume
    }

    mutating func answer(
        _ question: WorkflowQuestion, _ body: Value, from peer: PeerID, into outbox: inout Outbox
    ) throws(Fault) -> Value {
        switch question {
        case .workflows: return workflows(body)
        case .workflow:
            let edition = try shelf.edition(WorkflowAddress(body["name"]?.string ?? ""))
            var row = row(edition, running: running()[ObjectIdentifier(edition)] ?? 0)
            row["text"] = .string(String(decoding: edition.text, as: UTF8.self))
            return .object(row)
        case .suspend: return try turn(.suspended, body, peer, into: &outbox)
        case .resume: return try turn(.resumed, body, peer, into: &outbox)
        }
    }

    // MARK: - Steps

    private func workflows(_ body: Value) -> Value {
        let (running, name) = (running(), body["name"]?.string)
        var rows: [Value] = []
        for editions in shelf.all {
            for (place, edition) in editions.enumerated()
            where name == nil || name == edition.about.name {
                var row = row(edition, running: running[ObjectIdentifier(edition)] ?? 0)
                row["latest"] = .bool(place == 0)
                rows.append(.object(row))
            }
        }
        rows += earlier(of: name)
        for file in shelf.broken where name == nil {
            rows.append(["id": .string(file.file), "error": .string(file.reason)])
        }
        return .array(Array(page(rows, body)))
    }

    /// Texts that are served no more and that runs here go on by.
    private func earlier(of name: String?) -> [Value] {
        let served = Set(shelf.all.joined().map(ObjectIdentifier.init))
        var counts: [String: (edition: Edition, running: Int)] = [:]
        for work in flows.works.values where !served.contains(ObjectIdentifier(work.edition)) {
            guard name == nil || name == work.edition.about.name else { continue }
            counts[work.edition.digest, default: (work.edition, 0)].running += 1
        }
        return counts.sorted { $0.key < $1.key }.map { digest, count in
            var row = row(count.edition, running: count.running)
            row["id"] = .string("\(count.edition.id)@\(digest)")
            row["served"] = false
            return .object(row)
        }
    }

    /// How many runs each version has in hand here.
    private func running() -> [ObjectIdentifier: Int] {
        var counts: [ObjectIdentifier: Int] = [:]
        for work in flows.works.values { counts[ObjectIdentifier(work.edition), default: 0] += 1 }
        return counts
    }

    private func row(_ edition: Edition, running: Int) -> ObjectValue {
        var row: ObjectValue = [
            "id": .string(edition.id),
            "workflow": .string(edition.about.name), "namespace": .string(edition.about.namespace),
            "version": .string(edition.about.version), "running": Value(running),
            "from": .string(edition.origin.description),
        ]
        row["title"] = edition.about.title.map(Value.string)
        row["summary"] = edition.about.summary.map(Value.string)
        return row
    }

    /// Stops a run where it is, or lets it go on.
    private mutating func turn(
        _ event: RunEvent, _ body: Value, _ peer: PeerID, into outbox: inout Outbox
    ) throws(Fault) -> Value {
        let id = try Name.check(body["id"]?.string ?? "", "request id")
        let seen = requests(seenBy: peer).first { slot in
            requests[slot].key.id == id && flows[requests.token(slot)] != nil
        }
        guard let slot = seen else {
            throw Fault(WireCode.notFound, "no workflow with the id \(id) runs")
        }
        let token = requests.token(slot)
        guard flows[token]?.run.accepts(event) == true else {
            let word = event == .resumed ? "is not suspended" : "is suspended already"
            throw Fault(WireCode.invalid, "\(id) \(word)")
        }
        tell(token, event, into: &outbox)
        return ["request": .string(id), "suspended": .bool(event == .suspended)]
    }
}
