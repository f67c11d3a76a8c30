import Document
import Telemetry
import Testing
import WebClient
import WorkerKit

@testable import baton_toolbox

/// Calls as workflows write them, read and answered: nothing is asked.
@Suite("A call of HTTP") struct CallTests {
    private func call(_ text: String) throws -> HTTPCall { try HTTPCall(JSON.parse(text)) }

    private func answer(
        _ status: Int, _ type: String = "application/json", _ body: String = "{}"
    ) throws -> WebResponse {
        var headers = WebHeaders()
        headers.append("Content-Type", type)
        headers.append("X-A", "1")
        headers.append("X-A", "2")
        return WebResponse(
            url: try WebURL("https://h/x?key=secret"), method: "GET", status: status,
            headers: headers, body: Array(body.utf8))
    }

    @Test("becomes a request with its query, headers and body")
    func request() throws {
        let call = try call(
            #"""
            {"method": "post", "endpoint": {"uri": "https://h/p?a=1"},
             "query": {"b": [1, true, null], "c d": "e&f", "n": null},
             "headers": {"X-N": 5, "X-T": "t"}, "body": {"k": [1]}}
            """#)
        #expect(call.request.url == "https://h/p?a=1&b=1&b=true&c%20d=e%26f")
        #expect(call.request.headers["x-n"] == "5")
        #expect(call.request.headers["content-type"] == "application/json")
        #expect(call.request.body.map { String(decoding: $0, as: UTF8.self) } == #"{"k":[1]}"#)
        #expect(call.request.redirects == 0)
    }

    @Test(
        "writes a body as its headers say",
        arguments: [
            (#""plain""#, #"{}"#, "plain", "text/plain; charset=utf-8"),
            (#""{}""#, #"{"content-type": "application/json"}"#, "{}", "application/json"),
            (
                #"{"a": "b c", "d": [1, 2]}"#,
                #"{"Content-Type": "application/x-www-form-urlencoded"}"#, "a=b%20c&d=1&d=2",
                "application/x-www-form-urlencoded"
            ),
            ("7", "{}", "7", "application/json"),
        ])
    func bodies(body: String, headers: String, expected: String, type: String) throws {
        let call = try call(
            #"{"method":"post","endpoint":"http://h/","headers":\#(headers),"body":\#(body)}"#)
        #expect(call.request.body.map { String(decoding: $0, as: UTF8.self) } == expected)
        #expect(call.request.headers["content-type"] == type)
    }

    @Test(
        "that makes no sense is a problem of validation",
        arguments: [
            "7", "{}", #"{"method": "get"}"#, #"{"method": "get", "endpoint": 7}"#,
            #"{"method": "get", "endpoint": {"url": "http://h"}}"#,
            #"{"method": "get", "endpoint": "http://h", "query": []}"#,
            #"{"method": "get", "endpoint": "h", "query": {}}"#,
            #"{"method": "get", "endpoint": "http://h", "output": "all"}"#,
            #"{"method": "get", "endpoint": "http://h", "redirect": "yes"}"#,
            #"{"method": "get", "endpoint": {"uri": "http://h", "authentication": {"use": "x"}}}"#,
            #"{"method": "get", "endpoint": {"uri": "http://h", "authentication": {"basic": {}}}}"#,
        ])
    func misspelt(text: String) throws {
        let problem = #expect(throws: Problem.self) { try call(text) }
        #expect(problem?.kind == .validation)
        #expect(problem?.status == 400)
    }

    @Test(
        "gives content as what it is",
        arguments: [
            ("application/json; charset=utf-8", "[1, 2]", #"[1,2]"#),
            ("application/problem+json", #"{"a":1}"#, #"{"a":1}"#),
            ("text/plain", "[1, 2]", #""[1, 2]""#), ("application/json", "", "null"),
            ("", "x", #""x""#),
        ])
    func content(type: String, body: String, expected: String) throws {
        let call = try call(#"{"method": "get", "endpoint": "http://h"}"#)
        #expect(try JSON.text(call.value(answer(200, type, body))) == expected)
    }

    @Test("gives bytes, and all of a response without what nobody else may know")
    func outputs() throws {
        let raw = try call(#"{"method": "get", "endpoint": "http://h", "output": "raw"}"#)
        #expect(try raw.value(answer(200, "x", "hi")) == "aGk=")
        let whole = try call(
            #"""
            {"method": "GET", "endpoint": "http://h", "output": "response",
             "headers": {"A": "b", "Cookie": "c"}}
            """#
        )
        let value = try whole.value(answer(201))
        #expect(value["statusCode"] == 201)
        #expect(value["headers"]?["X-A"] == "1, 2")
        #expect(value["content"] == [:])
        #expect(value["request"]?["method"] == "get")
        #expect(value["request"]?["headers"] == ["A": "b"])
    }

    @Test(
        "fails by its status with a problem that says it",
        arguments: [
            (301, false), (304, false), (404, true), (404, false), (503, true), (199, true),
        ])
    func failures(status: Int, redirects: Bool) throws {
        let call = try call(
            #"{"method": "get", "endpoint": "http://h", "redirect": \#(redirects)}"#)
        let response = try answer(status, "text/plain", "why")
        let problem = #expect(throws: Problem.self) { try call.value(response) }
        #expect(problem?.kind == .communication)
        #expect(problem?.status == status)
        let failure = try #require(problem?.failure)
        #expect(failure.code == "problem")
        #expect(failure.details?["status"] == Value(status))
        #expect(failure.details?["detail"]?.string?.contains("secret") == false)
    }

    @Test("takes a redirect for a success where it is told to", arguments: [300, 302, 304])
    func redirects(status: Int) throws {
        let call = try call(#"{"method": "get", "endpoint": "http://h", "redirect": true}"#)
        #expect(try call.value(answer(status)) == [:])
        #expect(call.request.redirects == 5)
    }

    @Test("says who asks")
    func authentication() throws {
        func header(_ text: String) throws -> String? {
            let who = try Authentication(JSON.parse(text))
            var request = WebRequest("GET", "http://h/")
            who?.apply(to: &request, token: "T")
            return request.headers["authorization"]
        }
        #expect(
            try header(#"{"basic": {"username": "u", "password": "p"}}"#) == "Basic dTpw")
        #expect(try header(#"{"bearer": {"token": "t"}}"#) == "Bearer t")
        #expect(try header(#"{"digest": {"username": "u", "password": "p"}}"#) == nil)
        #expect(
            try header(
                #"{"oauth2": {"authority": "http://a", "grant": "client_credentials"}}"#)
                == "Bearer T")
        #expect(throws: Problem.self) { try header(#"{"bearer": {"token": "a\r\nb"}}"#) }
    }

    @Test("asks an authority for a token as the grant says")
    func tokens() throws {
        func request(_ text: String) throws -> WebRequest {
            try TokenGrant(JSON.parse(text).object ?? [:], isDiscovered: false)
                .request(endpoint: nil)
        }
        let plain = try request(
            #"""
            {"authority": "http://k/realms/r/", "endpoints": {"token": "/auth/token"},
             "grant": "client_credentials", "client": {"id": "i", "secret": "s s"},
             "scopes": ["a", "b"], "audiences": ["c"]}
            """#)
        #expect(plain.url == "http://k/realms/r/auth/token")
        #expect(
            plain.body.map { String(decoding: $0, as: UTF8.self) }
                == "audience=c&client_id=i&client_secret=s%20s&grant_type=client_credentials"
                + "&scope=a%20b")
        let basic = try request(
            #"""
            {"authority": "http://k", "grant": "password", "username": "u", "password": "p",
             "client": {"id": "i", "secret": "s", "authentication": "client_secret_basic"},
             "request": {"encoding": "application/json"}}
            """#)
        #expect(basic.url == "http://k/oauth2/token")
        #expect(basic.headers["authorization"] == "Basic aTpz")
        #expect(
            basic.body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"grant_type":"password","password":"p","username":"u"}"#)
        #expect(throws: Problem.self) {
            try request(#"{"authority": "http://k", "grant": "authorization_code"}"#)
        }
    }
}
