import Telemetry
import Testing
import Wire

/// Envelopes that no honest peer sends: each one is a fault with its code, none is a trap.
@Suite("An impossible envelope")
struct ImpossibleInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: WireCode
        let bytes: [UInt8]

        init(_ name: String, _ code: WireCode, _ bytes: [UInt8]) {
            testDescription = name
            self.code = code
            self.bytes = bytes
        }
    }

    static let versions: [Case] = [
        Case("nothing at all", .version, []),
        Case("no version", .version, RawMessage().number(2, 1).bytes),
        Case("version 0", .version, RawMessage().number(1, 0).number(2, 1).bytes),
        Case("version 255", .version, RawMessage().number(1, 255).number(2, 1).bytes),
        Case("version 2^64-1", .version, RawMessage().number(1, .max).number(2, 1).bytes),
        Case("version 1, then 2", .version, RawMessage.valid().number(1, 2).bytes),
        Case("version as text", .version, RawMessage().text(1, "1").number(2, 1).bytes),
    ]

    static let headers: [Case] = [
        Case("a tag cut off", .header, RawMessage.valid().raw([0x80]).bytes),
        Case("a tag without its value", .header, RawMessage.valid().tag(7, 0).bytes),
        Case("a number cut off", .header, RawMessage.valid().tag(7, 0).raw([0xff, 0xff]).bytes),
        Case("a length cut off", .header, RawMessage.valid().tag(3, 2).raw([0x80]).bytes),
        Case(
            "a length beyond the end", .header, RawMessage.valid().tag(3, 2).raw([2, 0x61]).bytes),
        Case("a length of 2^31", .header, RawMessage.valid().tag(3, 2).varint(1 << 31).bytes),
        Case("a length of 2^63-1", .header, RawMessage.valid().tag(3, 2).varint(1 << 63 - 1).bytes),
        Case("a length of 2^64-1", .header, RawMessage.valid().tag(3, 2).varint(.max).bytes),
        Case("a fixed64 cut off", .header, RawMessage.valid().tag(99, 1).raw([1, 2, 3]).bytes),
        Case("a fixed32 cut off", .header, RawMessage.valid().tag(99, 5).raw([1]).bytes),
        Case("a group", .header, RawMessage.valid().tag(99, 3).tag(99, 4).bytes),
        Case("wire type 6", .header, RawMessage.valid().tag(99, 6).bytes),
        Case("wire type 7", .header, RawMessage.valid().tag(99, 7).bytes),
        Case("field 0", .header, RawMessage.valid().tag(0, 0).raw([1]).bytes),
        Case("field 2^29", .header, RawMessage.valid().number(1 << 29, 1).bytes),
        Case("a tag of 64 bits", .header, RawMessage.valid().varint(.max - 7).raw([1]).bytes),
        Case(
            "a number of 11 bytes", .header,
            RawMessage.valid().tag(7, 0).raw([UInt8](repeating: 0x80, count: 10) + [0]).bytes),
        Case(
            "a number of 65 bits", .header,
            RawMessage.valid().tag(7, 0).raw([UInt8](repeating: 0xff, count: 9) + [2]).bytes),
        Case(
            "4097 bytes", .header,
            RawMessage.valid().text(9999, String(repeating: "x", count: 4088)).bytes),
        Case(
            "33 headers", .header,
            (0..<33).reduce(RawMessage.valid()) { message, _ in message.text(18, "") }.bytes),
        Case(
            "headers above 2 KiB", .header,
            RawMessage.valid().text(18, String(repeating: "\n", count: 2049)).bytes),
        Case("an HTTP request", .header, Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
        Case("JSON", .header, Array("{\"type\": \"REQUEST\"}".utf8)),
    ]

    static let ranges: [Case] =
        [10, 11, 20, 22, 24, 25].flatMap { field in
            [1 << 32, 1 << 63, UInt64.max].map { value in
                Case(
                    "field \(field) = \(value)", .range,
                    RawMessage.valid().number(field, value).bytes)
            }
        }
        + [13, 14].flatMap { field in
            [3, 256, UInt64.max].map { value in
                Case(
                    "field \(field) = \(value)", .range,
                    RawMessage.valid().number(field, value).bytes)
            }
        }

    @Test("B8 of another version is refused by its version", arguments: versions)
    func version(_ impossible: Case) {
        #expect(fault { try Envelope(decoding: impossible.bytes) }?.has(impossible.code) == true)
    }

    @Test("B9 that is no protobuf, or too long, is refused as a header", arguments: headers)
    func header(_ impossible: Case) {
        #expect(fault { try Envelope(decoding: impossible.bytes) }?.has(impossible.code) == true)
    }

    @Test(
        "B12 with a number beyond its field, or a negative one, is refused by its range",
        arguments: ranges)
    func range(_ impossible: Case) {
        #expect(fault { try Envelope(decoding: impossible.bytes) }?.has(impossible.code) == true)
    }

    @Test("B9 of exactly 4096 bytes is read")
    func longest() throws {
        let message = RawMessage.valid().text(9999, String(repeating: "x", count: 4087))
        #expect(message.bytes.count == 4096)
        #expect(try Envelope(decoding: message.bytes) == Envelope(.request))
    }

    @Test("B9 cut at any byte is refused or read, never more")
    func truncated() {
        var envelope = Envelope(.task)
        for field in Field.all { field.set(&envelope) }
        let bytes = envelope.encoded()
        for count in bytes.indices {
            if let cut = try? Envelope(decoding: Array(bytes[..<count])) {
                #expect(cut != envelope)
            }
        }
    }

    @Test("B18 with any one byte changed is refused or read")
    func flipped() {
        var envelope = Envelope(.task)
        for field in Field.all { field.set(&envelope) }
        let bytes = envelope.encoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                guard let read = try? Envelope(decoding: flipped) else { continue }
                #expect(read.encoded().count <= 3 * bytes.count)
            }
        }
    }

    @Test(
        "B9 with a nested message that is broken is refused where it is read",
        arguments: [18, 21] as [UInt64])
    func nested(_ field: UInt64) throws {
        let broken: [[UInt8]] = [[0x0a], [0x0a, 5, 0x61], [0x80], [0x0b], [0x18], [0x00, 0x00]]
        for piece in broken {
            let bytes = RawMessage.valid().piece(field, piece).bytes
            _ = try unsafe EnvelopeView(bytes.span.bytes)
            #expect(fault { try Envelope(decoding: bytes) }?.has(WireCode.header) == true)
        }
    }
}
