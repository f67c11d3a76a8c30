import Document
import Telemetry
import Testing

@testable import Orchestration

/// The two views of health, as their tables say.
@Suite struct HealthTests {
    private func agent(_ name: String, _ word: Health.Word) -> Health.Agent {
        Health.Agent(name: name, word: word, instances: 1, reachable: 1)
    }

    @Test(
        "S2-76 more than half is degraded, any is a warning",
        arguments: [
            (0, 0, "healthy"), (1, 1, "degraded"), (2, 1, "warning"), (2, 2, "degraded"),
            (3, 1, "warning"), (3, 2, "degraded"), (4, 2, "warning"), (4, 3, "degraded"),
            (10, 5, "warning"), (10, 6, "degraded"),
        ])
    func status(_ registered: Int, _ unhealthy: Int, _ status: String) {
        #expect(Health.status(of: registered, unhealthy: unhealthy) == status)
    }

    @Test("S2-74 the report has its five parts")
    func report() {
        var cost = agent("cost", .unhealthy)
        cost.reason = "no instance is here"
        let health = Health(
            agents: [cost, agent("sum", .healthy)], resources: ["load": 0.5],
            dependencies: ["store": ["status": "healthy"]])
        let report = health.report(at: Timestamp(milliseconds: 0))
        #expect(
            report.object?.keys == [
                "timestamp", "orchestrator_status", "agent_health", "system_resources",
                "external_dependencies",
            ])
        #expect(report["timestamp"] == "1970-01-01T00:00:00.000Z")
        #expect(report["orchestrator_status"] == "warning")
        #expect(report["agent_health"]?["cost"]?["status"] == "unhealthy")
        #expect(report["agent_health"]?["cost"]?["error"] == "no instance is here")
        #expect(report["agent_health"]?["sum"]?["status"] == "healthy")
    }

    @Test("S2-75 a check that throws is unhealthy, with its error")
    func failingCheck() {
        let outcome = Health.check { throw Fault(ConfigurationCode.rule, "out of paper") }
        #expect(outcome == ["status": "unhealthy", "error": "out of paper"])
        #expect(Health.check { ["status": "healthy"] } == ["status": "healthy"])
    }

    @Test("S2-71 everything that is not healthy is unhealthy, and without agents all is well")
    func summary() {
        let health = Health(agents: [
            agent("a", .healthy), agent("b", .degraded), agent("c", .unhealthy),
        ])
        #expect(
            health.summary == [
                "healthy_agents": ["a"], "unhealthy_agents": ["b", "c"], "total_agents": 3,
                "system_health": "degraded",
            ])
        #expect(
            Health(agents: []).summary == [
                "healthy_agents": [], "unhealthy_agents": [], "total_agents": 0,
                "system_health": "healthy",
            ])
    }
}
