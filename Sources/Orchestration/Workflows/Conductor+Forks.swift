import Bus
import Document
import Flow
import Store
import Telemetry
import Wire

/// Runs that go on from the middle of another one. Such a request is accepted like any other; then
/// its journal is begun with lines of the other's, a stretch at a time, and the run is had again
/// from that. Whoever takes it over in the middle goes on with the copying.
extension Conductor {
    /// The question `fork`: makes sure that the text is known here that a fork of a request is to
    /// run by, and says how to name it. Another text may be brought by operators alone: a workflow
    /// names the secrets it is given.
    mutating func prepareFork(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        guard let text = body["text"]?.string else {
            let key = try recordKey(body, asker)
            return try inquire(.origin(asker), into: &outbox) { .read($0, key, from: .max) }
        }
        guard isOperator(asker.caller.peer) else {
            throw Fault(
                WireCode.forbidden, "only an operator's key may have a run go on by another text")
        }
        let edition = try Edition(Array(text.utf8), from: .file("a fork"), name: "workflow")
        shelf.remember(edition)
        answer(asker, ["receiver": .string(edition.address.receiver)], into: &outbox)
    }

    mutating func prepareFork(
        of request: StoredRequest?, for asker: Inquiries.Asker, into outbox: inout Outbox
    ) {
        guard let address = request?.workflow, let digest = address.digest else {
            return deny(asker, into: &outbox)
        }
        if (try? shelf.edition(address)) != nil {
            return answer(asker, ["receiver": .string(address.receiver)], into: &outbox)
        }
        do throws(Fault) {
            try inquire(.originText(asker, receiver: address.receiver), into: &outbox) {
                .workflow($0, digest: digest)
            }
        } catch {
            complain(error, to: asker, into: &outbox)
        }
    }

    mutating func rememberOrigin(
        _ text: [UInt8]?, _ receiver: String, for asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) {
        guard let text,
            let edition = try? Edition(text, from: .file("the store"), name: "workflow")
        else {
            let fault = Fault(WireCode.gone, "the text it ran by is not kept any more")
            return complain(fault, to: asker, into: &outbox)
        }
        shelf.remember(edition)
        answer(asker, ["receiver": .string(receiver)], into: &outbox)
    }

    // MARK: - Copying

    /// Whether a request says to go on from another one's journal.
    func isFork(_ slot: Int) -> Bool {
        requests[slot].delivery == .durable && RunFork.isNamed(in: requests[slot].envelope)
    }

    /// Begins a run with lines of another; false: it has them.
    mutating func beginFork(_ slot: Int, into outbox: inout Outbox) -> Bool {
        let token = requests.token(slot)
        do throws(Fault) {
            let content = try JSON.parse(requests[slot].content.array)
            // What a fork has run bears its envelope, and is none.
            guard let member = content[RunFork.member] else { return false }
            let fork = try RunFork(member)
            guard requests[slot].journalLength <= fork.lines else { return false }
            var forking = Forking(fork: fork, kept: requests[slot].journalLength)
            if forking.kept == 0 { forking.lines = [forking.first] }
            flows.forking[token] = forking
        } catch {
            conclude(slot, .failure(WireError(error)), into: &outbox)
            return true
        }
        if requests[slot].journalLength == 0 {
            keepFork(slot, into: &outbox)
        } else {
            readOrigin(slot, into: &outbox)
        }
        return true
    }

    /// A stretch of the other's journal is there.
    mutating func copy(_ page: JournalPage?, to token: UInt64, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .active,
            let forking = flows.forking[token]
        else { return }
        let wanted = forking.fork.lines - (forking.kept - 1)
        guard let page, !page.entries.isEmpty, wanted > 0 else {
            let fault = Fault(
                WireCode.gone, "the journal of \(forking.fork.origin) is not kept any more")
            return conclude(slot, .failure(WireError(fault)), into: &outbox)
        }
        flows.forking[token]?.lines = Array(page.entries.prefix(wanted))
        flows.forking[token]?.bodies = page.bodies
        keepFork(slot, into: &outbox)
    }

    /// The store keeps what was copied so far.
    mutating func forkKept(_ token: UInt64, _ keeping: Keeping, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .active else {
            return
        }
        guard keeping == .kept else { return giveUp(slot, keeping, into: &outbox) }
        flows.forking[token]?.confirm()
        guard let forking = flows.forking[token] else { return }
        if !forking.lines.isEmpty { return keepFork(slot, into: &outbox) }
        guard forking.kept > forking.fork.lines else { return readOrigin(slot, into: &outbox) }
        flows.forking[token] = nil
        requests[slot].journalLength = forking.kept
        begin(slot, at: present, into: &outbox)
    }

    private mutating func keepFork(_ slot: Int, into outbox: inout Outbox) {
        let token = requests.token(slot)
        guard let next = flows.forking[token]?.next(of: requests[slot].record) else { return }
        outbox.ask(.journal(token, next))
    }

    private mutating func readOrigin(_ slot: Int, into outbox: inout Outbox) {
        let token = requests.token(slot)
        guard let forking = flows.forking[token] else { return }
        let origin = RecordKey(tenant: requests[slot].tenant, id: forking.fork.origin)
        let ticket = inquiries.ask(.originPage(slot: token))
        outbox.ask(.readJournal(ticket, origin, from: forking.kept - 1))
    }
}

/// A run whose journal is being begun with that of another.
struct Forking {
    let fork: RunFork
    /// Lines that the store keeps: the one that says what it is, and those of the other.
    var kept: Int
    /// What is to be kept next.
    var lines: [[UInt8]] = []
    var bodies: [String: [UInt8]] = [:]
    private var asked = 0

    /// Lines of one command.
    private static let batch = 100

    init(fork: RunFork, kept: Int) {
        self.fork = fork
        self.kept = kept
    }

    /// The line that says what it is. A large one may stand in the journal as it is: it is there
    /// once.
    var first: [UInt8] { JSON.write(["e": "forked", "v": fork.value]) }

    mutating func next(of key: RecordKey) -> StateCommand.Journaling? {
        guard asked == 0, !lines.isEmpty else { return nil }
        let batch = lines.prefix(Self.batch)
        asked = batch.count
        lines.removeFirst(asked)
        defer { bodies = [:] }
        return StateCommand.Journaling(
            key: key, after: kept,
            entries: batch.map { StateCommand.Journaling.Entry(bytes: $0) },
            bodies: bodies.sorted { $0.key < $1.key }
                .map { StateCommand.Journaling.Body(digest: $0.key, bytes: $0.value) })
    }

    mutating func confirm() {
        kept += asked
        asked = 0
    }
}

extension RunFork {
    private static let mark = Array(header.utf8)

    /// Whether an envelope has the header of a fork: seldom, so that it is only then taken apart.
    static func isNamed(in envelope: [UInt8]) -> Bool {
        guard envelope.indices.contains(where: { envelope[$0...].starts(with: mark) }) else {
            return false
        }
        return (try? Envelope(decoding: envelope))?.headers[header] != nil
    }
}
