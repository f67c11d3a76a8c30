import Reactor
import Synchronization
import Telemetry
import Testing

@testable import WebClient

/// Requests to a server on this machine, which an allow rule opens.
@Suite("The web client") struct WebClientTests {
    private static func client(
        _ loop: EventLoop, _ server: PlayedServer, _ rules: [String] = [],
        limits: WebLimits = WebLimits(), names: [String: [String]] = [:]
    ) throws -> WebClient {
        var settings = WebClient.Settings()
        settings.limits = limits
        settings.guarding.allowed = try (["127.0.0.1:\(server.port)"] + rules).map(AllowRule.init)
        return try WebClient(on: loop, settings) { names[$0] ?? [] }
    }

    /// What a request ends with.
    private static func outcome(
        _ client: WebClient, _ request: WebRequest
    ) async -> Result<WebResponse, Fault> {
        do throws(Fault) {
            return .success(try await client.send(request))
        } catch {
            return .failure(error)
        }
    }

    private static func code(_ outcome: Result<WebResponse, Fault>) -> WebCode? {
        if case .failure(let fault) = outcome { fault.code as? WebCode } else { nil }
    }

    @Test("sends a method, headers and a body, and gives the answer")
    func plain() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in
                answer("201 Created", ["X-One: 1", "x-two:  two  "], Array("hello".utf8))
            }
            let client = try Self.client(loop, server)
            var request = WebRequest("post", "http://127.0.0.1:\(server.port)/a?b=c")
            request.headers.append("X-Own", "mine")
            request.headers.append("X-Empty", "")
            request.body = Array("body".utf8)
            let response = try await client.send(request)
            #expect(response.status == 201)
            #expect(response.headers["X-TWO"] == "two")
            #expect(response.body == Array("hello".utf8))
            let seen = try #require(server.requests.first)
            #expect(seen.line == "POST /a?b=c HTTP/1.1")
            #expect(seen.head.contains("X-Own: mine"))
            #expect(seen.head.contains("X-Empty:"))
            #expect(!seen.head.contains("Expect"))
            #expect(!seen.head.contains("Content-Type"))
            #expect(seen.body == "body")
            server.stop()
        }
    }

    @Test("uses one connection for one request after the other")
    func reuse() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { answer("200 OK", [], Array($0.path.utf8)) }
            let client = try Self.client(loop, server)
            for number in 0..<5 {
                let response = try await client.send(
                    WebRequest("GET", "http://127.0.0.1:\(server.port)/\(number)"))
                #expect(response.body == Array("/\(number)".utf8))
            }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test("B69 connects to the address that was checked, whatever the name says afterwards")
    func rebinding() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in answer("200 OK") }
            let asked = Atomic<Int>(0)
            var settings = WebClient.Settings()
            settings.guarding.allowed = [try AllowRule("127.0.0.1:\(server.port)")]
            let client = try WebClient(on: loop, settings) { _ in
                asked.add(1, ordering: .relaxed).oldValue == 0 ? ["127.0.0.1"] : ["169.254.169.254"]
            }
            let url = "http://rebinds.example:\(server.port)/"
            #expect(try await client.send(WebRequest("GET", url)).status == 200)
            #expect(asked.load(ordering: .relaxed) == 1)
            #expect(server.requests.first?.head.contains("Host: rebinds.example") == true)
            // The kept connection does not excuse the second look.
            #expect(Self.code(await Self.outcome(client, WebRequest("GET", url))) == .refused)
            server.stop()
        }
    }

    @Test("B69 checks each place that a server sends on to", arguments: ["301", "302", "307"])
    func redirects(status: String) async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { request in
                let target = String(request.path.dropFirst(4))
                return request.path.hasPrefix("/to/")
                    ? answer("\(status) Moved", ["Location: \(target)"], [1, 2, 3])
                    : answer("200 OK", [], Array(request.path.utf8))
            }
            let client = try Self.client(loop, server)
            let here = "http://127.0.0.1:\(server.port)"
            func get(_ location: String, _ most: Int = 5) async -> Result<WebResponse, Fault> {
                var request = WebRequest("GET", "\(here)/to/\(location)")
                request.redirects = most
                return await Self.outcome(client, request)
            }
            #expect(try await get("/end").get().body == Array("/end".utf8))
            #expect(try await get("/to//to//end").get().url.path == "/end")
            #expect(try await get("/end", 0).get().status == Int(status))
            for place in [
                "http://localhost:\(server.port)/", "http://127.0.0.1:1/", "file:///etc/passwd",
                "http://169.254.169.254/", "http://127.1:\(server.port)/", "//10.0.0.1/",
                "http://[::1]:\(server.port)/", "http://u:p@127.0.0.1:\(server.port)/",
            ] {
                let code = Self.code(await get(place))
                #expect(code == .refused || code == .communication, "\(place)")
            }
            let loopCount = server.requests.count
            #expect(Self.code(await get(String(repeating: "/to/", count: 9))) == .limit)
            #expect(server.requests.count == loopCount + 6)
            server.stop()
        }
    }

    @Test("takes no more bytes than it may, packed or not, and no more headers")
    func bounds() async throws {
        // 60,000 zeros.
        let bomb =
            [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xed, 0xc1, 0x31, 1, 0, 0, 0, 0xc2, 0xa0, 0xf5]
            + [0x4f, 0x6d, 0x0d, 0x0f, 0xa0]
            + [UInt8](repeating: 0, count: 58) + [
                0xbe, 0x0c, 5, 0xaa, 0x27, 0x51, 0x60, 0xea, 0, 0,
            ]
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { request in
                switch request.path {
                case "/plain": answer("200 OK", [], [UInt8](repeating: 65, count: 60_000))
                case "/bomb": answer("200 OK", ["Content-Encoding: gzip"], bomb)
                case "/many": answer("200 OK", (0..<300).map { "X-\($0): y" })
                default:
                    answer("200 OK", ["X-Long: " + String(repeating: "y", count: 70_000)])
                }
            }
            let client = try Self.client(loop, server)
            func get(_ path: String, _ largest: Int) async -> Result<WebResponse, Fault> {
                var request = WebRequest("GET", "http://127.0.0.1:\(server.port)\(path)")
                request.largestBody = largest
                return await Self.outcome(client, request)
            }
            #expect(try await get("/plain", 60_000).get().body.count == 60_000)
            #expect(Self.code(await get("/plain", 59_999)) == .limit)
            #expect(try await get("/bomb", 60_000).get().body.count == 60_000)
            #expect(Self.code(await get("/bomb", 59_999)) == .limit)
            #expect(Self.code(await get("/many", 1)) == .limit)
            #expect(Self.code(await get("/long", 1)) == .limit)
            server.stop()
        }
    }

    @Test("ends the transfer when the time runs out or nobody wants the answer")
    func endings() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in nil }
            let client = try Self.client(loop, server)
            var request = WebRequest("GET", "http://127.0.0.1:\(server.port)/")
            request.timeout = .milliseconds(50)
            #expect(Self.code(await Self.outcome(client, request)) == .timeout)
            request.timeout = .seconds(60)
            let waiting = request
            let code = await withTaskGroup(of: WebCode?.self) { group in
                group.addTask { Self.code(await Self.outcome(client, waiting)) }
                while server.requests.count < 2 { try? await loop.sleep(for: .milliseconds(1)) }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(code == .cancelled)
            while server.closed < 2 { try await loop.sleep(for: .milliseconds(1)) }
            server.stop()
        }
    }

    @Test("has a turn for each, and refuses those that no line has room for")
    func turns() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in answer("200 OK") }
            var limits = WebLimits()
            (limits.open, limits.waiting) = (1, 2)
            let client = try Self.client(loop, server, limits: limits)
            let request = WebRequest("GET", "http://127.0.0.1:\(server.port)/")
            let codes = await withTaskGroup(of: WebCode?.self) { group in
                for _ in 0..<5 {
                    group.addTask { Self.code(await Self.outcome(client, request)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == .limit } == 2)
            #expect(codes.count { $0 == nil } == 3)
            server.stop()
        }
    }

    @Test("tries the next address of a name when one does not answer")
    func addresses() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in answer("200 OK") }
            let client = try Self.client(
                loop, server, ["127.0.0.2:\(server.port)"],
                names: ["two.example": ["127.0.0.2", "127.0.0.1"]])
            let response = try await client.send(
                WebRequest("GET", "http://two.example:\(server.port)/"))
            #expect(response.status == 200)
            server.stop()
        }
    }

    @Test("hands the pieces of a body over as they come")
    func pieces() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in
                answer("200 OK", ["X-A: b"], Array("pieces".utf8))
            }
            let client = try Self.client(loop, server)
            let seen = Mutex<[UInt8]>([])
            let response = try await client.send(
                WebRequest("GET", "http://127.0.0.1:\(server.port)/")
            ) { head, bytes in
                #expect(head.headers["x-a"] == "b")
                seen.withLock { $0 += bytes }
            }
            #expect(seen.withLock { $0 } == Array("pieces".utf8))
            #expect(response.body.isEmpty)
            server.stop()
        }
    }

    @Test("answers a digest, and never at another origin")
    func digest() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { request in
                request.head.contains("Authorization: Digest")
                    ? answer("200 OK", [], Array("in".utf8))
                    : answer(
                        "401 Unauthorized",
                        [#"WWW-Authenticate: Digest realm="r", nonce="n", qop="auth""#],
                        Array("out".utf8))
            }
            let client = try Self.client(loop, server)
            var request = WebRequest("GET", "http://127.0.0.1:\(server.port)/")
            request.credentials = .digest(user: "u", password: "p")
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(response.body == Array("in".utf8))
            #expect(response.headers["www-authenticate"] == nil)
            server.stop()
        }
    }

    @Test("says why nobody answers")
    func nobody() async throws {
        try await onLoop { loop in
            let server = try PlayedServer(on: loop) { _ in Array("nonsense\r\n\r\n".utf8) }
            let client = try Self.client(loop, server, ["127.0.0.1:1"])
            for url in ["http://127.0.0.1:1/", "http://127.0.0.1:\(server.port)/"] {
                let outcome = await Self.outcome(client, WebRequest("GET", url))
                #expect(Self.code(outcome) == .communication)
            }
            let outcome = await Self.outcome(client, WebRequest("GET", "https://nowhere.example/"))
            #expect(Self.code(outcome) == .communication)
            server.stop()
        }
    }
}
