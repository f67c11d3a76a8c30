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

    @Test(
        "several near names are offered together, the nearest first, at most three",
        arguments: [
            ("cots", "; did you mean cost?"), ("cost", "; did you mean cost or cast?"),
            ("note", "; did you mean note-a, note-b or note-c?"), ("xyz", ""), ("", ""),
            ("agent", "; did you mean agents?"),
        ])
    func question(word: String, expected: String) {
        let names = ["cast", "cost", "agents", "note-a", "note-b", "note-c", "note-d"]
        #expect(Suggestion.question(for: word, in: names) == expected)
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
