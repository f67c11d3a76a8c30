import Document
import Testing
import Wire

@testable import baton

/// What was to be hidden is hidden, everywhere.
@Suite struct RedactionTests {
    private static let content = #"""
        {"card":{"number":"4111","Password":"p"},"items":[{"password":{"deep":1}},[{"number":2}]],\#
        "n":18446744073709551615,"number":9}
        """#

    private static func shown(_ fields: [String], content: String = content) throws -> Value {
        var stage = TapStage()
        let message = try stage.message(.request, "q", from: "c", content: content) {
            $0.headers = ["authorization": "Bearer x", "session": "s"]
            $0.error = WireError(code: "failed", message: "secret")
        }
        return try Redaction(fields).applied(to: message).json["message"] ?? .null
    }

    @Test("by name it goes wherever it stands, in whatever case")
    func names() throws {
        let message = try Self.shown(["PASSWORD"])
        #expect(
            message["content"].map { JSON.text($0) } == #"""
                {"card":{"number":"4111","Password":"[redacted]"},\#
                "items":[{"password":"[redacted]"},[{"number":2}]],"n":18446744073709551615,\#
                "number":9}
                """#)
        #expect(message["headers"]?["authorization"] == "Bearer x")
    }

    @Test(
        "by path it goes there alone",
        arguments: [
            ("content.card.number", #"{"card":{"number":"[redacted]","Password":"p"}"#, true),
            ("card.number", #"{"card":{"number":"[redacted]","Password":"p"}"#, true),
            ("content.items.password", #"[{"password":"[redacted]"},[{"number":2}]]"#, true),
            ("content.items.number", #"[{"number":"[redacted]"}]"#, true),
            ("content.number", #""number":"[redacted]"}"#, true),
            ("content.number", #""4111""#, true), ("number", #""4111""#, false),
            ("content.items", #""items":"[redacted]""#, true),
        ])
    func paths(field: String, piece: String, isThere: Bool) throws {
        let text = JSON.text(try Self.shown([field])["content"] ?? .null)
        #expect(text.contains(piece) == isThere)
    }

    @Test("headers, errors and fields of the message go too")
    func message() throws {
        let message = try Self.shown(["headers.authorization,error.message", "sender"])
        #expect(message["headers"]?["authorization"] == "[redacted]")
        #expect(message["headers"]?["session"] == "s")
        #expect(message["error"]?["message"] == "[redacted]")
        #expect(message["error"]?["code"] == "failed")
        #expect(message["sender"] == "[redacted]")
        #expect(message["receiver"] == "")
        #expect(try Self.shown(["headers"])["headers"]?["session"] == "[redacted]")
    }

    @Test(
        "a content that cannot be read whole goes whole",
        arguments: [
            ("{\"password\":\"4111", "", false, 0), ("4111", "text/plain", false, 0),
            ("4111", "", true, 0), ("4111", "", false, 3),
        ])
    func unreadable(content: String, type: String, isCut: Bool, parts: UInt32) throws {
        var stage = TapStage()
        let message = try stage.message(.task, "q", content: content, cut: isCut) {
            $0.contentType = type
            $0.parts = parts
        }
        for field in ["password", "content.x", "content"] {
            let shown = try Redaction([field]).applied(to: message)
            #expect(shown.event.content == Array(#""[redacted]""#.utf8))
            #expect(!shown.content.excerpt().contains("4111"))
            #expect(!JSON.text(shown.json).contains("4111"))
        }
        let other = try Redaction(["headers.x"]).applied(to: message)
        #expect(other.event.content == message.event.content)
    }

    @Test("an event is redacted in all its frames, and still an event")
    func event() throws {
        var stage = TapStage()
        let event = stage.event(
            .task, "q", from: "secret", content: #"{"sender":"secret"}"#, topic: "a/secret")
        let hidden = try #require(try Redaction(["sender"]).applied(to: event))
        #expect(hidden.topic == "e/TASK")
        #expect(hidden.mark == event.mark)
        let secret = Array("secret".utf8)
        for bytes in [hidden.envelope, hidden.content, Array(hidden.topic.utf8)] {
            #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret) })
        }
        var broken = event
        broken.envelope = [0xff]
        #expect(try Redaction(["x"]).applied(to: broken) == nil)
        #expect(try Redaction([]).applied(to: broken) == broken)
    }

    @Test("an envelope that would grow too long loses its headers")
    func growth() throws {
        var stage = TapStage()
        let message = try stage.message(.request, "q") { envelope in
            for number in 0..<32 {
                envelope.headers["h\(number)"] = String(
                    repeating: "x", count: number < 31 ? 1 : 1700)
            }
        }
        let headers = (0..<31).map { "headers.h\($0)" }
        let hidden = try Redaction(headers).applied(to: message)
        let read = try #require(TapMessage(hidden.event, from: "o1"))
        #expect(read.envelope.headers.isEmpty && read.request == "q")
    }

    @Test("what is no field is refused", arguments: ["", ".", "a..b", "a,", "content."])
    func refused(text: String) async {
        #expect(throws: (any Error).self) { try Redaction([text]) }
        let result = await Harness().run("tap", "--redact", text)
        #expect(result.exit == .usage)
    }
}
