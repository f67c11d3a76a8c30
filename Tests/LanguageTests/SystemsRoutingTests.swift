import Document
import TestKit
import Testing

@testable import Language

/// The agents and rules of the systems that come along, with the questions that are asked of them.
@Suite struct SystemsRoutingTests {
    private func router(_ system: String) throws -> Router {
        let folder = "\(Products.root)/ops/config/\(system)"
        let agents = try AgentProfile.read(
            Array(try FileTree.text(of: "\(folder)/agents.yaml").utf8), source: system)
        let rules = try? FileTree.text(of: "\(folder)/rules.yaml")
        return try Router(
            agents,
            rules: try rules.map { try RoutingRules.read(Array($0.utf8), source: system) }
                ?? RoutingRules())
    }

    private func check(_ system: String, _ table: [(String, [String])]) throws {
        let router = try router(system)
        for (text, agents) in table {
            #expect(Set(router.decision(text).agents) == Set(agents), "\(text)")
        }
    }

    @Test("S1-24 S1-25 S1-26 costs, security, slow jobs")
    func domains() throws {
        try check(
            "health-monitor",
            [
                ("Why did costs spike?", ["cost"]), ("Who accessed sensitive data?", ["security"]),
                ("Which jobs are slow?", ["performance", "reliability"]),
            ])
    }

    @Test("S1-27 S1-28 S1-29 an overview is all domains, expensive failing jobs are two")
    func severalDomains() throws {
        let all = ["cost", "security", "performance", "reliability", "quality"]
        try check(
            "health-monitor",
            [
                ("Give me a health overview", all),
                ("Are expensive jobs failing?", ["cost", "reliability"]),
                ("Why did costs spike last Tuesday?", ["cost"]),
            ])
    }

    @Test("S1-30 S1-31 S1-20 the same with more words, and how sure it is")
    func platform() throws {
        let all = ["cost", "security", "performance", "reliability", "quality"]
        try check(
            "health-monitor",
            [
                ("Are expensive jobs also failing?", ["cost", "reliability"]),
                ("Give me a platform health overview", all),
            ])
        let confidence = try router("health-monitor").decision("Why did costs spike?").confidence
        #expect(confidence > 0.9 && confidence <= 1)
    }

    @Test("S4-24 S4-25 S4-26 each phrase of an agent's finds that agent")
    func phrases() throws {
        let slow = [
            "slow queries", "slow query log", "query performance", "optimize queries",
            "query tuning", "historical performance", "query patterns", "optimization",
        ]
        let running = [
            "running queries", "current queries", "active queries", "blocking queries", "blocking",
            "long-running queries", "what's running now", "current performance",
        ]
        let triage = [
            "health check", "is everything ok", "something's wrong", "incident", "troubleshoot",
            "quick check", "status check",
        ]
        try check("database-care", slow.map { ($0, ["slow_query"]) })
        try check("database-care", running.map { ($0, ["running_query"]) })
        try check("database-care", triage.map { ($0, ["incident_triage"]) })
    }

    @Test("S4-27 S4-37 S4-39 questions for several agents, and what comes after them")
    func severalAgents() throws {
        let three = ["incident_triage", "running_query", "slow_query"]
        try check(
            "database-care",
            [
                ("Is my database healthy?", ["incident_triage", "running_query"]),
                ("Why are queries slow?", ["incident_triage", "slow_query"]),
                ("why is my database slow?", ["incident_triage", "slow_query"]),
                ("why is it slow?", ["incident_triage", "slow_query"]),
                ("Check everything", three), ("full analysis", three),
                ("comprehensive health check", ["incident_triage", "running_query"]),
                ("performance issue", ["running_query", "slow_query"]),
                ("What about slow queries?", ["slow_query"]),
                ("What queries are running right now?", ["running_query"]),
            ])
    }

    @Test(
        "E26 the open questions of each system are answered as well as they were",
        arguments: [
            ("health-monitor", 0.95), ("assistant-router", 0.97), ("incident-response", 0.88),
            ("database-care", 0.97), ("sql-generation", 0.88),
        ])
    func open(system: String, least: Double) throws {
        let path = "\(Products.root)/ops/config/\(system)/questions.jsonl"
        let questions = try LabelledQuery.read(
            Array(try FileTree.text(of: path).utf8), source: system)
        let result = try Evaluation(questions, router: try router(system))
        #expect(result.accuracy >= least, "\(result.accuracy)")
        let parameters = result.parameterCounts
        #expect(parameters.exact * 100 >= parameters.all * 97, "\(parameters)")
    }
}
