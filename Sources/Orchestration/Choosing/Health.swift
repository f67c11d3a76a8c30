import Document
import Telemetry

/// How well all is, from what is known of each agent: two views of the same, each with words of
/// its own.
struct Health {
    enum Word: String { case healthy, degraded, unhealthy }

    /// One agent, as the conductor knows it.
    struct Agent {
        var name: String
        var word = Word.healthy
        var instances = 0
        var reachable = 0
        var broken = 0
        var breaker = Breaker.State.closed
        var reason: String?
    }

    var agents: [Agent]
    var resources = Value.null
    var dependencies: Value = [:]

    private var unhealthy: Int { agents.count { $0.word != .healthy } }

    /// Something that all agents need is not there.
    private var isCutOff: Bool {
        dependencies.object?.contains { $0.value["status"] == "unhealthy" } ?? false
    }

    /// More than half of all unhealthy is degraded, any is a warning.
    static func status(of registered: Int, unhealthy: Int) -> String {
        if 2 * unhealthy > registered { return "degraded" }
        return unhealthy > 0 ? "warning" : "healthy"
    }

    /// The whole report.
    func report(at timestamp: Timestamp) -> Value {
        let rows = agents.map { (key: $0.name, value: $0.row) }
        let status = Self.status(of: agents.count, unhealthy: unhealthy)
        return [
            "timestamp": .string(timestamp.description),
            "orchestrator_status": .string(isCutOff ? "degraded" : status),
            "agent_health": .object(ObjectValue(rows)),
            "system_resources": resources,
            "external_dependencies": dependencies,
        ]
    }

    /// Who is healthy and who is not.
    var summary: Value {
        func names(_ isMeant: (Agent) -> Bool) -> Value {
            .array(agents.filter(isMeant).map { .string($0.name) })
        }
        return [
            "healthy_agents": names { $0.word == .healthy },
            "unhealthy_agents": names { $0.word != .healthy },
            "total_agents": Value(agents.count),
            "system_health": unhealthy == 0 ? "healthy" : "degraded",
        ]
    }

    /// The outcome of a check: one that cannot be made is a bad sign in itself.
    static func check(_ body: () throws -> Value) -> Value {
        do {
            return try body()
        } catch {
            return ["status": "unhealthy", "error": .string("\(error)")]
        }
    }
}

extension Health.Agent {
    fileprivate var row: Value {
        var row: ObjectValue = [
            "status": .string(word.rawValue),
            "instances": Value(instances),
            "reachable": Value(reachable),
            "broken": Value(broken),
            "breaker": .string(breaker.rawValue),
        ]
        if let reason { row["error"] = .string(reason) }
        return .object(row)
    }
}
