/// Who a peer is, as its key or its socket proves it: what it may do follows from this, never from
/// what it says.
package struct Identity: Hashable, Sendable {
    package enum Role: String, Sendable, CaseIterable {
        case worker, client, `operator`, orchestrator
    }

    package let name: String
    package let role: Role
    /// The agents a worker may serve; nil: any. A pattern is a name, or a beginning followed by
    /// `*`.
    package let agents: [String]?
    package let tenant: String

    package init(name: String, role: Role, agents: [String]? = nil, tenant: String = "default") {
        self.name = name
        self.role = role
        self.agents = agents
        self.tenant = tenant
    }

    /// A process of the same user on the same host, proven by the socket file's permissions.
    package static let local = Identity(name: "local", role: .operator)

    /// A peer that proved nothing, on a bus that is open on loopback.
    package static let anonymous = Identity(name: "anonymous", role: .operator)

    package func mayServe(_ agent: String) -> Bool {
        guard role == .worker || role == .operator else { return false }
        guard let agents else { return true }
        return agents.contains { pattern in
            pattern.last == "*" ? agent.hasPrefix(pattern.dropLast()) : pattern == agent
        }
    }

    /// Whether a peer with this identity may use a routing id: the name of its key, or that, a dot
    /// and a suffix.
    package func mayUse(routingID: String) -> Bool {
        if self == .local || self == .anonymous { return true }
        return routingID == name || routingID.hasPrefix(name + ".")
    }
}
