import Testing

@testable import WebClient

/// The words for what can go wrong with a request.
@Suite struct WebCodeTests {
    @Test("a code travels as its plain word")
    func words() {
        #expect(WebCode.timeout.rawValue == "timeout")
    }
}
