import Bus
import Document
import Telemetry
import Wire

/// Whom a request is for: an agent, one of its instances, several agents one after the other or at
/// once.
extension Conductor {
    /// What a request asks for, and the agent that stands for it in lists.
    struct Target {
        var plan: Plan
        var agent: Int
        var instance: String?
    }

    /// Where a request stands among those that agents make of each other.
    struct Lineage {
        var depth = 0
        var root: UInt64 = 0
        var origin: RequestRecord.Origin?
    }

    mutating func target(
        of message: borrowing EnvelopeView, _ content: any Content
    ) throws(Fault) -> Target {
        switch message.type {
        case .request, .notification:
            let isSilent = message.type == .notification
            let receiver = message[.receiver]
            if let (plan, label) = try workflow(addressed: receiver, isSilent: isSilent) {
                return Target(plan: plan, agent: registry.expect(label))
            }
            let (agent, instance) = try agent(addressed: receiver)
            return Target(
                plan: isSilent ? .notification : .direct, agent: agent, instance: instance)
        case .pipeline: return try pipeline(message)
        case .broadcast: return try gathering(message, content)
        default:
            let (agent, instance) = try agent(addressed: message[.receiver])
            return Target(plan: .direct, agent: agent, instance: instance)
        }
    }

    /// The agent of an address. One that was here before is waited for; an unknown one is refused.
    func agent(addressed receiver: String) throws(Fault) -> (agent: Int, instance: String?) {
        if let agent = registry.agent(receiver) { return (agent, nil) }
        let address = try Address(receiver)
        guard let agent = registry.agent(address.agent) else {
            // Somebody may be named to stand in even for an agent that was never here.
            for name in registry.policies.policy(for: address.agent).fallback {
                if let other = registry.agent(name) { return (other, nil) }
            }
            throw unknown(address.agent)
        }
        if let instance = address.instance, !registry.serves(agent, instance: instance) {
            throw Fault(
                WireCode.unavailable, "\(address.agent) has no instance \(instance) now",
                retry: .now)
        }
        return (agent, address.instance)
    }

    func unknown(_ agent: String) -> Fault {
        // A misspelt name is not worth a walk through a hundred thousand others.
        let known = registry.agentNames.prefix(1000)
        let near = Suggestion.question(for: agent, in: known)
        let hint = known.first { _ in true } == nil ? "; no agent is here" : near
        return Fault(WireCode.unavailable, "there is no agent \(agent)\(hint)")
    }

    /// A worker's request belongs to the task it was made in, and counts against what began it all.
    mutating func lineage(
        of message: borrowing EnvelopeView, from peer: PeerID
    ) throws(Fault) -> Lineage {
        var lineage = Lineage(depth: Int(message.depth))
        if message.dispatch != 0, let step = steps.slot(token: message.dispatch),
            steps[step].holder == peer, steps[step].state == .running
        {
            let parent = steps[step].request
            lineage.depth = max(lineage.depth, requests[parent].depth + 1)
            lineage.root =
                requests[parent].root == 0 ? requests.token(parent) : requests[parent].root
            lineage.origin = RequestRecord.Origin(
                key: requests[parent].key, step: steps[step].ordinal,
                attempt: steps[step].attempt)
        }
        guard lineage.depth <= limits.depth else {
            throw Fault(
                WireCode.budget, "agents called each other \(limits.depth) deep: no deeper")
        }
        guard let root = requests.slot(token: lineage.root) else { return lineage }
        guard requests[root].calls < limits.calls else {
            throw Fault(
                WireCode.budget, "the request has led to \(limits.calls) calls: no more")
        }
        requests[root].calls += 1
        return lineage
    }

    // MARK: - Several agents

    private func pipeline(_ message: borrowing EnvelopeView) throws(Fault) -> Target {
        let stages = try agents(listed: "pipeline", in: message)
        guard stages.count <= limits.stages else {
            throw Fault(WireCode.range, "a pipeline has at most \(limits.stages) stages")
        }
        return Target(plan: .pipeline(Plan.Slip(stages: stages)), agent: stages[0])
    }

    private func gathering(
        _ message: borrowing EnvelopeView, _ content: any Content
    ) throws(Fault) -> Target {
        let headers = try message.headers()
        let members: [Plan.Gathering.Member]
        if headers["agents"] != nil {
            members = try agents(listed: "agents", in: message)
                .map { Plan.Gathering.Member(agent: $0) }
        } else {
            members = try instances(addressed: message[.receiver])
        }
        guard members.count <= limits.gathered else {
            throw Fault(
                WireCode.range, "\(members.count) answers are more than \(limits.gathered)")
        }
        return Target(
            plan: .gather(Plan.Gathering(members)), agent: members[0].agent)
    }

    /// Every instance that an acknowledged broadcast reaches: of one agent, or one of each worker.
    private func instances(addressed receiver: String) throws(Fault) -> [Plan.Gathering.Member] {
        if receiver == "*" {
            let members = registry.workers.compactMap { worker in
                worker.agents.first.map {
                    Plan.Gathering.Member(agent: $0, instance: worker.instance)
                }
            }
            guard !members.isEmpty else {
                throw Fault(WireCode.unavailable, "no worker is here", retry: .now)
            }
            return members
        }
        let (agent, instance) = try agent(addressed: receiver)
        let members = registry.workers(of: agent).map { registry.workers[$0].instance }
            .filter { instance == nil || $0 == instance }
            .map { Plan.Gathering.Member(agent: agent, instance: $0) }
        guard !members.isEmpty else {
            throw Fault(
                WireCode.unavailable, "\(registry.agents[agent].name) has no instance now",
                retry: .now)
        }
        return members
    }

    private func agents(
        listed header: String, in message: borrowing EnvelopeView
    ) throws(Fault) -> [Int] {
        guard let list = try message.headers()[header], !list.isEmpty else {
            throw Fault(WireCode.invalid, "the header \(header) names the agents: a,b,c")
        }
        var agents: [Int] = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let agent = registry.agent(String(name)) else {
                try Name.check(String(name), "agent")
                throw unknown(String(name))
            }
            agents.append(agent)
        }
        return agents
    }
}
