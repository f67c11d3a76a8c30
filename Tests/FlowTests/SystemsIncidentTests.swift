import Conformance
import Document
import Testing

@testable import Flow

/// The incident responder: who is asked what, what is done, and what is decided.
@Suite struct SystemsIncidentTests {
    /// How sure the first two agents are.
    private struct Case {
        var intent = "glue_etl_failure"
        var confidence = 0.85
        var evidence = 0.75
        var retry = true
        var action: Value = "retry_glue_job"
        var verify = false
    }

    private let incident: Value = [
        "sys_id": "INC001", "short_description": "Job SPENDING_POTS has failed Glue ETL failure",
        "category": "Data Pipeline", "subcategory": "ETL",
    ]
    private let running: Value = [
        "action": "retry_glue_job", "success": true,
        "details": [
            "resource_id": "SPENDING_POTS", "new_execution_id": "jr_12345", "status": "RUNNING",
        ],
    ]
    private let failed: Value = ["success": false, "details": ["resource_id": "SPENDING_POTS"]]

    private func bench(_ given: Case = Case()) throws -> SystemBench {
        let literal = ["verify_before_close: true": "verify_before_close: false"]
        var bench = try SystemBench("incident-response", changing: given.verify ? [:] : literal)
        bench.agent(
            "intent_classifier",
            [
                "intent": .string(given.intent), "confidence": .number(given.confidence),
                "reasoning": "Clear Glue job failure indicators in description",
            ])
        bench.agent(
            "investigator",
            [
                "findings": [
                    [
                        "tool": "get_glue_logs", "result": [:],
                        "summary": "Job exceeded timeout threshold",
                    ]
                ],
                "root_cause": "Glue job exceeded timeout threshold",
                "evidence_score": .number(given.evidence), "retry_recommended": .bool(given.retry),
                "recommended_action": given.action,
            ])
        bench.agent("ticket", [:])
        return bench
    }

    private func decision(_ run: SystemBench.Run) -> Value? { run.output["decision"]?["decision"] }

    /// What the ticket was told.
    private func steps(_ run: SystemBench.Run) -> [Value?] {
        run.calls("ticket").map { $0.payload["step"] }
    }

