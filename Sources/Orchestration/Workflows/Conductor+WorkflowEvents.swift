import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Events that workflows emit and listen for. The store keeps a log of them for each tenant. Runs
/// with a journal are told from that alone, in its order, and know how far they were; all others
/// are told of what is announced while they listen.
extension Conductor {
    /// An event on its way into the log.
    struct Publication {
        let tenant: String
        let event: Value
        let stored: EventCommand.Event
        let emitter: Emitter
    }

    /// Who waits until an event is kept.
    enum Emitter {
        /// A step of a run with a journal, by the token of its request.
        case run(UInt64, StepKey)
        case question(Inquiries.Asker)
        /// Nobody: it is told all the same where it cannot be kept.
        case nobody
    }

    /// A run emits an event: one with a journal goes on when the log has it.
    mutating func emit(_ event: Value, _ key: StepKey, _ slot: Int, into outbox: inout Outbox) {
        if tap.isOn { note(.event, JSON.write(event), about: subject(slot), into: &outbox) }
        let token = requests.token(slot)
        let isDurable = flows[token]?.journal != nil
        do throws(Fault) {
            // The same for whoever takes the run over.
            let place = "\(requests[slot].key.id) \(isDurable ? 0 : token) \(key.text)"
            let stored = try Self.stored(
                event, tenant: requests[slot].tenant, place: place)
            publish(
                Publication(
                    tenant: requests[slot].tenant, event: event, stored: stored,
                    emitter: isDurable ? .run(token, key) : .nobody), into: &outbox)
        } catch {
            let failure = FlowError(WireError(error), of: "the event")
            return tell(token, .failed(key, failure), into: &outbox)
        }
        if !isDurable { tell(token, .answered(key, .null), into: &outbox) }
    }

    /// The question `emit`: an event that comes from outside. It is answered when the log has it.
    mutating func emit(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        guard let event = body["event"], var members = event.object,
            let type = event["type"]?.string, !type.isEmpty
        else {
            throw Fault(
                WireCode.invalid, "an event is an object with at least a type: {\"type\": \"…\"}")
        }
        guard !inquiries.isFull else {
            throw Fault(
                WireCode.busy, "too many questions at once", retry: .after(.milliseconds(100)))
        }
        let peer = asker.caller.peer
        let number = flows.nextRequest()
        members["specversion"] = members["specversion"] ?? "1.0"
        if Self.name(members["id"]).isEmpty {
            members["id"] = .string("\(name)-\(welcome.epoch)-\(number)")
        }
        members["source"] = members["source"] ?? .string(peers[peer]?.name ?? "baton")
        members["time"] = members["time"] ?? .string(flowClock.iso8601)
        let tenant = peers.tenant(of: peer) ?? ""
        let stored = try Self.stored(.object(members), tenant: tenant)
        publish(
            Publication(
                tenant: tenant, event: .object(members), stored: stored,
                emitter: .question(asker)), into: &outbox)
    }

    /// What another orchestrator's run emitted.
    mutating func heard(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        try checkIsOrchestrator(peer, "tell of events")
        let tenant = message[.tenant]
        let place = LogPosition(message[.messageID])
        let before = LogPosition(message[.correlationID])
        let event = try JSON.parse(content.array)
        tellVolatile(event, tenant: tenant, into: &outbox)
        if let place {
            arrived(event, tenant, place, after: before, into: &outbox)
        }
        // Logs in the memory of each process are no log of all.
        if !storeIsDurable, !inquiries.isFull, !Self.name(event["id"]).isEmpty,
            let stored = try? Self.stored(event, tenant: tenant)
        {
            let copy = Publication(
                tenant: tenant, event: event, stored: stored, emitter: .nobody)
            outbox.ask(.event(inquiries.ask(.copy(copy)), .publish(stored)))
        }
    }

    // MARK: - Publishing

