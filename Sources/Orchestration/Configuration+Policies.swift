import Document
import Store
import Telemetry
import Wire

/// What single agents are granted beside what all are, and how the values of a policy must stand to
/// each other.
extension Configuration {
    /// Agents that may be asked one after the other when one fails.
    private static let fallbacks = 4
    private static let keys = [
        "timeout", "concurrency", "queue", "fallback", "copies", "algorithm", "approve",
        "private_data", "untrusted_content", "outbound",
    ]

    /// What an agent does not name it has from all: these were read before.
    mutating func readAgents(_ node: Node) throws(Fault) {
        for (name, node) in try node.entries() {
            do throws(Fault) {
                try Name.check(name, "agent")
            } catch {
                throw node.fault(ConfigurationCode.rule, error.message)
            }
            policies.named[name] = try policy(node)
        }
    }

    private func policy(_ node: Node) throws(Fault) -> Policy {
        let entries = try node.mapping(knownKeys: Self.keys + PolicySetting.ofAgents)
        var policy = policies.common
        if let node = entries["algorithm"] { try PolicySetting.algorithm.read(node, &policy) }
        policy.timeout = try entries["timeout"]?.duration(in: Setting.delays)
        policy.concurrency = try entries["concurrency"]?.integer(in: 1...10_000_000)
        policy.queue = try entries["queue"]?.integer(in: 0...10_000_000)
        if let list = entries["fallback"] { policy.fallback = try fallback(list) }
        if let prefix = entries["copies"] { policy.copies = try copies(prefix) }
        for power in Policy.Power.allCases {
            if try entries[power.rawValue]?.bool() == true { policy.powers.insert(power) }
        }
        if let who = entries["approve"] {
            guard try who.string() == "human" else {
                throw who.fault(ConfigurationCode.rule, "approve: human, or nothing")
            }
            policy.needsApproval = true
        }
        for section in PolicySetting.ofAgents {
            guard let node = entries[section] else { continue }
            let settings = PolicySetting.all.filter { $0.section == section }
            let values = try node.mapping(knownKeys: settings.map(\.key))
            for setting in settings {
                if let value = values[setting.key] { try setting.read(value, &policy) }
            }
        }
        return policy
    }

    /// Where copies for other programs stand: nothing of the store's own begins so.
    private func copies(_ node: Node) throws(Fault) -> String {
        let prefix = try node.string()
        guard (1...128).contains(prefix.utf8.count),
            prefix.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            !prefix.hasPrefix(store.prefix), !store.prefix.hasPrefix(prefix)
        else {
            throw node.fault(
                ConfigurationCode.rule,
                "copies has 1 to 128 printable characters, and differs from the store's prefix")
        }
        return prefix
    }

    private func fallback(_ node: Node) throws(Fault) -> [String] {
        var names: [String] = []
        for entry in try node.list() {
            let name = try entry.string()
            do throws(Fault) {
                try Name.check(name, "agent")
            } catch {
                throw entry.fault(ConfigurationCode.rule, error.message)
            }
            guard !names.contains(name) else {
                throw entry.fault(ConfigurationCode.rule, "\(name) is named twice")
            }
            names.append(name)
        }
        guard names.count <= Self.fallbacks else {
            throw node.fault(
                ConfigurationCode.rule, "at most \(Self.fallbacks) agents may stand in for one")
        }
        return names
    }

    /// What single agents have that others have not, as the file says it.
    package var agentSettings: [(name: String, value: String)] {
        policies.named.sorted { $0.key < $1.key }.flatMap { agent, policy in
            let own: [(name: String, value: String?)] =
                [
                    ("timeout", policy.timeout.map { Setting.text(of: $0) }),
                    ("concurrency", policy.concurrency.map(String.init)),
                    ("queue", policy.queue.map(String.init)),
                    (
                        "fallback",
                        policy.fallback.isEmpty ? nil : policy.fallback.joined(separator: ", ")
                    ),
                    ("copies", policy.copies),
                    ("approve", policy.needsApproval ? "human" : nil),
                ]
                + Policy.Power.allCases.map { power in
                    (power.rawValue, policy.powers.contains(power) ? "true" : nil)
                }
            let common = PolicySetting.all.map { setting in
                let value = setting.show(policy)
                let name =
                    Self.keys.contains(setting.key)
                    ? setting.key : "\(setting.section).\(setting.key)"
                return (name: name, value: value == setting.show(policies.common) ? nil : value)
            }
            return (own + common).compactMap { entry in
                entry.value.map { (name: "agents.\(agent).\(entry.name)", value: $0) }
            }
        }
    }

    // MARK: - Rules

    mutating func checkPolicies(_ root: Node) throws(Fault) {
        try check(policies.common.retries, root["retries"] ?? root)
        for (name, policy) in policies.named.sorted(by: { $0.key < $1.key }) {
            let node = root["agents"]?[name] ?? root
            try check(policy.retries, node["retries"] ?? node)
            if policy.powers.count == Policy.Power.allCases.count, !policy.needsApproval {
                throw node.fault(
                    ConfigurationCode.rule,
                    "\(name) gets at private data, reads what strangers wrote, and can send it "
                        + "away: it needs approve: human")
            }
            if let circle = circle(from: name) {
                throw node.fault(
                    ConfigurationCode.rule,
                    "the fallbacks go round in a circle: \(circle.joined(separator: " → "))")
            }
            if let timeout = policy.timeout, timeout > delays.deadline {
                warnings.append("the timeout of \(name) is longer than the default deadline")
            }
            if let queue = policy.queue, queue > limits.waiting {
                warnings.append("the queue of \(name) is longer than all that may wait")
            }
        }
    }

    private func check(_ retries: RetryPolicy, _ node: Node) throws(Fault) {
        guard retries.longest >= retries.delay else {
            throw node.fault(
                ConfigurationCode.rule, "the longest wait must not be shorter than the first")
        }
    }

    /// The way from an agent over its fallbacks back to itself. Each agent is entered once, so
    /// that a net of many ways costs no more than its threads.
    private func circle(from name: String) -> [String]? {
        var seen: Set<String> = []
        func way(_ agent: String) -> [String]? {
            for next in policies.named[agent]?.fallback ?? [] {
                if next == name { return [agent, next] }
                guard seen.insert(next).inserted else { continue }
                if let rest = way(next) { return [agent] + rest }
            }
            return nil
        }
        return way(name)
    }
}
