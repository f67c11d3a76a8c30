import Document
import Telemetry
import Testing

@testable import Language

/// Who decides: rules, a model's choice, the words of the agents; and how the decision explains
/// itself.
@Suite struct RouterTests {
    private static let profiles = [
        AgentProfile(
            "cost",
            [
                "description": "Billing and spending.",
                "keywords": ["cost", "billing", "expensive"],
                "use_cases": ["Explain why costs spiked"],
            ]),
        AgentProfile(
            "reliability",
            [
                "description": "Job failures and errors.",
                "keywords": ["job failures", "errors", "failing"],
                "use_cases": ["See which jobs failed and why"],
            ]),
        AgentProfile(
            "security",
            [
                "description": "Access control and audit logs.",
                "keywords": ["access control", "audit logs", "permissions"],
            ]),
    ]

    private func router(
        _ strategy: RoutingRules.Strategy, _ rules: [RoutingRules.Rule] = [],
        fallback: [String] = []
    ) throws -> Router {
        var routing = RoutingRules()
        routing.strategy = strategy
        routing.overlap = .longest
        routing.rules = rules
        routing.fallback = fallback
        return try Router(Self.profiles, rules: routing)
    }

    @Test(
        "S1-29 S1-30 S1-18 one domain or several, by the words of the agents",
        arguments: [
            ("Why did costs spike last Tuesday?", ["cost"]),
            ("Are expensive jobs also failing?", ["cost", "reliability"]),
            ("who has permissions, and what is the bill?", ["cost", "security"]),
        ])
    func words(text: String, agents: [String]) throws {
        #expect(Set(try router(.lexical).decision(text).agents) == Set(agents))
    }

    @Test(
        "S1-27 S1-31 who asks for an overview of everything asks all",
        arguments: ["Give me a health overview", "how is everything overall"])
    func overview(text: String) throws {
        #expect(try router(.lexical).decision(text).agents.count == 3)
    }

    @Test("S2-24 E14 what nobody knows goes to the default, or to nobody")
    func nobody() throws {
        let text = "what is a good recipe for lasagne"
        #expect(try router(.lexical).decision(text).agents == [])
        #expect(try router(.lexical).decision(text).maker == .nobody)
        let decision = try router(.lexical, fallback: ["security"]).decision(text)
        #expect(decision.agents == ["security"])
        #expect(decision.maker == .fallback)
    }

    private static let rules = [
        RoutingRules.Rule(phrases: ["bill"], agents: ["cost"]),
        RoutingRules.Rule(phrases: ["breaks"], agents: ["reliability"]),
    ]

    private func choice(_ confidence: Double) throws -> ModelChoice {
        try ModelChoice(
            #"{"primary_agent": "security", "confidence": \#(confidence), "reasoning": "so"}"#,
            profiles: Self.profiles)
    }

    @Test("E14 one rule decides, and no model is asked")
    func oneRule() throws {
        let router = try router(.hybrid, Self.rules)
        #expect(!router.needsModel("the bill"))
        let decision = router.decision("the bill", model: try choice(0.9))
        #expect(decision.agents == ["cost"])
        #expect(decision.maker == .rule)
    }

    @Test("E14 S2-18 none or several rules leave it to a model that is sure, else to the rules")
    func severalRules() throws {
        let router = try router(.hybrid, Self.rules)
        let text = "the bill, and what breaks"
        #expect(router.needsModel(text))
        #expect(router.needsModel("hm"))
        #expect(router.decision(text, model: try choice(0.5)).agents == ["security"])
        #expect(router.decision(text, model: try choice(0.49)).agents == ["cost", "reliability"])
        #expect(router.decision(text).agents == ["cost", "reliability"])
    }

    @Test("E14 without rules and model the words of the agents decide, else the default")
    func hybridWords() throws {
        let router = try router(.hybrid, Self.rules, fallback: ["security"])
        #expect(router.decision("expensive").agents == ["cost"])
        #expect(router.decision("hm").agents == ["security"])
    }

