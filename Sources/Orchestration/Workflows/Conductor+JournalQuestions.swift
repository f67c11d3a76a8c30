import Bus
import Document
import Flow
import Store
import Telemetry
import Wire

/// The question `journal`: all that is needed to have a durable run again without a cluster. Its
/// head says of what run it is; then come its lines, a stretch at a time.
extension Conductor {
    /// What of a head has more bytes is asked for by its name.
    private static let mostInHead = 200 << 10
    private static let parts = ["input", "output", "text"]

    mutating func askJournal(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        let id = body["id"]?.string ?? ""
        let inHand = requests(seenBy: asker.caller.peer).first { requests[$0].key.id == id }
        if let inHand, requests[inHand].delivery == .volatile {
            throw Fault(
                WireCode.invalid, "\(id) is volatile: only durable runs keep what they were told")
        }
        let key: RecordKey
        if let inHand { key = requests[inHand].record } else { key = try recordKey(body, asker) }
        if let from = body["from"]?.integer {
            return try inquire(.runPage(asker), into: &outbox) {
                .readJournal($0, key, from: max(0, from))
            }
        }
        let wanted = body["want"]?.string
        if let wanted, !Self.parts.contains(wanted) {
            throw Fault(WireCode.invalid, "of a run there is \(Self.parts.joined(separator: ", "))")
        }
        try inquire(.run(asker, wanted: wanted), into: &outbox) { .read($0, key, from: .max) }
    }

    /// The store has the request: what it is a run of.
    mutating func describe(
        _ request: StoredRequest?, _ wanted: String?, to asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) {
        guard let request else { return deny(asker, into: &outbox) }
        guard let address = request.workflow, let digest = address.digest else {
            let fault = Fault(WireCode.invalid, "\(request.id) is no run of a workflow")
            return complain(fault, to: asker, into: &outbox)
        }
        var head = request.description(at: storeTime(at: present))
        head["events"] = nil
        head["lines"] = Value(request.journalLength)
        head["runtime"] = .string(welcome.version)
        head["digest"] = .string(digest)
        head["children"] = children(of: request)
        var shown = address
        shown.digest = nil
        head["workflow"] = .string(shown.description)
        if let wanted { head = ["wanted": .string(wanted), wanted: head[wanted] ?? .null] }
        if let wanted, wanted != "text" { return answer(asker, .object(head), into: &outbox) }
        if let edition = try? shelf.edition(address) {
            return tell(head, edition.text, to: asker, into: &outbox)
        }
        do throws(Fault) {
            try inquire(.runText(asker, head: head), into: &outbox) {
                .workflow($0, digest: digest)
            }
        } catch {
            complain(error, to: asker, into: &outbox)
        }
    }

    /// A text was read for somebody who asked; false: it is not for such a one.
    mutating func handOut(
        _ text: [UInt8]?, for purpose: Inquiries.Purpose?, into outbox: inout Outbox
    ) -> Bool {
        switch purpose {
        case .runText(let asker, let head): tell(head, text, to: asker, into: &outbox)
        case .originText(let asker, let receiver):
            rememberOrigin(text, receiver, for: asker, into: &outbox)
        default: return false
        }
        return true
    }

    /// A stretch of a journal was read for somebody else than its own run.
    mutating func handOut(
        _ page: JournalPage?, for purpose: Inquiries.Purpose?, into outbox: inout Outbox
    ) -> Bool {
        switch purpose {
        case .runPage(let asker):
            guard let page else {
                deny(asker, into: &outbox)
                return true
            }
            answer(asker, page.value, into: &outbox)
        case .originPage(let token): copy(page, to: token, into: &outbox)
        default: return false
        }
        return true
    }

    // MARK: - Steps

    private func tell(
        _ head: ObjectValue, _ text: [UInt8]?, to asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) {
        var head = head
        head["text"] = text.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
        if head["wanted"] == nil {
            for part in Self.parts {
                if let value = head[part], JSON.write(value).count > Self.mostInHead {
                    head[part] = nil
                }
            }
        }
        answer(asker, .object(head), into: &outbox)
    }

    /// Runs that it has under way, by the steps that want them.
    private func children(of request: StoredRequest) -> Value? {
        let key = RequestKey(scope: Peer.scope(ofTenant: request.tenant), id: request.id)
        guard let slot = requests.slot(key), let work = flows[requests.token(slot)] else {
            return nil
        }
        var children: ObjectValue = [:]
        for (key, part) in work.parts {
            guard case .request(let token) = part, let child = requests.slot(token: token) else {
                continue
            }
            children[key.text] = .string(requests[child].key.id)
        }
        return children.isEmpty ? nil : .object(children)
    }
}

extension StoredRequest {
    /// The workflow it is a run of, down to its text.
    var workflow: WorkflowAddress? {
        guard let input, let envelope = try? Envelope(decoding: input.envelope) else { return nil }
        return try? WorkflowAddress(receiver: envelope.receiver)
    }

    /// Whether it says to go on from another one's journal.
    var isFork: Bool { input.map { RunFork.isNamed(in: $0.envelope) } ?? false }
}

extension JournalPage {
    /// Lines as they are, and what they refer to.
    fileprivate var value: Value {
        var bodies: ObjectValue = [:]
        for (digest, bytes) in self.bodies { bodies[digest] = (try? JSON.parse(bytes)) ?? .null }
        var value: ObjectValue = [
            "lines": .array(entries.map { (try? JSON.parse($0)) ?? .null }),
            "bodies": .object(bodies),
        ]
        value["next"] = next.map { Value($0) }
        return .object(value)
    }
}
