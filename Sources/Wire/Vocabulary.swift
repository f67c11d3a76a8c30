public import Telemetry

/// The closed vocabulary of the bus: the words of `proto/agent_message.proto`, and nothing else.
package enum MessageType: UInt8, Sendable, CaseIterable {
    case request = 1
    case notification, broadcast, pipeline, cancel, watch
    case accepted = 10
    case partial, response, error, event
    case hello = 20
    case ready, accept, nack, progress, effectBegin, effectDone, result, fail
    case pong = 29
    case drain, bye
    case welcome = 40
    case task, go, abort, ping, resultAck, effect, resume
    case hint = 50
    case breaker, membership
    case part = 60
    case span = 70
    case tally

    /// The name in `proto/` and in the JSON form.
    package var name: String {
        switch self {
        case .effectBegin: "EFFECT_BEGIN"
        case .effectDone: "EFFECT_DONE"
        case .resultAck: "RESULT_ACK"
        default: "\(self)".uppercased()
        }
    }

    package init?(name: some StringProtocol) {
        guard let type = MessageType.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }
}

/// What running a step twice may do to the world.
public enum Effect: UInt8, Sendable, CaseIterable {
    /// May repeat freely.
    case pure = 0
    /// May repeat: repeats carry the same effect key.
    case idempotent = 1
    /// Never repeated by the system.
    case unsafe = 2

    package var name: String { "\(self)" }

    package init?(name: some StringProtocol) {
        guard let effect = Effect.allCases.first(where: { $0.name == name }) else { return nil }
        self = effect
    }
}

/// What the caller asked for, and in an answer what it was given.
public enum Delivery: UInt8, Sendable, CaseIterable {
    /// Accepted means stored.
    case durable = 0
    /// Lost with a process.
    case volatile = 1

    package var name: String { "\(self)" }

    package init?(name: some StringProtocol) {
        guard let delivery = Delivery.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = delivery
    }
}

/// The codes that travel in `Error.code`; a client may rely on their spelling.
public enum WireCode: String, FaultCode, CaseIterable {
    case busy, unavailable, invalid
    case notFound = "not_found"
    case version, type, frames, header, range, unsupported, stale, gone, identity, forbidden
    case deadline, cancelled, lost, failed
    case tooLarge = "too_large"
    case hello, `internal`
    case circuitOpen = "circuit_open"
    case budget
    /// A worker does not know what came of its side effect: a person must decide.
    case uncertain
    /// The agent is frozen: nothing is given to it until somebody thaws it.
    case frozen
    /// The tenant has as much in hand as it may.
    case quota, corrupt
    /// The request is another orchestrator's by now: the result is to be told to anybody else.
    case moved
    /// The agent is well, and what it was to do failed: the details say how.
    case problem
}

/// The limits of the wire, the same for everybody who speaks it.
package enum WireLimits {
    package static let version: UInt32 = 1
    package static let envelope = 4096
    package static let content = 1 << 20
    package static let part = 64 << 10
    package static let parts = 64
    /// Bytes of an error's details.
    package static let details = 1024
    package static let headers = 32
    package static let headerBytes = 2048
    package static let fenceDigits = 40
    package static let priority = 9
    package static let stages = 32
    package static let broadcast = 48 << 10
}
