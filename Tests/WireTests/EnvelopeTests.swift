import Telemetry
import Testing
import Wire

@Suite("An envelope")
struct EnvelopeTests {
    @Test("carries each field alone, there and back", arguments: Field.all)
    func roundTrip(_ field: Field) throws {
        var envelope = Envelope(.task)
        field.set(&envelope)
        #expect(try Envelope(decoding: envelope.encoded()) == envelope)
    }

    @Test("carries all fields together, whatever its type", arguments: MessageType.allCases)
    func everything(_ type: MessageType) throws {
        var envelope = Envelope(type)
        for field in Field.all { field.set(&envelope) }
        #expect(try Envelope(decoding: envelope.encoded()) == envelope)
    }

    @Test("with nothing but a type has the default of every field")
    func defaults() throws {
        let envelope = try Envelope(decoding: [0x08, 1, 0x10, 1])
        #expect(envelope == Envelope(.request))
        #expect(envelope.encoded() == [0x08, 1, 0x10, 1])
    }

    @Test("ignores fields it does not know, of every wire type")
    func unknownFields() throws {
        let unknown = RawMessage.valid()
            .number(28, .max).text(1000, "later").tag(29, 1).raw([1, 2, 3, 4, 5, 6, 7, 8])
            .tag(536_870_911, 5).raw([1, 2, 3, 4]).text(4, "known")
        #expect(try Envelope(decoding: unknown.bytes).correlationID == "known")
    }

    @Test("ignores a known field in the wrong wire type, as Google's reader does")
    func wrongWireType() throws {
        let odd = RawMessage.valid().text(7, "not a number").number(3, 5).number(18, 1)
            .number(21, 1).tag(10, 5).raw([1, 0, 0, 0])
        #expect(try Envelope(decoding: odd.bytes) == Envelope(.request))
    }

    @Test("takes the last of a scalar that occurs twice")
    func lastWins() throws {
        let twice = RawMessage.valid().text(3, "first").number(10, 1).number(13, 2)
            .text(3, "second").number(10, 2).number(13, 1).number(2, 41)
        let envelope = try Envelope(decoding: twice.bytes)
        #expect(envelope.type == .task)
        #expect(envelope.messageID == "second")
        #expect(envelope.step == 2)
        #expect(envelope.effect == .idempotent)
    }

    @Test("takes the last value of a header and merges an error, as protobuf has it")
    func merged() throws {
        let twice = RawMessage.valid()
            .piece(18, RawMessage().text(1, "a").text(2, "1").bytes)
            .piece(21, RawMessage().text(1, "busy").number(3, 1).bytes)
            .piece(18, RawMessage().text(2, "2").text(1, "a").bytes)
            .piece(21, RawMessage().text(2, "later").number(9, 9).bytes)
        let envelope = try Envelope(decoding: twice.bytes)
        #expect(envelope.headers == ["a": "2"])
        #expect(envelope.error == WireError(code: "busy", message: "later", retryable: true))
    }

    @Test("replaces bytes that are no UTF-8 in every text, B18", arguments: TextField.allCases)
    func brokenText(_ field: TextField) throws {
        let broken: [(bytes: [UInt8], text: String)] = [
            ([0x61, 0xff], "a\u{fffd}"), ([0xc0, 0xaf], "\u{fffd}\u{fffd}"),
            ([0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"), ([0xf0, 0x9f, 0x98], "\u{fffd}"),
            ([0xef, 0xbb, 0xbf], "\u{feff}"), ([0x00], "\u{0}"),
        ]
        for (bytes, text) in broken {
            let message = RawMessage.valid().piece(UInt64(field.rawValue), bytes)
            #expect(try Envelope(decoding: message.bytes)[field] == text)
        }
    }
}

@Suite("A view over an envelope")
struct EnvelopeViewTests {
    @Test("compares a text without making one")
    func compares() throws {
        let bytes = RawMessage.valid().text(6, "cost#3").bytes
        let view = try unsafe EnvelopeView(bytes.span.bytes)
        let has = [
            view.has(.receiver, "cost#3"), view.has(.sender, ""), view.equals(.receiver, "cost#3"),
            view.equals(.tenant, ""), view.isEmpty(.sender),
        ]
        #expect(!has.contains(false))
        let hasNot = [
            view.has(.receiver, "cost#4"), view.has(.receiver, "cost#33"), view.has(.sender, "c"),
            view.equals(.receiver, "cost#"), view.equals(.receiver, "cost#4"),
            view.isEmpty(.receiver),
        ]
        #expect(!hasNot.contains(true))
        let counts = [view.span(.receiver).byteCount, view.span(.tenant).byteCount]
        #expect(counts == [6, 0])
    }

    @Test("tells an unknown type by its number, B8", arguments: [0, 7, 255, 256, UInt64.max])
    func unknownType(_ number: UInt64) throws {
        let bytes = RawMessage.valid(type: number).bytes
        let view = try unsafe EnvelopeView(bytes.span.bytes)
        let (type, typeNumber) = (view.type, view.typeNumber)
        #expect(type == nil)
        #expect(typeNumber == number)
        #expect(fault { try Envelope(decoding: bytes) }?.has(WireCode.unsupported) == true)
    }
}

@Suite("A writer of envelopes")
struct EnvelopeWriterTests {
    @Test("forwards a message by appending what changes")
    func forwarding() throws {
        var original = Envelope(.request)
        for field in Field.all { field.set(&original) }
        let bytes = original.encoded()
        var writer = EnvelopeWriter(reusing: [1, 2, 3])
        unsafe writer.forward(bytes.span.bytes)
        writer.type(.task)
        writer.text(.sender, "cost#3")
        writer.text(.fence, "")
        writer.effect(.pure)
        writer.budget(0)
        writer.header("pipeline", "b")
        writer.error(WireError(code: "lost", message: ""))
        let forwarded = try Envelope(decoding: writer.finish())

        original.type = .task
        original.sender = "cost#3"
        original.fence = ""
        original.effect = .pure
        original.budget = 0
        original.headers["pipeline"] = "b"
        original.error = WireError(code: "lost", message: "")
        #expect(forwarded == original)
    }

    @Test("answers with the id it was asked with, copied as bytes")
    func copies() throws {
        let question = RawMessage.valid().piece(3, [0x61, 0xff, 0x62]).bytes
        let view = try unsafe EnvelopeView(question.span.bytes)
        var writer = EnvelopeWriter()
        writer.begin(.response)
        writer.text(.correlationID, .messageID, of: view)
        writer.text(.sender, .sender, of: view)
        #expect(
            writer.finish()
                == RawMessage.valid(type: 12).piece(4, [0x61, 0xff, 0x62]).text(5, "").bytes)
    }

    @Test("keeps its buffer from message to message")
    func reuse() {
        var writer = EnvelopeWriter()
        writer.begin(.ping)
        writer.clear()
        writer.begin(.pong)
        #expect(writer.finish() == [0x08, 1, 0x10, 29])
    }

    @Test(
        "writes the length of a nested message right at each boundary",
        arguments: [0, 100, 127, 128, 2000])
    func nestedLengths(_ count: Int) throws {
        var envelope = Envelope(.fail)
        envelope.error = WireError(code: "", message: String(repeating: "x", count: count))
        envelope.headers = ["n": String(repeating: "y", count: min(count, 1900))]
        envelope.tenant = "after"
        #expect(try Envelope(decoding: envelope.encoded()) == envelope)
    }
}

/// The fault that the body throws, if it throws one.
func fault(_ body: () throws -> some Any) -> Fault? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Fault
    }
}
