import Telemetry

/// What is said at the beginning of each connection, and what the answers mean. A new connection
/// knows nothing of the one before, so all of it is said each time, in one go.
struct RedisGreeting {
    enum Verdict {
        case ready(RedisLink.Facts)
        case postponed(String)
        case refused(Fault)
    }

    enum Step: Equatable {
        case credentials
        case database
        case name
        case facts
        case policy
        case appendOnly
        case appendSync
        case role
        case minReplicas
        case maxLag
        case script(String)
    }

    static let oldest = (major: 6, minor: 2)

    let steps: [(step: Step, words: [String])]
    /// The digests by which Redis knows the scripts, by their names.
    private(set) var digests: [String: String] = [:]
    private var facts = RedisLink.Facts()
    private var answered = 0
    /// Whether only a master will do.
    private let wantsMaster: Bool

    init(
        _ endpoint: RedisEndpoint, name: String, scripts: [RedisScript], wantsMaster: Bool = false,
        asksReplicas: Bool = false
    ) {
        self.wantsMaster = wantsMaster
        var steps: [(step: Step, words: [String])] = []
        if let password = endpoint.password {
            let user = endpoint.user.map { [$0] } ?? []
            steps.append((.credentials, ["AUTH"] + user + [password]))
        }
        if endpoint.database != 0 {
            steps.append((.database, ["SELECT", String(endpoint.database)]))
        }
        steps += [
            (.name, ["CLIENT", "SETNAME", RedisGreeting.clientName(name)]),
            (.facts, ["INFO"]),
            (.policy, ["CONFIG", "GET", "maxmemory-policy"]),
            (.appendOnly, ["CONFIG", "GET", "appendonly"]),
            (.appendSync, ["CONFIG", "GET", "appendfsync"]),
        ]
        if wantsMaster { steps.append((.role, ["ROLE"])) }
        if asksReplicas {
            steps.append((.minReplicas, ["CONFIG", "GET", "min-replicas-to-write"]))
            steps.append((.maxLag, ["CONFIG", "GET", "min-replicas-max-lag"]))
        }
        steps += scripts.map { (.script($0.name), ["SCRIPT", "LOAD", $0.text]) }
        self.steps = steps
    }

    /// Takes the next answer. The first verdict stands; until all have answered there is none.
    mutating func answer(_ reply: RedisReply) -> Verdict? {
        guard answered < steps.count else { return nil }
        let step = steps[answered].step
        answered += 1
        if let error = reply.error {
            if let verdict = verdict(on: error, at: step) { return verdict }
        } else if let verdict = take(reply, at: step) {
            return verdict
        }
        return answered == steps.count ? .ready(facts) : nil
    }

    private mutating func take(_ reply: RedisReply, at step: Step) -> Verdict? {
        switch step {
        case .credentials, .database, .name: break
        case .facts: return read(reply.text ?? "")
        case .policy: facts.policy = setting(reply)
        case .appendOnly: facts.appendOnly = setting(reply).map { $0 == "yes" }
        case .appendSync: facts.appendSync = setting(reply)
        case .role: return role(reply.array?.first?.text)
        case .minReplicas: facts.minReplicas = setting(reply).flatMap { Int($0) }
        case .maxLag: facts.maxLag = setting(reply).flatMap { Int($0) }
        case .script(let name):
            guard let digest = reply.text, digest.utf8.count == 40 else {
                return .postponed("Redis answered a script with no digest")
            }
            digests[name] = digest
        }
        return nil
    }

    private func setting(_ reply: RedisReply) -> String? { reply.pairs?.first?.value.text }

    private func role(_ role: String?) -> Verdict? {
        guard wantsMaster, let role, role != "master" else { return nil }
        return .postponed("the Redis that Sentinels name as the master is a \(role) for now")
    }

    private mutating func read(_ text: String) -> Verdict? {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            switch line[..<colon] {
            case "redis_version": facts.version = String(value)
            case "run_id": facts.runID = String(value)
            case "role": facts.role = String(value)
            case "connected_slaves": facts.replicas = Int(value)
            case "loading": facts.isLoading = value == "1"
            default: break
            }
        }
        let numbers = facts.version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        let version = (numbers.first ?? 0, numbers.dropFirst().first ?? 0)
        guard version >= (Self.oldest.major, Self.oldest.minor) else {
            let oldest = "\(Self.oldest.major).\(Self.oldest.minor)"
            return .refused(
                Fault(
                    StoreCode.unsafe,
                    "this Redis is of version \(facts.version.isEmpty ? "?" : facts.version); "
                        + "\(oldest) or a later one is needed"))
        }
        return facts.isLoading ? .postponed("Redis is loading its data") : role(facts.role)
    }

    // MARK: - What errors mean

    /// Nothing where the greeting can do without what was asked for.
    private func verdict(on error: String, at step: Step) -> Verdict? {
        switch error.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS", "DENIED": return forbidden(error, at: step)
        case "LOADING", "MASTERDOWN", "BUSY": return .postponed(error)
        case _ where error.hasPrefix("ERR max number of clients"): return .postponed(error)
        default: break
        }
        switch step {
        case .name, .policy, .appendOnly, .appendSync, .role, .minReplicas, .maxLag: return nil
        case .credentials: return forbidden(error, at: step)
        case .database: return refused(.address, "this database of Redis cannot be used", error)
        case _ where error.hasPrefix("NOPERM"): return forbidden(error, at: step)
        case .script(let name):
            return refused(.refused, "Redis does not take script \(name)", error)
        case .facts: return .postponed(error)
        }
    }

    private func forbidden(_ error: String, at step: Step) -> Verdict {
        let advice =
            switch error.prefix(while: { $0 != " " }) {
            case "NOAUTH": "Redis wants a password, and none was given"
            case "WRONGPASS": "Redis does not take this user and password"
            case "NOPERM": "this user of Redis may not do what is needed; give it a right to it"
            default:
                step == .credentials
                    ? "Redis does not take the password" : "Redis does not let this machine in"
            }
        return refused(.forbidden, advice, error)
    }

    private func refused(_ code: StoreCode, _ advice: String, _ error: String) -> Verdict {
        .refused(Fault(code, "\(advice): \(error)"))
    }

    /// Redis takes no spaces and no control bytes in a name.
    private static func clientName(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x21...0x7e).contains($0) ? $0 : 0x2d }, as: UTF8.self)
    }
}
