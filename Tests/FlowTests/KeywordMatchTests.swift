import Document
import Language
import Testing

@testable import Flow

/// Keywords in texts: whole words with their inflections, parts of words, and phrases that overlap.
@Suite struct KeywordMatchTests {
    private func matches(_ text: String, _ rules: Value, _ options: Value = [:]) throws -> Value? {
        var with: ObjectValue = ["text": .string(text), "rules": rules]
        for (key, value) in options.object ?? [:] { with[key] = value }
        return try KeywordMatch(.object(with)).value["matches"]
    }

    @Test(
        "E5 a word matches its plain English inflections and nothing it is only a part of",
        arguments: [
            ("charts", "chart", true), ("notified", "notify", true), ("failing", "fail", true),
            ("planning", "plan", true), ("making", "make", true), ("queries", "query", true),
            ("paragraph", "graph", false), ("this", "hi", false), ("prune", "run", false),
            ("running", "run", true), ("used", "use", true), ("boxes", "box", true),
            ("costume", "cost", false), ("slower", "slow", true),
        ])
    func inflections(word: String, keyword: String, isForm: Bool) throws {
        #expect(KeywordFinder.isForm(word, of: keyword) == isForm)
        let found = try matches("so \(word.uppercased())!", ["rule": [.string(keyword)]])
        #expect(found == (isForm ? ["rule"] : []))
    }

    @Test("E5 the literal mode takes parts of words")
    func substring() throws {
        let rules: Value = ["graph": ["graph"], "run": ["run"]]
        #expect(
            try matches("A paragraph to prune", rules, ["match": "substring"]) == ["graph", "run"])
    }

    @Test("E23 the longest phrase wins, and of equals the rule that stands first")
    func longest() throws {
        let rules: Value = [
            ["label": "triage", "words": ["health check", "healthy"]],
            ["label": "all", "words": ["comprehensive health check", "check everything"]],
            ["label": "late", "words": ["check everything"]],
        ]
        let longest: Value = ["overlap": "longest"]
        #expect(try matches("comprehensive health check", rules, longest) == ["all"])
        #expect(try matches("a health check", rules, longest) == ["triage"])
        #expect(try matches("Check everything", rules, longest) == ["all"])
        #expect(try matches("comprehensive health check", rules) == ["triage", "all"])
    }

    @Test("what is missing is said")
    func missing() {
        #expect(throws: FlowError.self) { try KeywordMatch(["rules": [:]]) }
        #expect(throws: FlowError.self) { try KeywordMatch(["text": "a"]) }
        #expect(throws: FlowError.self) {
            try KeywordMatch(["text": "a", "rules": [:], "match": "fuzzy"])
        }
    }
}
