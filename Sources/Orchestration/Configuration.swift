import Bus
package import Document
import Reactor
package import Store
package import Telemetry

/// All that an orchestrator can be told, read once from `baton.yaml` and passed down.
package struct Configuration: Sendable {
    package var limits = Limits()
    package var delays = Delays()
    package var policies = Policies()
    package var store = StoreSettings()
    /// Where durable requests are kept: `private`, `memory`, or the address of a Redis.
    package var redis = "private"
    /// Where its password stands: `env:NAME` or `file:/PATH`; nil: it needs none.
    package var password: String?
    package var logLevel = Log.Level.info
    /// The folder of workflow files; nil: none is read.
    package var workflows: String?
    /// The file of the secrets that workflows may declare; nil: there are none.
    package var secretsFile: String?
    /// What is in it, by name.
    package var secrets: ObjectValue = [:]
    /// Things that are allowed and yet worth a word.
    package var warnings: [String] = []

    package init() {}

    /// Reads a file; whatever it does not name keeps its default, whatever it names wrongly is
    /// refused with its place.
    package init(file path: String) throws(Fault) {
        let bytes = try Files.read(path, limit: 256 << 10)
        try self.init(YAML.parse(bytes, source: path))
        workflows = workflows.map { Self.path($0, beside: path) }
        if let file = secretsFile.map({ Self.path($0, beside: path) }) {
            secretsFile = file
            secrets = try Self.secrets(in: file)
        }
    }

    package init(_ root: Node) throws(Fault) {
        guard !root.isNull else { return }
        let file = try root.mapping(knownKeys: Self.sections)
        for section in Setting.sections {
            guard let node = file[section] else { continue }
            let settings = Setting.all.filter { $0.section == section }
            let entries = try node.mapping(knownKeys: settings.map(\.key))
            for setting in settings {
                if let value = entries[setting.key] { try setting.read(value, &self) }
            }
        }
        if let agents = file["agents"] { try readAgents(agents) }
        if let log = try file["log"]?.mapping(knownKeys: ["level"]), let level = log["level"] {
            logLevel = try Self.level(level)
        }
        if let folder = file["workflows"] { workflows = try folder.string() }
        if let secrets = file["secrets"] { secretsFile = try secrets.string() }
        try checkRules(root)
        try checkStore(root)
        try checkPolicies(root)
    }

    /// `orchestrators` and `workers` are for `baton up`, which reads them itself.
    package static let sections =
        ["orchestrators", "workers", "workflows", "secrets"] + Setting.sections + ["agents", "log"]

    /// What an agent is granted.
    package func policy(for agent: String) -> Policy { policies.policy(for: agent) }

    /// A path in a file is meant from the file's own folder.
    private static func path(_ path: String, beside file: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let base = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (base + [path[...]]).joined(separator: "/")
    }

    /// What is wrong with it never shows what stands in it.
    private static func secrets(in file: String) throws(Fault) -> ObjectValue {
        let bytes = try Files.readSecret(file, limit: 256 << 10)
        guard let value = try? YAML.parse(bytes, source: file).value(), let all = value.object
        else {
            throw Fault(
                ConfigurationCode.rule,
                "secrets stand in a YAML file as NAME: VALUE, each a text or a mapping", at: file)
        }
        return all
    }

    private static func level(_ node: Node) throws(Fault) -> Log.Level {
        guard let level = Log.Level(name: try node.string()) else {
            let names = Log.Level.allCases.map(\.name).joined(separator: ", ")
            throw node.fault(ConfigurationCode.rule, "a level is one of \(names)")
        }
        return level
    }

    /// What single values cannot show: how they must stand to each other.
    private mutating func checkRules(_ root: Node) throws(Fault) {
        let node = root["delays"] ?? root
        guard delays.dead >= delays.ping * 3 else {
            throw node.fault(
                ConfigurationCode.rule,
                "dead must be at least three times ping, or a lost answer kills")
        }
        guard delays.absence < delays.dead else {
            throw node.fault(ConfigurationCode.rule, "absence must be shorter than dead")
        }
        guard delays.deadline <= delays.longestDeadline else {
            throw node.fault(
                ConfigurationCode.rule, "deadline must not be longer than longest_deadline")
        }
        if delays.scheduleToStart > delays.deadline {
            warnings.append("schedule_to_start is longer than the default deadline")
        }
    }
}

package enum ConfigurationCode: String, FaultCode {
    case rule
}

