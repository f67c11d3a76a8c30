import Document
import Telemetry

/// One value of a policy: its section and name, what it means, and how it is read; the same for all
/// agents and for one.
struct PolicySetting: Sendable {
    let section: String
    let key: String
    let meaning: String
    let read: @Sendable (Node, inout Policy) throws(Fault) -> Void
    let show: @Sendable (Policy) -> String

    /// The setting of all agents.
    var common: Setting {
        let (read, show) = (read, show)
        return Setting(
            section: section, key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                try read(node, &configuration.policies.common)
            },
            show: { show($0.policies.common) })
    }

    /// The sections an agent may have of its own.
    static let ofAgents = ["retries", "breaker", "hedging"]

    static let all: [PolicySetting] = [
        algorithm,
        number(
            "balancing", "load_scale", \.balancing.loadScale, 0.1...1_000_000,
            "requests at which an instance counts as fully loaded"),
        truth("breaker", "enabled", \.breaker.enabled, "whether what keeps failing is left alone"),
        count(
            "breaker", "failure_threshold", \.breaker.failureThreshold, 1...1_000_000,
            "failures after which it is left alone"),
        duration("breaker", "recovery_timeout", \.breaker.recoveryTimeout, "for how long"),
        choice(
            "breaker", "counting", \.breaker.counting,
            "whether a success begins the count anew"),
        count(
            "breaker", "half_open_probes", \.breaker.halfOpenProbes, 1...1_000,
            "calls let through at a time to see whether it has recovered"),
        count("retries", "limit", \.retries.limit, 0...100, "retries after the first attempt"),
        choice("retries", "backoff", \.retries.backoff, "how the waits between them grow"),
        duration("retries", "delay", \.retries.delay, "the first wait"),
        duration("retries", "longest", \.retries.longest, "the longest wait"),
        number(
            "retries", "budget", \.retries.budget, 0...1,
            "retries, as a share of the successes of a minute"),
        truth(
            "hedging", "enabled", \.hedging.enabled,
            "whether slow calls of pure agents go to a second instance"),
        duration("hedging", "least", \.hedging.least, "the least wait before a second copy"),
        number(
            "hedging", "budget", \.hedging.budget, 0...1,
            "second copies, as a share of all requests"),
    ]

    /// Stands in the section `balancing`, and directly with an agent.
    static let algorithm = choice(
        "balancing", "algorithm", \.balancing.algorithm, "how an instance is chosen")

    // MARK: - Kinds

    private typealias Path<Member> = WritableKeyPath<Policy, Member> & Sendable

    private static func count(
        _ section: String, _ key: String, _ path: any Path<Int>, _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> PolicySetting {
        PolicySetting(
            section: section, key: key, meaning: meaning,
            read: { node, policy throws(Fault) in
                policy[keyPath: path] = try node.integer(in: range)
            },
            show: { String($0[keyPath: path]) })
    }

    private static func number(
        _ section: String, _ key: String, _ path: any Path<Double>, _ range: ClosedRange<Double>,
        _ meaning: String
    ) -> PolicySetting {
        PolicySetting(
            section: section, key: key, meaning: meaning,
            read: { node, policy throws(Fault) in
                policy[keyPath: path] = try node.number(in: range)
            },
            show: { policy in
                let number = policy[keyPath: path]
                return Int(exactly: number).map(String.init) ?? String(number)
            })
    }

    private static func truth(
        _ section: String, _ key: String, _ path: any Path<Bool>, _ meaning: String
    ) -> PolicySetting {
        PolicySetting(
            section: section, key: key, meaning: meaning,
            read: { node, policy throws(Fault) in policy[keyPath: path] = try node.bool() },
            show: { $0[keyPath: path] ? "true" : "false" })
    }

    private static func duration(
        _ section: String, _ key: String, _ path: any Path<Duration>, _ meaning: String
    ) -> PolicySetting {
        PolicySetting(
            section: section, key: key, meaning: meaning,
            read: { node, policy throws(Fault) in
                policy[keyPath: path] = try node.duration(in: Setting.delays)
            },
            show: { Setting.text(of: $0[keyPath: path]) })
    }

    private static func choice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ section: String, _ key: String, _ path: any Path<Word>, _ meaning: String
    ) -> PolicySetting {
        let words = Word.allCases.map(\.rawValue)
        return PolicySetting(
            section: section, key: key,
            meaning: "\(meaning): \(words.joined(separator: ", "))",
            read: { node, policy throws(Fault) in
                let text = try node.string()
                guard let word = Word(rawValue: text) else {
                    let hint =
                        Suggestion.nearest(to: text, in: words)
                        .map { "; did you mean \($0)?" } ?? ""
                    throw node.fault(
                        ConfigurationCode.rule,
                        "\(key) is one of \(words.joined(separator: ", "))\(hint)")
                }
                policy[keyPath: path] = word
            },
            show: { $0[keyPath: path].rawValue })
    }
}
