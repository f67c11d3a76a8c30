import Testing

/// Cuts small samples, whole and broken.
@Suite("The lexer") struct LexerTests {
    private func texts(_ text: String, _ kind: Token.Kind) -> [String] {
        Lexer.tokens(of: text).filter { $0.kind == kind }.map(\.text)
    }

    @Test("words, numbers and signs are told apart")
    func kinds() {
        #expect(texts("let a1 = 0x1f + b", .word) == ["let", "a1", "b"])
        #expect(texts("let a1 = 0x1f + b", .number) == ["0x1f"])
        #expect(texts("let a1 = 0x1f + b", .sign) == ["=", "+"])
    }

    @Test("what stands in a text is no code, but what is interpolated in it is")
    func literals() {
        #expect(texts("a(\"b \\(c + \"d \\(e)\") f\", g)", .word) == ["a", "c", "e", "g"])
        #expect(texts("#\"a \"b\" \\(c) \\#(d)\"#", .word) == ["d"])
        #expect(texts("\"\"\"\n \"a\" \\(b)\n \"\"\" + c", .word) == ["b", "c"])
        #expect(texts("\"\\\\\" + a", .word) == ["a"])
    }

    @Test("comments are kept whole, nested ones too")
    func comments() {
        #expect(
            texts("a // b \"c\nd /* e /* f */ g */ h", .comment) == [
                "// b \"c", "/* e /* f */ g */",
            ])
        #expect(texts("a // b \"c\nd /* e /* f */ g */ h", .word) == ["a", "d", "h"])
    }

    @Test("lines are counted through texts and comments")
    func lines() {
        let tokens = Lexer.tokens(of: "\"\"\"\nx\n\"\"\"\n/*\n\n*/ a\nb")
        #expect(tokens.map(\.line) == [1, 4, 6, 7])
    }

    @Test(
        "text that ends too early ends the scan and nothing else",
        arguments: [
            "\"abc", "\"\"\"abc", "/* abc", "\"\\(abc", "#\"abc", "\\", "\"\\", "#", "(((",
            "é\u{0}",
        ])
    func unfinished(text: String) {
        #expect(Lexer.tokens(of: text).count <= 4)
    }
}
