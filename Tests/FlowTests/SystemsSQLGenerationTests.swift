import Conformance
import Document
import Testing

@testable import Flow

/// The text-to-SQL generator: its stages, its times, and what is left when a stage fails.
@Suite struct SystemsSQLGenerationTests {
    private let schema: Value = ["tables": ["projects"], "relationships": []]
    private let query: Value = [
        "sql": "SELECT * FROM projects", "reasoning": "1. All of them.", "confidence": 0.9,
    ]
    private let valid: Value = ["valid": true]
    private let question: Value = [
        "query": "Show all active projects with budget over 100000", "mode": "generate",
    ]
    private let training: Value = [
        "query": "List top 5 companies by project count", "mode": "train",
        "context": ["expected_sql": "SELECT c.Name", "business_rules": ["fiscal": true]],
    ]
    private let stages = [
        "initialization", "schema_analysis", "query_generation", "validation", "finalization",
    ]

    /// All four agents, except those that a test has do something else.
    private func bench(
        without absent: Set<String> = [], after: Duration = .zero,
        changing: [String: String] = [:]
    ) throws -> SystemBench {
        var bench = try SystemBench("sql-generation", changing: changing)
        let answers: [(String, Value)] = [
            ("schema_analyzer", schema), ("query_generator", query), ("validator", valid),
            (
                "reward_evaluator",
                ["rewards": ["syntax": 1], "total_reward": 0.8, "feedback": ["Name the columns."]]
            ),
        ]
        for (name, answer) in answers where !absent.contains(name) {
            bench.agent(name, answer, after: after)
        }
        return bench
    }

    @Test(
        "S5-06 a session has an id of its own or the one it was given, and its context is complete")
    func session() throws {
        let bench = try bench()
        #expect(bench.play(question).output["session_id"] == "run-1")
        let named = bench.play(["query": "All of them", "session_id": "s7"])
        #expect(named.output["session_id"] == "s7")
        let context: Value = [
            "user_preferences": [:], "historical_queries": [], "business_rules": [:],
        ]
        #expect(named.calls("query_generator").first?.payload["context"] == context)
    }

    @Test(
        "S5-06 S5-17 a request that is not one fails in its first stage and asks nobody",
        arguments: [
            [:], ["query": "  "], ["query": 5], ["query": "x", "mode": "dream"], "text", nil,
            ["query": "x", "context": "y"],
        ] as [Value])
    func invalid(input: Value) throws {
        let run = try bench().play(input)
        #expect(run.called.isEmpty)
        #expect(run.path == ["initialization", "finalization"])
        #expect(run.output["error_code"] == "INVALID_INPUT")
        #expect(run.output["failed_stage"] == "initialization")
        #expect(run.output["partial_results"] == [:])
    }

    @Test("S5-07 S5-08 the schema analyzer is asked first, and the generator is told what it found")
    func analysis() throws {
        let run = try bench().play(training)
        let asked = try #require(run.calls("schema_analyzer").first)
        #expect(
            asked.payload == [
                "query": "List top 5 companies by project count",
                "business_rules": ["fiscal": true],
            ])
        let generator = try #require(run.calls("query_generator").first)
        #expect(generator.payload["schema"] == schema)
        #expect(generator.payload["query"] == training["query"])
        for key in ["sql", "reasoning", "confidence"] { #expect(run.output[key] == query[key]) }
    }