    @Test("S2-21 with the strategy llm the model comes before one rule")
    func llm() throws {
        let router = try router(.llm, Self.rules)
        #expect(router.needsModel("the bill"))
        #expect(router.decision("the bill", model: try choice(0.9)).agents == ["security"])
        #expect(router.decision("the bill").agents == ["cost"])
    }

    @Test("E23 S4-27 a phrase of several agents wins over single ones, and others may join")
    func several() throws {
        let rules = [
            RoutingRules.Rule(phrases: ["check"], agents: ["security"]),
            RoutingRules.Rule(phrases: ["check everything"], agents: ["cost", "reliability"]),
        ]
        let router = try router(.lexical, rules)
        #expect(router.decision("Check everything").agents == ["cost", "reliability"])
        let more = router.decision("check everything, and the audit logs")
        #expect(more.agents == ["cost", "reliability", "security"])
        #expect(more.maker == .rule)
    }

    @Test("a star in a phrase stands for a few words")
    func gap() throws {
        let rules = [RoutingRules.Rule(phrases: ["why * slow"], agents: ["cost", "reliability"])]
        let router = try router(.simple, rules)
        #expect(router.decision("why is my old database so slow").agents.count == 2)
        #expect(router.decision("why not").agents == [])
        #expect(router.decision("slow, but why").agents == [])
    }

    @Test("S2-18 S2-20 a decision says what spoke for whom, who lost and why, and how hard it was")
    func explained() throws {
        let decision = try router(.lexical).decision("are jobs failing because of costs?")
        let value = decision.value
        #expect(value["by"] == "words")
        #expect((value["confidence"]?.number ?? 2) <= 1)
        let first = decision.candidates.first
        #expect(first?.lost == nil)
        #expect(first?.words.isEmpty == false)
        #expect(RoutingComplexity.allCases.contains(decision.complexity))
        #expect(decision.lines.count == decision.candidates.count + 1)
    }

    @Test("S2-20 the harder a choice, the larger the model")
    func complexity() {
        let easy = RoutingComplexity(clauses: 1, contenders: 1, confidence: 0.9, words: 5)
        let hard = RoutingComplexity(clauses: 4, contenders: 4, confidence: 0.3, words: 90)
        #expect(easy == .simple)
        #expect(hard == .complex)
        let models = ["complex": "large", "simple": "small"]
        #expect(hard.model(of: models, standard: "middle") == "large")
        #expect(RoutingComplexity.moderate.model(of: models, standard: "middle") == "middle")
    }

    @Test("what is denied is not asked for")
    func denied() throws {
        let router = try router(.lexical)
        #expect(router.decision("costs, but leave the errors out").agents == ["cost"])
        #expect(router.decision("not the audit logs, the bill please").agents == ["cost"])
    }

    @Test("a misspelt long word is known, a short one is not guessed at")
    func typo() throws {
        let router = try router(.lexical)
        #expect(router.decision("permisions").agents == ["security"])
        #expect(router.decision("cast").agents == [])
    }

    @Test(
        "B70 strange questions trap nothing and get an answer",
        arguments: [
            "", " ", "\u{0}", "\"", "'''", "\"\"\"", "((((", "e\u{301}\u{FEFF}\u{202E}", "🧨🧨",
            "*", "{{request}}", "-", "--", "1e999", "99999999999999999999999999", "'a", "a'",
        ])
    func strange(text: String) throws {
        _ = try router(.lexical).decision(text)
        _ = try router(.hybrid, Self.rules).decision(text)
    }

    @Test("B63 a question of a megabyte is read in part and costs little")
    func long() throws {
        let text = String(repeating: "why are expensive jobs failing ", count: 40_000)
        #expect(try router(.lexical).decision(text).agents.contains("reliability"))
    }

    @Test("a rule of an agent that is not there is refused, with the nearest name")
    func unknown() {
        let rule = RoutingRules.Rule(phrases: ["a"], agents: ["costs"])
        let fault = #expect(throws: Fault.self) { try router(.simple, [rule]) }
        #expect(fault?.message.contains("did you mean cost?") == true)
    }
}
