import Telemetry
import Testing

@testable import WebClient

/// What becomes of a request when a server sends on.
@Suite("A redirect") struct HopTests {
    private func hop(_ method: String) throws -> Hop {
        var request = WebRequest(method, "https://a.example/x")
        for (name, value) in [
            ("Authorization", "Bearer t"), ("Cookie", "c=1"), ("X-Api-Key", "k"),
            ("Content-Type", "text/plain"), ("Accept", "*/*"),
        ] { request.headers.append(name, value) }
        request.body = [1, 2, 3]
        request.credentials = .digest(user: "u", password: "p")
        return try Hop(request)
    }

    @Test(
        "changes the method as the status says",
        arguments: [
            (301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"), (301, "PUT", "PUT"), (307, "POST", "POST"),
            (308, "DELETE", "DELETE"),
        ])
    func methods(status: Int, method: String, expected: String) throws {
        let next = try hop(method).next(status, "/y")
        #expect(next.method == expected)
        #expect((next.body == nil) == (expected == "GET"))
        #expect((next.headers["content-type"] == nil) == (expected == "GET"))
        #expect(next.headers["authorization"] == "Bearer t")
    }

    @Test(
        "B69 leaves every credential behind at another origin",
        arguments: [
            "https://b.example/", "http://a.example/x", "https://a.example:8443/",
            "https://sub.a.example/",
        ])
    func origins(location: String) throws {
        let next = try hop("GET").next(307, location)
        #expect(next.credentials == nil)
        #expect(next.headers.fields.map(\.name) == ["Content-Type", "Accept"])
    }

    @Test(
        "B69 to something that is not the web is refused",
        arguments: ["file:///etc/passwd", "gopher://x/", "http://u:p@x/", "http://127.1/"])
    func schemes(location: String) throws {
        let hop = try hop("GET")
        #expect { try hop.next(302, location) } throws: { error in
            (error as? Fault)?.has(WebCode.refused) == true
        }
    }

    @Test(
        "a request that would smuggle something is refused",
        arguments: [
            ("GET", "Transfer-Encoding", "chunked"), ("GET", "Host", "x"),
            ("GET", "X-A", "b\r\nX-B: c"), ("GET", "X A", "b"), ("GET", "", "b"),
            ("GET x", "X-A", "b"), ("CONNECT", "X-A", "b"), ("", "X-A", "b"),
            ("GET", "Connection", "close"), ("G\u{0}T", "X-A", "b"), ("GET", "X-A", "\u{0}"),
        ])
    func smuggling(method: String, name: String, value: String) {
        var request = WebRequest(method, "http://h/")
        request.headers.append(name, value)
        #expect(throws: Fault.self) { try Hop(request) }
    }
}
