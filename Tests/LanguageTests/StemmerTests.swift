import Testing

@testable import Language

/// Words that belong together have one stem, and others have not.
@Suite struct StemmerTests {
    @Test(
        "the forms of a word have one stem",
        arguments: [
            ["optimize", "optimizing", "optimization", "optimized"],
            ["query", "queries"], ["fail", "failed", "failure", "failing"],
            ["replica", "replication", "replicas"], ["validate", "validation", "validator"],
            ["notify", "notified", "notification"], ["slow", "slowest", "slower"],
            ["analyze", "analysis", "analyse"], ["secure", "security"], ["index", "indexes"],
            ["connection", "connections"], ["generate", "generation", "generated"],
        ])
    func together(words: [String]) {
        #expect(Set(words.map(Stemmer.stem)).count == 1, "\(words.map(Stemmer.stem))")
    }

    @Test(
        "words that only look alike have two",
        arguments: [("news", "new_"), ("user", "usher"), ("cost", "coast"), ("worker", "work")])
    func apart(one: String, other: String) {
        #expect(Stemmer.stem(one) != Stemmer.stem(other))
    }

    @Test("what is no plain word is left alone", arguments: ["", "s3", "über", "a", "0x1f"])
    func strange(word: String) { #expect(Stemmer.stem(word) == word) }
}
