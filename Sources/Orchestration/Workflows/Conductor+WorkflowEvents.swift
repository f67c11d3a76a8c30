import Bus
import Document
import Flow
import Telemetry
import Wire

/// Events that workflows emit and listen for.
extension Conductor {
    /// Tells all runs of a tenant that listen, wherever they are.
    mutating func spread(_ event: Value, tenant: String, into outbox: inout Outbox) {
        outbox.announce(.event, ContentBytes(JSON.write(event))) { $0.text(.tenant, tenant) }
        publish(event, tenant: tenant, into: &outbox)
    }

    /// What another orchestrator's run emitted.
    mutating func heard(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        try checkIsOrchestrator(peer, "tell of events")
        let tenant = message[.tenant]
        publish(try JSON.parse(content.array), tenant: tenant, into: &outbox)
    }

    /// Tells all runs of a tenant that listen here.
    mutating func publish(_ event: Value, tenant: String, into outbox: inout Outbox) {
        for token in flows.listeners {
            guard let slot = requests.slot(token: token), requests[slot].tenant == tenant else {
                continue
            }
            tell(token, .event(event), into: &outbox)
        }
    }

    /// The question `emit`: an event that comes from outside.
    mutating func emit(
        _ body: Value, for peer: PeerID, into outbox: inout Outbox
    ) throws(Fault) -> Value {
        guard let event = body["event"], var members = event.object,
            let type = event["type"]?.string, !type.isEmpty
        else {
            throw Fault(
                WireCode.invalid, "an event is an object with at least a type: {\"type\": \"…\"}")
        }
        let number = flows.nextRequest()
        members["specversion"] = members["specversion"] ?? "1.0"
        members["id"] = members["id"] ?? .string("\(name)-\(welcome.epoch)-\(number)")
        members["source"] = members["source"] ?? .string(peers[peer]?.name ?? "baton")
        members["time"] = members["time"] ?? .string(flowClock.iso8601)
        publish(.object(members), tenant: peers.tenant(of: peer) ?? "", into: &outbox)
        return ["event": members["id"] ?? .null, "listeners": Value(flows.listeners.count)]
    }
}
