import Conformance
import Document
import Testing

@testable import Flow

/// The database administrator: which words call whom, in which order and with what.
@Suite struct SystemsDatabaseTests {
    private let triage = "incident_triage"
    private let running = "running_query"
    private let slow = "slow_query"

    private func bench(
        triage report: String = "Lock waits detected.", after: Duration = .seconds(2),
        changing: [String: String] = [:]
    ) throws -> SystemBench {
        var bench = try SystemBench("database-care", changing: changing)
        bench.agent(triage, ["report": .string(report), "agent": "incident_triage"], after: after)
        bench.agent(
            running, ["report": "5 active queries, all normal.", "agent": "running_query"],
            after: after)
        bench.agent(
            slow, ["report": "Top issue: missing index on orders table.", "agent": "slow_query"],
            after: after)
        return bench
    }

    private func ask(_ text: String, _ bench: SystemBench) -> SystemBench.Run {
        bench.play(["query": .string(text)])
    }

    /// The agents that analyze, without the model that writes.
    private func analysts(_ run: SystemBench.Run) -> [String] {
        run.called.filter { $0 != "chat-model" }
    }

    @Test(
        "S4-28 S4-37 whether the database is healthy: the triage, then the running queries"
    )
    func healthy() throws {
        var bench = try bench(triage: "No issues found.")
        let text = "Database is healthy. No issues found. 5 active queries, all normal."
        bench.agent("chat-model", ["content": .string(text)])
        let run = ask("Is my database healthy?", bench)
        #expect(run.called == [triage, running, "chat-model"])
        #expect(run.story.calls.map(\.at) == [.zero, .seconds(2), .seconds(4)])
        #expect(run.output["answer"] == .string(text))
        let prompt = run.calls("chat-model").first?.payload["messages"]?[1]?["content"]?.string
        #expect(prompt?.contains("incident_triage: No issues found.") == true)
        #expect(prompt?.contains("running_query: 5 active queries") == true)
    }

    @Test("S4-29 why queries are slow is seen by the triage, then by the slow queries of a day")
    func slowQueries() throws {
        let run = ask("Why are queries slow?", try bench(triage: "No issues found."))
        #expect(run.called == [triage, slow, "chat-model"])
        #expect(run.calls(slow).first?.payload == ["hours": 24.0, "max_patterns": 8])
    }

    @Test(
        "S4-30 why the database is slow is looked for in the past unless the triage finds all well",
        arguments: [
            ("why is my database slow?", "Lock waits detected.", true),
            ("Why is it slow?", "Lock waits detected.", true),
            ("why is my database slow?", "No issues found.", false),
            ("Why is it slow?", "All good, no problems found.", false),
        ])
    func slowDatabase(text: String, report: String, isNeeded: Bool) throws {
        let run = ask(text, try bench(triage: report))
        #expect(analysts(run) == (isNeeded ? [triage, slow] : [triage]))
        if isNeeded {
            #expect(run.calls(slow).first?.payload == ["hours": 1.0, "max_patterns": 8])
        }
    }

    @Test("S4-30 a triage that fails leaves the past to be looked into")
    func blindTriage() throws {
        var bench = try SystemBench("database-care")
        bench.agent(triage, fails: "no error log")
        bench.agent(slow, ["report": "Nothing slow."])
        let run = ask("Why is it slow?", bench)
        #expect(run.called == [triage, slow])
        #expect(run.output["failed_agents"] == ["incident_triage"])
        let answer = run.output["answer"]?.string ?? ""
        #expect(answer.hasPrefix("Nothing slow.\nIncident Triage Agent failed: no error log."))
    }

