import Testing

@testable import Flow

/// Expressions: what they give for which input.
@Suite struct ExpressionTests {
    @Test("an expression keeps its text")
    func text() throws {
        #expect(try Expression(".name").text == ".name")
    }
}