    @Test("S3-09 the classifier reads the incident, and its intent and confidence are the answer's")
    func classification() throws {
        var bench = try bench()
        bench.agent("action_agent", running)
        let run = bench.play(incident)
        let payload = try #require(run.calls("intent_classifier").first?.payload)
        #expect(payload["incident"] == incident)
        #expect(payload["intents"]?.array?.count == 8)
        #expect(
            run.output["classification"] == [
                "intent": "glue_etl_failure", "confidence": 0.85,
                "reasoning": "Clear Glue job failure indicators in description",
            ])
    }

    @Test(
        "S3-10 the investigator is given the tools of the intent",
        arguments: [
            ("dag_failure", ["airflow_tool"]), ("dag_alarm", ["airflow_tool"]),
            ("mwaa_failure", ["airflow_tool"]), ("glue_etl_failure", ["glue_tool"]),
            ("athena_failure", ["athena_tool"]),
            ("data_missing", ["s3_data_tool", "watchtower_tool"]),
            ("data_not_available", ["s3_data_tool", "watchtower_tool"]),
            ("source_zero_data", ["s3_data_tool"]),
            (
                "something_else",
                ["airflow_tool", "athena_tool", "glue_tool", "s3_data_tool", "watchtower_tool"]
            ),
        ] as [(String, [String])])
    func investigation(intent: String, tools: [String]) throws {
        var bench = try bench(Case(intent: intent))
        bench.agent("action_agent", running)
        let run = bench.play(incident)
        let payload = try #require(run.calls("investigator").first?.payload)
        #expect(payload["intent"] == .string(intent))
        #expect(payload["tools"] == .array(tools.map(Value.string)))
        #expect(payload["log_sources"] == ["emr", "glue", "mwaa", "cloudwatch", "athena"])
        #expect(
            run.output["investigation"]?["root_cause"] == "Glue job exceeded timeout threshold")
        #expect(run.output["investigation"]?["recommended_action"] == "retry_glue_job")
    }

    @Test(
        "S3-11 S3-13 strong evidence leads to the action, weak evidence past it, both to the policy"
    )
    func graph() throws {
        let edges = try SystemBench("incident-response").nodesAndEdges.edges
        for edge in [
            "investigate -> act: high", "investigate -> decide: low", "act -> decide",
            "retry_action -> decide",
        ] { #expect(edges.contains(edge), "\(edge)") }
        let types = [
            "MWAA_DAG_FAILURE", "GLUE_JOB_FAILURE", "ATHENA_FAILURE", "DATA_MISSING", "Others",
        ]
        for type in types { #expect(edges.contains("classify -> investigate: \(type)")) }
        #expect(edges.filter { $0.hasPrefix("act ->") } == ["act -> decide"])
    }

    @Test("S3-11 an action is taken from an evidence of 0.5 on", arguments: [0.49, 0.5])
    func evidence(score: Double) throws {
        var bench = try bench(Case(evidence: score))
        bench.agent("action_agent", running)
        let run = bench.play(incident)
        #expect(run.path.contains("act") == (score >= 0.5))
        // Past the action the policy still has what was recommended done.
        #expect(run.path.contains("retry_action") == (score < 0.5))
    }

    @Test("S3-12 the action agent is told what to do and about what, and reports what came of it")
    func action() throws {
        var bench = try bench()
        bench.agent("action_agent", running)
        let run = bench.play(incident)
        let payload = try #require(run.calls("action_agent").first?.payload)
        #expect(payload["action"] == "retry_glue_job")
        #expect(payload["investigation"]?["evidence_score"] == 0.75)
        #expect(payload["attempt"] == 1)
        #expect(run.output["action"] == running)
        for action in [nil, "manual_intervention"] as [Value] {
            var other = try self.bench(Case(action: action))
            other.agent("action_agent", running)
            #expect(other.play(incident).calls("action_agent").isEmpty)
        }
    }

    @Test(
        "S3-13 S3-14 an action that fails is a part of the score and not the end",
        arguments: [true, false])
    func score(succeeds: Bool) throws {
        var bench = try bench(Case(retry: false))
        bench.agent("action_agent", succeeds ? running : failed)
        let run = bench.play(incident)
        let given = try #require(run.output["decision"])
        #expect(given["score"] == .number(succeeds ? 0.82 : 0.72))
        #expect(
            given["component_scores"] == [
                "intent_confidence": 0.85, "evidence_score": 0.75,
                "action_success": .bool(succeeds),
            ])
        #expect(run.path.contains("decide"))
    }

    @Test("S3-15 S3-28 S3-29 high confidence and a successful remedy close the ticket")
    func close() throws {
        var bench = try bench()
        bench.agent("action_agent", running)
        let run = bench.play(incident)
        #expect(decision(run) == "auto_close")
        #expect(
            run.output["decision"]?["reasoning"] == "High confidence (0.82) with successful retry")
        #expect(steps(run) == ["close"])
        #expect(run.output["decision"]?["score"] == 0.82)
        #expect(run.output["classification"]?["intent"] == "glue_etl_failure")
        #expect(run.output["action"] == running)
        #expect(run.calls("action_agent").count == 1)
        #expect(run.output["sys_id"] == "INC001" && run.output["errors"] == [])
    }

    @Test("S3-15 medium confidence and a recommended retry have the action done again")
    func retry() throws {
        var bench = try bench(Case(confidence: 0.7, evidence: 0.6))
        bench.agent("action_agent", failed, running)
        let run = bench.play(incident)
        #expect(decision(run) == "auto_retry")
        #expect(run.path.count { $0 == "retry_action" } == 1)
        #expect(run.calls("action_agent").map { $0.payload["attempt"] } == [1, 2])
        #expect(steps(run) == ["note"])
        #expect(run.output["action"]?["success"] == true)
    }

    @Test("E19 nothing is done more than three times; then an expert is asked")
    func bound() throws {
        var bench = try bench()
        bench.agent("action_agent", failed)
        let run = bench.play(incident)
        #expect(run.calls("action_agent").count == 3)
        #expect(decision(run) == "escalate")
        #expect(run.output["decision"]?["reasoning"] == "3 attempts have not helped")
        #expect(steps(run) == ["escalate"])
    }

    @Test("S3-15 low confidence goes to an expert, what needs manual work to a person")
    func people() throws {
        let low = try bench(Case(confidence: 0.4, evidence: 0.3)).play(incident)
        #expect(decision(low) == "escalate")
        #expect(low.output["decision"]?["reasoning"] == "Low confidence (0.315)")
        #expect(steps(low) == ["escalate"])
        #expect(low.calls("action_agent").isEmpty && low.output["action"] == .null)
        let manual = try bench(Case(action: "manual_intervention")).play(incident)
        #expect(decision(manual) == "human_review")
        #expect(steps(manual) == ["review"])
        let unclear = try bench(Case(retry: false, action: nil)).play(incident)
        #expect(decision(unclear) == "escalate")
    }

    @Test("S3-15 E18 a ticket is closed when the job that was started again has succeeded")
    func verification() throws {
        var bench = try bench(Case(verify: true))
        bench.agent("action_agent", running, ["status": "RUNNING"], ["status": "SUCCEEDED"])
        let run = bench.play(incident)
        #expect(decision(run) == "auto_close" && steps(run) == ["close"])
        #expect(run.story.duration == .seconds(60))
        #expect(run.output["action"]?["details"]?["status"] == "SUCCEEDED")
        #expect(run.output["duration_seconds"] == 60)
        #expect(
            run.calls("action_agent").last?.payload == [
                "action": "check_status", "resource_id": "SPENDING_POTS",
                "execution_id": "jr_12345",
            ])
        var other = try self.bench(Case(verify: true))
        let lost: Value = ["status": "FAILED"]
        other.agent("action_agent", running, lost, running, lost, running, lost)
        let failure = other.play(incident)
        #expect(decision(failure) == "escalate" && steps(failure) == ["escalate"])
        #expect(failure.path.count { $0 == "retry_action" } == 2)
    }

    @Test(
        "S3-35 S3-38 whichever agent fails, a person reviews it and the answer names the agent",
        arguments: ["intent_classifier", "investigator", "action_agent"])
    func failure(agent: String) throws {
        var bench = try SystemBench("incident-response")
        let answers: [(String, Value)] = [
            ("intent_classifier", ["intent": "athena_failure", "confidence": 0.9]),
            (
                "investigator",
                ["evidence_score": 0.9, "recommended_action": "re_run", "retry_recommended": true]
            ),
            ("action_agent", ["success": true]), ("ticket", [:]),
        ]
        for (name, answer) in answers {
            if name == agent {
                bench.agent(name, fails: "it is down")
            } else {
                bench.agent(name, answer)
            }
        }
        let run = bench.play(incident)
        #expect(decision(run) == "human_review")
        #expect(run.output["errors"] == [["agent": .string(agent), "error": "it is down"]])
        #expect(steps(run) == ["review"])
    }

    @Test("S3-36 an incident that says nothing, or none at all, is a matter for a person")
    func invalid() throws {
        for input in [[:], nil, ["sys_id": "INC9", "short_description": 5]] as [Value] {
            let run = try bench().play(input)
            #expect(decision(run) == "human_review")
            #expect(run.called == ["ticket"])
        }
    }

    @Test("S3-33 a policy may be set for an intent, whatever the scores say")
    func override() throws {
        let rule = ["policy_overrides: {}": "policy_overrides: { glue_etl_failure: escalate }"]
        var bench = try SystemBench("incident-response", changing: rule)
        bench.agent("intent_classifier", ["intent": "glue_etl_failure", "confidence": 1])
        bench.agent(
            "investigator", ["evidence_score": 1, "recommended_action": "retry_glue_job"])
        bench.agent("action_agent", ["success": true])
        let run = bench.play(incident)
        #expect(decision(run) == "escalate")
        #expect(run.output["decision"]?["score"] == 1)
        #expect(run.output["errors"]?.array?.map { $0["agent"] } == ["ticket"])
    }
}
