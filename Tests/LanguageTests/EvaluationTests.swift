import Document
import Telemetry
import Testing

@testable import Language

/// Labelled questions are read strictly, and what is right is counted as it is.
@Suite struct EvaluationTests {
    private static let profiles = [
        AgentProfile(
            "cost",
            [
                "keywords": ["cost"],
                "parameters": [
                    "type": "object",
                    "properties": [
                        "hours": ["type": "number", "description": "how far back, in hours"]
                    ],
                ],
            ]), AgentProfile("noise", ["keywords": ["noise"]]),
    ]

    private func evaluation(_ lines: String...) throws -> Evaluation {
        let bytes = Array(lines.joined(separator: "\n").utf8)
        return try Evaluation(
            try LabelledQuery.read(bytes, source: "q"), router: try Router(Self.profiles))
    }

    @Test("exact agents, parameters and who was taken for whom are counted")
    func counts() throws {
        let result = try evaluation(
            #"{"query": "cost of the last 3 hours", "agents": ["cost"],"#
                + #""parameters": {"cost": {"hours": 3}}}"#,
            "", "# a remark",
            #"{"query": "noise", "agents": ["cost"],"#
                + #""parameters": {"cost": {"hours": 1}}}"#,
            #"{"query": "cost since then", "agents": ["cost"],"#
                + #""parameters": {"cost": {"hours": {"any": true}}}}"#,
            #"{"query": "lasagne", "agents": []}"#)
        #expect(result.accuracy == 0.75)
        #expect(result.parameterCounts == (2, 3))
        #expect(result.labelledCounts == (2, 3))
        #expect(result.confusions.map(\.meant) == ["cost"])
        #expect(result.confusions.map(\.chosen) == ["noise"])
        let cost = try #require(result.tallies.first { $0.agent == "cost" }?.tally)
        #expect((cost.both, cost.chosenOnly, cost.meantOnly) == (2, 0, 1))
        #expect(result.value["failures"]?.array?.count == 1)
        #expect(result.bins.reduce(0) { $0 + $1.count } == 4)
    }

    @Test(
        "what is no labelled question is refused with its line",
        arguments: [
            "{", "[]", #"{"query": 1, "agents": []}"#, #"{"query": "a"}"#,
            #"{"query": "a", "agents": [1]}"#, #"{"query": "a", "agents": [], "parameters": 1}"#,
        ])
    func refused(line: String) {
        let fault = #expect(throws: Fault.self) {
            try LabelledQuery.read(Array("\n\(line)".utf8), source: "q")
        }
        #expect(fault?.place == "q:2")
    }

    @Test("no question at all, and an agent that is not there, are told")
    func nothing() {
        #expect(throws: Fault.self) { try evaluation("") }
        #expect(throws: Fault.self) { try evaluation(#"{"query": "a", "agents": ["x"]}"#) }
    }

    @Test("agents are read as a list or by their names, each once")
    func agents() throws {
        func read(_ text: String) throws -> [AgentProfile] {
            try AgentProfile.read(Array(text.utf8), source: "a.yaml")
        }
        let list = try read("agents: [{name: a, description: The default when no other fits}]")
        #expect(list.map(\.name) == ["a"])
        #expect(list[0].isFallback)
        #expect(try read("agents: {b: {keywords: [x]}}").map(\.keywords) == [["x"]])
        #expect(throws: Fault.self) { try read("agents: [{name: a}, {name: a}]") }
        #expect(throws: Fault.self) { try read("agents: [{}]") }
        #expect(throws: Fault.self) { try read("") }
    }

    @Test("rules are read strictly: unknown keys and words are told")
    func rules() throws {
        func read(_ text: String) throws -> RoutingRules {
            try RoutingRules.read(Array(text.utf8), source: "r.yaml")
        }
        let rules = try read("match: substring\nrules: {a: [x, y]}\ndefault: a\nplain: [z]")
        #expect(rules.mode == .substring)
        #expect(rules.rules.map(\.agents) == [["a"]])
        #expect(throws: Fault.self) { try read("match: fuzzy") }
        #expect(throws: Fault.self) { try read("rule: {}") }
        #expect(try read("").rules.isEmpty)
    }
}