    private mutating func publish(_ publication: Publication, into outbox: inout Outbox) {
        guard !inquiries.isFull else { return unpublished(publication, into: &outbox) }
        outbox.ask(
            .event(inquiries.ask(.publication(publication)), .publish(publication.stored)))
    }

    /// The store's word on it.
    mutating func published(
        _ publication: Publication, at place: LogPosition, after before: LogPosition?,
        into outbox: inout Outbox
    ) {
        spread(publication, place, before, into: &outbox)
        arrived(
            publication.event, publication.tenant, place, after: before, into: &outbox)
        switch publication.emitter {
        case .nobody: break
        case .run(let token, let key): tell(token, .answered(key, .null), into: &outbox)
        case .question(let asker):
            let listeners = flows.listeners.count { token in
                requests.slot(token: token).map { requests[$0].tenant } == publication.tenant
            }
            let id = publication.event["id"] ?? .null
            answer(
                asker, ["event": id, "listeners": Value(listeners)], into: &outbox)
        }
    }

    /// The store did not take it. A run with a journal waits for that; nobody else does.
    mutating func unpublished(
        _ publication: Publication, _ fault: Fault? = nil, into outbox: inout Outbox
    ) {
        switch publication.emitter {
        case .run: flows.unpublished.append((present + .seconds(1), publication))
        case .nobody: spread(publication, nil, nil, into: &outbox)
        case .question(let asker):
            let fault = fault ?? Fault(WireCode.busy, "too many questions at once")
            complain(fault, to: asker, into: &outbox)
        }
    }

    /// Tries again what the store did not take.
    mutating func publishAgain(into outbox: inout Outbox) {
        guard flows.unpublished.first.map({ $0.due <= present }) == true else { return }
        let due = flows.unpublished.prefix { $0.due <= present }
        flows.unpublished.removeFirst(due.count)
        for (_, publication) in due {
            guard case .run(let token, _) = publication.emitter, flows[token] != nil else {
                continue
            }
            publish(publication, into: &outbox)
        }
    }

    /// Tells everybody, wherever they are.
    private mutating func spread(
        _ publication: Publication, _ place: LogPosition?, _ before: LogPosition?,
        into outbox: inout Outbox
    ) {
        outbox.announce(.event, ContentBytes(JSON.write(publication.event))) { writer in
            if let place { writer.text(.messageID, place.description) }
            if let before { writer.text(.correlationID, before.description) }
            writer.text(.tenant, publication.tenant)
        }
        tellVolatile(publication.event, tenant: publication.tenant, into: &outbox)
    }

    /// Tells the runs of a tenant that listen here and keep no journal.
    private mutating func tellVolatile(
        _ event: Value, tenant: String, into outbox: inout Outbox
    ) {
        if !Self.name(event["id"]).isEmpty, let stored = try? Self.stored(event, tenant: tenant),
            !flows.recent.insert(Digest(tenant, stored.digest.description))
        {
            return
        }
        for token in flows.listeners where flows[token]?.journal == nil {
            guard let slot = requests.slot(token: token), requests[slot].tenant == tenant else {
                continue
            }
            tell(token, .event(event), into: &outbox)
        }
    }

    /// - Parameter place: what tells an event without an id from others.
    private static func stored(
        _ event: Value, tenant: String, place: String = ""
    ) throws(Fault) -> EventCommand.Event {
        let bytes = JSON.write(event)
        guard bytes.count <= EventCommand.largest else {
            throw Fault(
                WireCode.tooLarge,
                "an event has at most \(EventCommand.largest) bytes, this one \(bytes.count)")
        }
        let id = name(event["id"])
        return EventCommand.Event(
            tenant: tenant, source: name(event["source"]), id: id.isEmpty ? "\(place) " : id,
            bytes: bytes)
    }

    /// An attribute that should be a text, and may be anything.
    private static func name(_ attribute: Value?) -> String {
        guard let attribute, !attribute.isNull else { return "" }
        return attribute.string ?? JSON.text(attribute)
    }
}