    @Test(
        "S5-09 validation checks syntax, schema, business logic and speed, and tells the problems")
    func validation() throws {
        var bench = try bench(without: ["validator"])
        bench.agent(
            "validator", valid, valid,
            ["valid": false, "issues": ["No budget."], "suggestions": ["Add it."]], valid)
        let run = bench.play(question)
        #expect(
            run.calls("validator").map(\.payload["check"]) == [
                "syntax_valid", "schema_compliant", "business_logic_valid",
                "performance_acceptable",
            ])
        #expect(run.calls("validator").first?.payload["sql"] == query["sql"])
        #expect(
            run.output["validation"] == [
                "is_valid": false,
                "details": [
                    "syntax_valid": true, "schema_compliant": true, "business_logic_valid": false,
                    "performance_acceptable": true, "issues": ["No budget."],
                    "suggestions": ["Add it."],
                ],
            ])
    }

    @Test(
        "S5-10 S5-12 S5-19 rewards are asked for in training alone, which has six stages for five")
    func rewards() throws {
        let bench = try bench()
        let generated = bench.play(question)
        #expect(generated.path == stages)
        #expect(generated.calls("reward_evaluator").isEmpty)
        #expect(generated.output["training"] == nil)
        let trained = bench.play(training)
        #expect(trained.path == Array(stages[..<4]) + ["reward_evaluation", "finalization"])
        #expect(trained.output["training"]?["total_reward"] == 0.8)
        #expect(trained.output["training"]?["feedback"] == ["Name the columns."])
        let asked = trained.calls("reward_evaluator").first?.payload
        #expect(asked?["expected_sql"] == training["context"]?["expected_sql"])
        #expect(asked?["validation"]?["is_valid"] == true)
    }

    @Test("S5-11 S5-18 the end gathers what all stages gave, and the session keeps it")
    func finalization() throws {
        let run = try bench().play(question)
        #expect(
            run.output.object?.map(\.key) == [
                "session_id", "query", "sql", "reasoning", "confidence", "validation", "timestamp",
                "workflow_stage",
            ])
        #expect(run.output["workflow_stage"] == "finalization")
        #expect(run.output["timestamp"] == "2026-07-02T13:46:40Z")
        let saved = run.story.changes.last { $0.task == "record" && $0.phase == "completed" }
        #expect(saved?.value == run.output)
    }

    @Test("S5-12 the graph is the six stages in order")
    func graph() throws {
        let graph = try SystemBench("sql-generation").nodesAndEdges
        #expect(
            graph.nodes == ["START"] + Array(stages[..<4]) + [
                "reward_evaluation", "finalization", "END",
            ])
        let onward = graph.edges.filter { !$0.hasSuffix("if not") }
        #expect(onward == zip(graph.nodes, graph.nodes.dropFirst()).map { "\($0) -> \($1)" })
    }

    @Test("S5-64 an agent that never answers is cut off after 10 s, and the whole after 30 s")
    func silence() throws {
        var bench = try bench(without: ["schema_analyzer"])
        bench.silent("schema_analyzer")
        let run = bench.play(question)
        let asked = run.calls("schema_analyzer")
        #expect(asked.map(\.at) == [.zero, .seconds(10.5), .seconds(21.5)])
        #expect(asked.map(\.limit) == [.seconds(10), .seconds(10), .seconds(8.5)])
        #expect(asked.map(\.isWithdrawn) == [true, true, true])
        #expect(run.story.duration == .seconds(30))
        #expect(run.output["error_code"] == "WORKFLOW_TIMEOUT")
        #expect(run.output["failed_stage"] == "schema_analysis")
    }

    @Test(
        "S5-34 S5-64 what a slow stage used up is missing in the next one, and what it found is not"
    )
    func slowness() throws {
        var bench = try bench(without: ["schema_analyzer", "query_generator"])
        bench.agent("schema_analyzer", schema, after: .seconds(9))
        bench.silent("query_generator")
        let run = bench.play(question)
        #expect(run.calls("query_generator").map(\.at) == [.seconds(9), .seconds(19.5)])
        #expect(run.calls("query_generator").map(\.limit) == [.seconds(10), .seconds(10)])
        #expect(run.story.duration == .seconds(30))
        #expect(run.output["failed_stage"] == "query_generation")
        #expect(run.output["partial_results"] == ["schema": schema])
    }

    @Test("S5-64 an agent that fails is asked three times more, after pauses that double")
    func retries() throws {
        var bench = try bench(without: ["query_generator"])
        bench.agent("query_generator", fails: "out of memory")
        let run = bench.play(question)
        #expect(
            run.calls("query_generator").map(\.at) == [
                .zero, .seconds(0.5), .seconds(1.5), .seconds(3.5),
            ])
        #expect(run.output["error_code"] == "AGENT_UNAVAILABLE")
        #expect(run.output["error"] == "out of memory")
        var mended = try self.bench(without: ["query_generator"])
        mended.agent("query_generator", fails: "out of memory")
        mended.agent("query_generator", ["text": "no SQL"], query)
        #expect(mended.play(question).output["sql"] == query["sql"])
    }

    /// The store of such answers is the caller's; the flow says what is the same question, and for
    /// how long its answer will do.
    @Test("S5-65 the same question to the schema analyzer has one answer within 3600 s")
    func cache() throws {
        let bench = try bench()
        var session = question.object ?? [:]
        session["session_id"] = "another"
        var shelf = AnswerShelf()
        let asks: [Bool] = [
            (question, 0), (question, 3599), (["query": "Another one"], 3599),
            (.object(session), 3600), (question, 3601),
        ].map { shelf.asks(bench, $0, at: Moment(milliseconds: $1 * 1000)) }
        #expect(asks == [true, false, true, false, true])
        #expect(shelf.lifetimes == [.seconds(3600)])
    }

    /// Two more checks than calls that may be under way.
    @Test("S5-66 no more than four agents are called at the same time")
    func concurrency() throws {
        let more = "performance_acceptable]"
        let bench = try bench(
            after: .seconds(1), changing: [more: "performance_acceptable, readable, safe]"])
        let run = bench.play(training)
        #expect(run.calls("validator").count == 6)
        #expect(run.mostAtOnce(answeredAfter: .seconds(1)) == 4)
        #expect(run.story.duration == .seconds(5))
        #expect(run.output["validation"]?["is_valid"] == true)
    }

    @Test(
        "S5-35 S5-67 with the validator down the SQL is there, and the stage that failed"
    )
    func validatorDown() throws {
        var bench = try bench(without: ["validator"])
        bench.agent("validator", fails: "connection refused")
        let run = bench.play(question)
        #expect(run.output["error"] == "connection refused")
        #expect(run.output["error_code"] == "VALIDATION_FAILED")
        #expect(run.output["failed_stage"] == "validation")
        #expect(run.output["partial_results"]?["sql"] == query["sql"])
        #expect(run.output["partial_results"]?["reasoning"] == query["reasoning"])
        #expect(run.output["session_id"] == "run-1")
        #expect(
            run.output.object?.map(\.key) == [
                "error", "error_code", "partial_results", "session_id", "failed_stage", "timestamp",
                "suggestions",
            ])
        #expect(run.output["suggestions"]?.array?.isEmpty == false)
        #expect(run.story.duration == .seconds(3.5))
    }
}

/// Answers kept as their calls ask for it.
private struct AnswerShelf {
    private var kept: [String: Moment] = [:]
    private(set) var lifetimes: Set<Duration> = []

    /// Whether a question, asked at a moment, still needs the schema analyzer.
    mutating func asks(_ bench: SystemBench, _ question: Value, at now: Moment) -> Bool {
        guard let call = bench.play(question).calls("schema_analyzer").first,
            let key = call.cacheKey, let lifetime = call.cacheLifetime
        else { return true }
        lifetimes.insert(lifetime)
        if let end = kept[key], now <= end { return false }
        kept[key] = now + lifetime
        return true
    }
}