/// One value of the configuration: its name, what it means, and how it is read.
package struct Setting: Sendable {
    package let section: String
    package let key: String
    package let meaning: String
    package let read: @Sendable (Node, inout Configuration) throws(Fault) -> Void
    package let show: @Sendable (Configuration) -> String

    package static let sections = [
        "limits", "delays", "balancing", "breaker", "retries", "hedging", "store",
    ]

    package static let all: [Setting] = bounds + PolicySetting.all.map { $0.common } + ofStore

    private static let bounds: [Setting] = [
        limit("in_flight", \.inFlight, "requests accepted and not yet answered; above it: busy"),
        limit("waiting", \.waiting, "requests that wait for an instance of their agent"),
        limit("peers", \.peers, "connected processes: workers, clients, other orchestrators"),
        limit("agents", \.agents, "agents, counted over all workers"),
        limit("agents_per_worker", \.agentsPerWorker, "agents one worker may serve"),
        limit("capacity", \.capacity, "the most tasks one worker may ask for"),
        limit("inflight_listed", \.inflightListed, "tasks a worker may list as its own in HELLO"),
        limit("stages", \.stages, "agents in a row that one pipeline may name"),
        limit("gathered", \.gathered, "answers that one request may gather"),
        limit("depth", \.depth, "how many agents may call each other in a row"),
        limit("calls", \.calls, "calls that one request may lead to, over all agents"),
        limit("watchers", \.watchers, "callers that may wait for the result of one request"),
        limit(
            "deaths_per_step", \.deathsPerStep, "workers that may die with a step before it fails"),
        limit(
            "progress_per_second", \.progressPerSecond,
            "signs of progress a task may send a second; above it: busy"),
        limit("warnings", \.warnings, "warnings in a row before a peer is given up"),
        limit("takeovers", \.takeovers, "times in a row live processes may take over a name"),
        limit("followers", \.followers, "callers that may follow the events of requests"),
        delay("ping", \.ping, "silence after which a peer is asked whether it is there"),
        delay("dead", \.dead, "silence after which a peer is dead"),
        delay(
            "absence", \.absence, "absence after which a worker's repeatable steps go to another"),
        delay("schedule_to_start", \.scheduleToStart, "how long a request waits for an instance"),
        delay("deadline", \.deadline, "the deadline of a request that names none"),
        delay("longest_deadline", \.longestDeadline, "the longest deadline a request may name"),
        delay(
            "workflow", \.workflow, "the longest that a workflow may take, whatever it waits for",
            in: .milliseconds(1)...Duration.seconds(3_660 * 86_400)),
        delay(
            "compensation", \.compensation,
            "how long a run that was cancelled may make good what it did"),
        delay("busy_pause", \.busyPause, "how long a worker that answered busy is left alone"),
        delay("followers", \.followers, "how often followed requests of others are looked at"),
        delay(
            "people", \.people, "how often the store is asked whether people have answered"),
        delay(
            "search", \.search,
            "how long workers are given to say that they have a step of another orchestrator"),
        delay(
            "reunion", \.reunion,
            "how long after the start workers that have steps of others may still come back"),
        delay("drain", \.drain, "how long a drain waits for what runs"),
    ]

    /// What any delay may be.
    static let delays = Duration.milliseconds(1)...Duration.seconds(7 * 86_400)

    private static func limit(
        _ key: String, _ path: any WritableKeyPath<Limits, Int> & Sendable, _ meaning: String
    ) -> Setting {
        Setting(
            section: "limits", key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                configuration.limits[keyPath: path] = try node.integer(in: 1...10_000_000)
            },
            show: { String($0.limits[keyPath: path]) })
    }

    private static func size(
        _ key: String, _ path: any WritableKeyPath<Limits, Int> & Sendable, _ meaning: String
    ) -> Setting {
        Setting(
            section: "limits", key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                configuration.limits[keyPath: path] = try node.size(in: 1...Int.max / 2)
            },
            show: { text(of: $0.limits[keyPath: path]) })
    }

    private static func delay(
        _ key: String, _ path: any WritableKeyPath<Delays, Duration> & Sendable, _ meaning: String,
        in range: ClosedRange<Duration> = delays
    ) -> Setting {
        Setting(
            section: "delays", key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                configuration.delays[keyPath: path] = try node.duration(in: range)
            },
            show: { text(of: $0.delays[keyPath: path]) })
    }

    /// A size as the file takes it, exact in the largest unit that divides it.
    static func text(of bytes: Int) -> String {
        if bytes % (1 << 20) == 0 { return "\(bytes >> 20)MiB" }
        return bytes % 1024 == 0 ? "\(bytes >> 10)KiB" : String(bytes)
    }

    static func text(of duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