    @Test("S4-31 what runs right now is one agent's answer, word for word")
    func now() throws {
        var bench = try bench()
        bench.agent("chat-model", ["content": "Something else."])
        let run = ask("What queries are running right now?", bench)
        #expect(run.called == [running])
        #expect(
            run.calls(running).first?.payload == [
                "min_time_seconds": 1.0, "include_sleeping": false, "max_queries": 20,
            ])
        #expect(run.output["answer"] == "5 active queries, all normal.")
        #expect(run.output["synthesized_by"] == .null)
    }

    @Test(
        "S4-32 S4-33 S4-34 what asks for more than one look has all of them, in order",
        arguments: [
            ("Check everything", ["incident_triage", "running_query", "slow_query"]),
            ("Do a comprehensive health check, please", ["incident_triage", "running_query"]),
            ("I need a full analysis.", ["incident_triage", "running_query", "slow_query"]),
        ])
    func several(text: String, agents: [String]) throws {
        let run = ask(text, try bench())
        #expect(analysts(run) == agents)
        #expect(run.output["agents_used"] == .array(agents.map(Value.string)))
        let times = run.story.calls.prefix(agents.count).map(\.at)
        #expect(times == agents.indices.map { .seconds(2 * $0) })
        let answer = run.output["answer"]?.string ?? ""
        #expect(answer.split(separator: "\n").count == agents.count)
        #expect(answer.hasPrefix("Incident Triage Agent: Lock waits detected.\n"))
    }

    @Test("S4-35 a performance issue is looked for in what runs now, then in what was slow")
    func performance() throws {
        let run = ask("We have a performance issue", try bench())
        #expect(analysts(run) == [running, slow])
    }

    @Test(
        "E20 independent agents run together where that is set, and are reported in the same order")
    func together() throws {
        let parallel = ["parallel: false": "parallel: true"]
        var bench = try bench(changing: parallel)
        bench.agent("chat-model", fails: "no model")
        let run = ask("Check everything", bench)
        #expect(run.story.calls.prefix(3).map(\.at) == [.zero, .zero, .zero])
        #expect(run.output["agents_used"] == ["incident_triage", "running_query", "slow_query"])
        #expect(run.calls(slow).map(\.cacheLifetime) == [.seconds(300)])
        // What depends on the triage still waits for it.
        let dependent = ask("Why is it slow?", try self.bench(changing: parallel))
        #expect(dependent.calls(slow).map(\.at) == [.seconds(2)])
    }

    @Test("E21 the same analysis of the same database is asked for under the same key, for 300 s")
    func cache() throws {
        let one = ask("slow queries", try bench()).calls(slow)
        let two = ask("query tuning", try bench()).calls(slow)
        let other = try bench().play(["query": "slow queries", "database": "shop"]).calls(slow)
        #expect(one.map(\.cacheKey) == two.map(\.cacheKey))
        #expect(one.map(\.cacheKey) != other.map(\.cacheKey))
        #expect(one.map(\.cacheLifetime) == [.seconds(300)])
    }

    @Test(
        "S4-36 S4-38 S4-57 the words of a question say what its agents are given",
        arguments: [
            ("Analyze slow queries from the last hour", 1.0, 8),
            ("Check slow queries from the last 3 hours, focus on top 5 patterns", 3.0, 5),
            ("Slow queries of the last 2 days", 48.0, 8),
            ("Why are queries slow in the last 6 hours?", 6.0, 8),
            ("slow queries of the last 99999999999999999999 hours?", 1.0, 8),
        ])
    func parameters(text: String, hours: Double, patterns: Int) throws {
        let payload = ask(text, try bench()).calls(slow).first?.payload
        #expect(payload?["hours"]?.number == hours)
        #expect(payload?["max_patterns"] == Value(patterns))
    }

    @Test("a question nobody understands is asked back, unless the model knows whom to ask")
    func unknown() throws {
        let run = ask("Make it rain", try bench())
        #expect(run.called == ["chat-model"])
        #expect(run.output["answer"]?.string?.contains("Is my database healthy?") == true)
        var bench = try bench()
        bench.agent("chat-model", ["content": "{\"agents\": [\"slow_query\", \"nobody\"]}"])
        #expect(ask("Make it faster", bench).called == ["chat-model", slow])
    }

    @Test("S4-54 S4-55 S4-60 an agent that fails stops no other, and the report names it")
    func failure() throws {
        var bench = try SystemBench("database-care")
        bench.agent(triage, ["report": "Lock waits."])
        bench.silent(running)
        bench.agent(slow, ["report": "Two patterns."])
        let run = ask("Check everything", bench)
        #expect(run.output["failed_agents"] == ["running_query"])
        #expect(run.calls(slow).map(\.at) == [.seconds(60)])
        #expect(run.output["answer"]?.string?.contains("Running Query Agent failed") == true)
        #expect(run.output["synthesized_by"] == "template")
    }

    /// What an earlier request has left, as the file finds it.
    private let remembered = [
        "        limit: 5\n        default: []": """
                default:
                  - query: slow queries
                    answer: Two patterns.
                    results: [{ agent: slow_query, success: true, report: 1. SELECT on orders. }]
        """
    ]

    @Test(
        "S4-52 S4-53 what was found before is told again from what is stored, and nobody is asked")
    func followUp() throws {
        let run = ask("Tell me more about the first one", try bench(changing: remembered))
        #expect(run.called.isEmpty)
        #expect(run.output["answer"] == "1. SELECT on orders.")
        #expect(run.output["route"] == ["follow_up"])
        // With nothing to come back to there is nothing to tell.
        #expect(ask("Tell me more", try bench()).output["answer"]?.string?.contains("?") == true)
        let other = ask("Tell me more about blocking queries", try bench(changing: remembered))
        #expect(analysts(other) == [running])
    }
}
