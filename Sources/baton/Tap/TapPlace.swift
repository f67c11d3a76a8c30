import Bus
import Document
import Telemetry
import Wire
import WorkerKit

/// Where the tap of one orchestrator is, and the key to be shown there.
struct TapPlace: Sendable {
    let orchestrator: String
    let endpoint: ClientEndpoint
    let key: KeyPair?

    /// The taps of all orchestrators that those know of who answer.
    static func all(_ invocation: Invocation) async throws -> [TapPlace] {
        let plans = try Contact.address(invocation).plans()
        let answers = try await Survey(questions: ["orchestrators"]).asked(invocation)
        let answered = zip(plans, answers).filter { $0.1.fault == nil }
        guard !answered.isEmpty else {
            let faults = answers.compactMap(\.fault)
            throw faults.first { !$0.has(Exit.unavailable) } ?? faults.first
                ?? Fault(Exit.unavailable, "No orchestrator is there to be listened to.")
        }
        var places: [TapPlace] = []
        var silent: [String] = []
        // Everybody knows best where it is itself.
        let known = answered.map { ($0.0.plan, addresses($0.1[0] ?? .null)) }
        let own = known.compactMap { plan, list in list.first.map { (plan, $0) } }
        let others = known.flatMap { plan, list in list.dropFirst().map { (plan, $0) } }
        for (plan, address) in own + others
        where !places.contains(where: { $0.orchestrator == address.name }) {
            guard let seenFrom = plan.endpoints.first,
                let endpoint = address.tapEndpoint(seenFrom: seenFrom)
            else {
                silent.append(address.name)
                continue
            }
            places.append(
                TapPlace(orchestrator: address.name, endpoint: endpoint, key: plan.key))
        }
        guard !places.isEmpty else {
            throw Fault(
                Exit.unavailable,
                "\(silent.joined(separator: ", ")) cannot be listened to: it names no tap, as"
                    + " releases before this one do.")
        }
        return places
    }

    private static func addresses(_ answer: Value) -> [OrchestratorAddress] {
        (answer["orchestrators"]?.array ?? []).compactMap { value in
            try? JSON.decode(from: JSON.write(value))
        }
    }
}
