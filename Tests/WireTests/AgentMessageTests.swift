import Document
import Telemetry
import Testing
import Wire

@Suite("A message as JSON")
struct AgentMessageTests {
    @Test("S5-42 has the names sender, receiver, message_type, content, correlation_id, timestamp")
    func names() throws {
        var envelope = Envelope(.request)
        envelope.sender = "orchestrator"
        envelope.receiver = "cost"
        envelope.correlationID = "unique_id"
        envelope.timestamp = 1_700_000_000_000
        let message = AgentMessage(envelope, content: Array(#"{"query":"spend"}"#.utf8))
        let text = #"""
            {"sender":"orchestrator","receiver":"cost","message_type":"REQUEST",\#
            "content":{"query":"spend"},"correlation_id":"unique_id","timestamp":1700000000000,\#
            "version":1}
            """#
        #expect(JSON.text(message.json) == text)
        #expect(try AgentMessage(json: JSON.parse(text)) == message)
    }

    @Test("S5-42 always has those six names, whatever else is absent")
    func always() {
        let json = AgentMessage(Envelope(.ping)).json
        for name in ["sender", "receiver", "content", "correlation_id", "timestamp"] {
            #expect(json[name] != nil)
        }
        #expect(json["message_type"] == "PING")
        #expect(json["message_id"] == nil)
    }

    @Test("S5-42 carries every field under its name in the contract", arguments: Field.all)
    func field(_ field: Field) throws {
        var envelope = Envelope(.task)
        field.set(&envelope)
        let message = AgentMessage(envelope)
        let object = try #require(message.json.object)
        #expect(object[field.name] != nil)
        #expect(try AgentMessage(json: message.json) == message)
        #expect(try AgentMessage(json: JSON.parse(JSON.write(message.json))) == message)
    }

    @Test("S5-42 has every type by its name", arguments: MessageType.allCases)
    func type(_ type: MessageType) throws {
        let message = AgentMessage(Envelope(type))
        #expect(message.json["message_type"]?.string == type.name)
        #expect(try AgentMessage(json: message.json) == message)
    }

    struct Embedded: Sendable {
        let contentType: String
        let content: [UInt8]
        let json: Value
    }

    @Test(
        "S5-42 embeds a content that is JSON and shows any other as base64",
        arguments: [
            Embedded(contentType: "", content: [], json: nil),
            Embedded(contentType: "", content: Array("[1,2.5,\"x\"]".utf8), json: [1, 2.5, "x"]),
            Embedded(
                contentType: "application/json; charset=utf-8", content: Array("7".utf8), json: 7),
            Embedded(contentType: "application/problem+json", content: Array("{}".utf8), json: [:]),
            Embedded(
                contentType: "text/plain", content: Array("hi".utf8), json: ["base64": "aGk="]),
            Embedded(
                contentType: "application/octet-stream", content: [0xff, 0],
                json: ["base64": "/wA="]),
            Embedded(contentType: "text/plain", content: [], json: nil),
        ])
    func content(_ row: Embedded) throws {
        var envelope = Envelope(.result)
        envelope.contentType = row.contentType
        let message = AgentMessage(envelope, content: row.content)
        #expect(message.json["content"] == row.json)
        #expect(try AgentMessage(json: message.json) == message)
    }

    @Test("S5-42 shows a content that is not the JSON it says it is, as it came")
    func brokenContent() {
        let message = AgentMessage(Envelope(.result), content: Array("{oops".utf8))
        #expect(message.json["content"] == ["base64": "e29vcHM="])
    }

    struct Refused: Sendable {
        let json: Value
        let code: WireCode
        let about: String
    }

    @Test(
        "S5-42 B45 with a member of another type, or out of range, is refused by its name",
        arguments: [
            Refused(json: [], code: .invalid, about: "object"),
            Refused(json: nil, code: .invalid, about: "object"),
            Refused(json: [:], code: .unsupported, about: "message_type"),
            Refused(json: ["message_type": "NONE"], code: .unsupported, about: "message_type"),
            Refused(json: ["message_type": "request"], code: .unsupported, about: "message_type"),
            Refused(json: ["message_type": 1], code: .invalid, about: "message_type"),
            Refused(
                json: ["message_type": "PING", "version": 2], code: .version, about: "version"),
            Refused(json: ["message_type": "PING", "sender": 5], code: .invalid, about: "sender"),
            Refused(
                json: ["message_type": "PING", "sender": nil], code: .invalid, about: "sender"),
            Refused(
                json: ["message_type": "PING", "timestamp": -1], code: .invalid,
                about: "timestamp"),
            Refused(
                json: ["message_type": "PING", "timestamp": 1.5], code: .invalid, about: "timestamp"
            ),
            Refused(
                json: ["message_type": "PING", "step": 4_294_967_296], code: .range, about: "step"),
            Refused(json: ["message_type": "PING", "step": "1"], code: .invalid, about: "step"),
            Refused(
                json: ["message_type": "PING", "effect": "none"], code: .range, about: "effect"),
            Refused(
                json: ["message_type": "PING", "headers": []], code: .invalid, about: "headers"),
            Refused(
                json: ["message_type": "PING", "headers": ["a": 1]], code: .invalid,
                about: "headers.a"),
            Refused(json: ["message_type": "PING", "error": "x"], code: .invalid, about: "error"),
            Refused(
                json: ["message_type": "PING", "error": ["retryable": 1]], code: .invalid,
                about: "retryable"),
            Refused(
                json: ["message_type": "PING", "content_type": "text/plain", "content": "hi"],
                code: .invalid, about: "content"),
            Refused(
                json: ["message_type": "PING", "content_type": "x/y", "content": ["base64": "a"]],
                code: .invalid, about: "base64"),
        ])
    func refused(_ row: Refused) {
        let refusal = fault { try AgentMessage(json: row.json) }
        #expect(refusal?.has(row.code) == true)
        #expect(refusal?.message.contains(row.about) == true)
    }

    @Test("S5-42 ignores members it does not know")
    func unknown() throws {
        let json: Value = ["message_type": "PING", "later": ["a": 1]]
        #expect(try AgentMessage(json: json) == AgentMessage(Envelope(.ping)))
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test(
        "is RFC 4648, with its test vectors",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ text: String, _ encoded: String) throws {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(try Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("carries every byte")
    func everyByte() throws {
        let bytes = (0...255).map { UInt8($0) } + [0]
        #expect(try Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test(
        "has one spelling of some bytes; every other is refused",
        arguments: [
            "=", "==", "A===", "====", "Zg", "Zg=", "Zh==", "Zm9=", "Z g=", "Zm9v\n", "Zm-_",
            "é===",
        ])
    func refused(_ text: String) {
        #expect(fault { try Base64.decode(text) }?.has(WireCode.invalid) == true)
    }
}
