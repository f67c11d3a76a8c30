package import Document

/// What a peer says of itself in the content of HELLO; described in `proto/agent_message.proto`.
package struct Hello: Codable, Sendable, Hashable {
    package enum Role: String, Codable, Sendable {
        case worker, client, orchestrator
    }

    package var role: Role
    /// New with every process: the same session again means the same process.
    package var session: String
    package var instance: String?
    package var version: String?
    /// Tasks at a time, over all agents of this worker.
    package var capacity: Int?
    package var agents: [AgentDescription]?
    /// The texts of the workflow files that come with it.
    package var workflows: [String]?
    package var inflight: [Inflight]?
    /// Tasks of orchestrators that this process has lost.
    package var orphans: [Orphan]?

    package init(role: Role, session: String) {
        self.role = role
        self.session = session
    }

    /// A task the sender still has in hand: running, or done with its result waiting for an
    /// acknowledgement.
    package struct Inflight: Codable, Sendable, Hashable {
        package enum State: String, Codable, Sendable {
            case running, done
        }

        package var request: String
        package var step: UInt32
        package var attempt: UInt32
        package var fence: String?
        package var dispatch: UInt64
        package var state: State

        package init(
            request: String, step: UInt32, attempt: UInt32, fence: String? = nil,
            dispatch: UInt64, state: State
        ) {
            self.request = request
            self.step = step
            self.attempt = attempt
            self.fence = fence
            self.dispatch = dispatch
            self.state = state
        }
    }
}

/// One agent of a worker as it registers: everything that routing, help and a workflow need to know
/// of it.
package struct AgentDescription: Codable, Sendable, Hashable {
    package var name: String
    package var version: String?
    package var description: String?
    package var capabilities: [String]?
    package var useCases: [String]?
    package var keywords: [String]?
    /// JSON Schema with defaults.
    package var parameters: Value?
    package var effect: String?
    package var blocking: Bool?
    /// The longest the agent works without a sign of progress; absent: it reports none.
    package var progress: UInt64?
    package var cost: Double?

    package enum CodingKeys: String, CodingKey {
        case name, version, description, capabilities
        case useCases = "use_cases"
        case keywords, parameters, effect, blocking
        case progress = "progress_ms"
        case cost
    }

    package init(name: String) { self.name = name }
}

/// What an orchestrator answers to HELLO; described in `proto/agent_message.proto`.
package struct Welcome: Codable, Sendable, Hashable {
    package var orchestrator: String
    package var cluster: String
    package var version: String
    package var epoch: String
    package var instance: String?
    package var orchestrators: [OrchestratorAddress]
    package var limits: Limits
    package var liveness: Liveness
    package var inflight: [Verdict]?

    package init(
        orchestrator: String, cluster: String, version: String, epoch: String,
        orchestrators: [OrchestratorAddress], limits: Limits, liveness: Liveness
    ) {
        self.orchestrator = orchestrator
        self.cluster = cluster
        self.version = version
        self.epoch = epoch
        self.orchestrators = orchestrators
        self.limits = limits
        self.liveness = liveness
    }

    package struct Limits: Codable, Sendable, Hashable {
        package var content = WireLimits.content
        package var part = WireLimits.part
        package var envelope = WireLimits.envelope

        package init() {}
    }

    package struct Liveness: Codable, Sendable, Hashable {
        package var ping: UInt64
        package var dead: UInt64

        package enum CodingKeys: String, CodingKey {
            case ping = "ping_ms"
            case dead = "dead_ms"
        }

        package init(ping: UInt64, dead: UInt64) {
            self.ping = ping
            self.dead = dead
        }
    }

    /// What becomes of a task that the worker listed in HELLO.
    package struct Verdict: Codable, Sendable, Hashable {
        package enum Word: String, Codable, Sendable {
            case `continue`, abort, resend
        }

        package var dispatch: UInt64
        package var request: String
        package var step: UInt32
        package var attempt: UInt32
        package var verdict: Word

        package init(_ verdict: Word, of task: Hello.Inflight) {
            self.verdict = verdict
            dispatch = task.dispatch
            request = task.request
            step = task.step
            attempt = task.attempt
        }
    }
}

/// Where one orchestrator can be reached.
package struct OrchestratorAddress: Codable, Sendable, Hashable {
    package var name: String
    package var bus: String
    package var broadcast: String?
    package var tap: String?
    /// The bus for processes of the same user on the same host.
    package var socket: String?
    /// The broadcasts for the same processes.
    package var broadcastSocket: String?
    /// The tap for the same processes.
    package var tapSocket: String?
    /// The server's public key, where the bus is encrypted.
    package var key: String?

    package enum CodingKeys: String, CodingKey {
        case name, bus, broadcast, tap, socket
        case broadcastSocket = "broadcast_socket"
        case tapSocket = "tap_socket"
        case key
    }

    package init(name: String, bus: String) {
        self.name = name
        self.bus = bus
    }
}

/// What MEMBERSHIP tells on the broadcast socket.
package struct Membership: Codable, Sendable, Hashable {
    /// All that the publisher knows of: itself first.
    package var orchestrators: [OrchestratorAddress]
    /// Who left for good; nobody need look for them any more.
    package var left: [String]?

    package init(orchestrators: [OrchestratorAddress], left: [String]? = nil) {
        self.orchestrators = orchestrators
        self.left = left
    }
}

/// What is published under which name on the broadcast socket.
package enum Topic {
    package static let membership = "m/"
    package static let everybody = "b/*"

    /// Broadcasts to the instances of an agent; `*` is everybody.
    package static func broadcast(to receiver: String) -> String { "b/\(receiver)" }
}
