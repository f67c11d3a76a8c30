import Telemetry
import Testing

@testable import WebClient

/// Taking URLs apart, and making others from them.
@Suite("A URL") struct WebURLTests {
    @Test(
        "is written in one way alone",
        arguments: [
            ("HTTP://Example.COM:80", "http://example.com/"),
            ("https://example.com:443/a?b#c", "https://example.com/a?b"),
            ("https://example.com:8443?x", "https://example.com:8443/?x"),
            ("http://h/ä b\"", "http://h/%C3%A4%20b%22"), ("http://h/%20%zz", "http://h/%20%zz"),
            ("http://[2606:4700:0:0::1]/", "http://[2606:4700::1]/"),
            ("http://[::ffff:1.2.3.4]:81/", "http://1.2.3.4:81/"),
            ("http://h/a?b=http://c/?d", "http://h/a?b=http://c/?d"),
        ])
    func canonical(text: String, expected: String) throws {
        #expect(try WebURL(text).description == expected)
    }

    @Test(
        "resolves what a server names",
        arguments: [
            ("/x", "http://h/x"), ("x", "http://h/a/x"), ("../x", "http://h/x"),
            ("../../../x", "http://h/x"), ("./x/./y/..", "http://h/a/x/"),
            ("?q", "http://h/a/b?q"), ("", "http://h/a/b?o"), ("#f", "http://h/a/b?o"),
            ("//other/y", "http://other/y"), ("https://o:1/", "https://o:1/"),
            ("/a?u=../b", "http://h/a?u=../b"), ("..", "http://h/"), ("/a//b", "http://h/a//b"),
        ])
    func references(reference: String, expected: String) throws {
        #expect(try WebURL("http://h/a/b?o").resolving(reference).description == expected)
    }

    @Test("takes members of a query and encodes them")
    func query() throws {
        var url = try WebURL("http://h/?a=1")
        url.append("b c", "x&y=ü")
        #expect(url.description == "http://h/?a=1&b%20c=x%26y%3D%C3%BC")
        #expect(url.shown == "http://h/")
    }

    @Test("of no length whatever stops anybody")
    func long() {
        let long = String(repeating: "a", count: 9000)
        #expect(throws: Fault.self) { try WebURL("http://h/\(long)") }
        #expect(throws: Fault.self) { try WebURL("http://\(long.prefix(300))/") }
    }
}
