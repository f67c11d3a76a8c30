import Document
import Testing

@testable import Language

/// What was learned shifts choices a little, visibly, and not at all when it is switched off.
@Suite struct RoutingExperienceTests {
    @Test("S4-74 outcomes shift a score toward what went well, and less the fewer there are")
    func shifts() {
        var experience = RoutingExperience()
        experience.note(agent: "a", phrases: ["cost"], isGood: true)
        let one = experience.shift(agent: "a", phrases: ["cost"])
        #expect(one > 0)
        for _ in 0..<100 { experience.note(agent: "a", phrases: ["cost"], isGood: true) }
        let many = experience.shift(agent: "a", phrases: ["cost"])
        #expect(many > one)
        #expect(many <= RoutingExperience.bound)
        #expect(experience.shift(agent: "b", phrases: ["cost"]) == 0)
    }

    @Test(
        "S4-74 no number of outcomes goes beyond the bound", arguments: [Int.max / 2, 1_000_000, 0])
    func bound(count: Int) {
        var experience = RoutingExperience()
        experience.set(agent: "a", phrase: "x", .init(good: 0, bad: count))
        #expect(experience.shift(agent: "a", phrases: ["x"]) >= -RoutingExperience.bound)
    }

    @Test("S4-74 switched off it changes nothing, and what is known can be seen")
    func off() {
        var experience = RoutingExperience()
        experience.note(agent: "a", phrases: ["x"], isGood: false)
        experience.isOn = false
        #expect(experience.shift(agent: "a", phrases: ["x"]) == 0)
        #expect(experience.value["agents"]?["a"]?["x"]?["bad"] == 1)
    }

    @Test("S4-74 what was learned decides between equals and is told in the decision")
    func decides() throws {
        let profiles = ["a", "b"].map { AgentProfile($0, ["keywords": ["weather"]]) }
        let router = try Router(
            profiles + [AgentProfile("c", ["keywords": ["noise"]])])
        var experience = RoutingExperience()
        for _ in 0..<50 { experience.note(agent: "b", phrases: ["weather"], isGood: true) }
        let decision = router.decision("weather", experience: experience)
        #expect(decision.agents.first == "b")
        #expect(decision.candidates.first { $0.agent == "b" }?.learned ?? 0 > 0)
    }
}
