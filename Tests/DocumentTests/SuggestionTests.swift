import Document
import Testing

@Suite struct SuggestionTests {
    @Test(
        "B53 the nearest name is offered, and none that is far",
        arguments: [
            ("retires", "retries"), ("Retries", "retries"), ("timout", "timeout"), ("prot", "port"),
            ("agnets", "agents"), ("xyz", nil), ("", nil), ("a", nil), ("retry_policy_of_all", nil),
            ("maxConnection", "maxConnections"),
        ] as [(String, String?)])
    func nearest(word: String, name: String?) {
        let names = ["retries", "timeout", "port", "agents", "maxConnections"]
        #expect(Suggestion.nearest(to: word, in: names) == name)
    }

    @Test("B53 the first of equals is taken, and endless words are not compared")
    func bounds() {
        #expect(Suggestion.nearest(to: "cost", in: ["cast", "coat"]) == "cast")
        #expect(Suggestion.nearest(to: String(repeating: "x", count: 1_000_000), in: ["x"]) == nil)
        #expect(Suggestion.nearest(to: "x", in: [String]()) == nil)
        #expect(Suggestion.phrase(for: "prot", in: ["port"]) == ", did you mean \"port\"?")
        #expect(Suggestion.phrase(for: "prot", in: ["agents"]).isEmpty)
    }
}
