import Document
import Telemetry
import Testing

@Suite struct JSONParsingTests {
    struct Refusal: Sendable {
        let text: [UInt8]
        let code: DocumentCode
        let place: String

        init(_ text: String, _ code: DocumentCode, _ place: String) {
            self.init(Array(text.utf8), code, place)
        }

        init(_ text: [UInt8], _ code: DocumentCode, _ place: String) {
            (self.text, self.code, self.place) = (text, code, place)
        }
    }

    func check(_ refusal: Refusal) {
        let fault = faultOfJSON(refusal.text)
        let text = String(decoding: refusal.text.prefix(80), as: UTF8.self)
        #expect(fault?.code as? DocumentCode == refusal.code, "\(text)")
        #expect(fault?.place == refusal.place, "\(text)")
    }

    @Test(
        "B41 what is not one JSON value is refused with its place",
        arguments: [
            Refusal("", .syntax, "1:1 (byte 0)"),
            Refusal("   ", .syntax, "1:4 (byte 3)"),
            Refusal("hello", .syntax, "1:1 (byte 0)"),
            Refusal("tru", .syntax, "1:4 (byte 3)"),
            Refusal("nul1", .syntax, "1:4 (byte 3)"),
            Refusal("True", .syntax, "1:1 (byte 0)"),
            Refusal("[1,]", .syntax, "1:4 (byte 3)"),
            Refusal("[,1]", .syntax, "1:2 (byte 1)"),
            Refusal("[1 2]", .syntax, "1:4 (byte 3)"),
            Refusal("[1", .syntax, "1:3 (byte 2)"),
            Refusal("[", .syntax, "1:2 (byte 1)"),
            Refusal("]", .syntax, "1:1 (byte 0)"),
            Refusal("{\"a\":1,}", .syntax, "1:8 (byte 7)"),
            Refusal("{\"a\" 1}", .syntax, "1:6 (byte 5)"),
            Refusal("{\"a\":}", .syntax, "1:6 (byte 5)"),
            Refusal("{a:1}", .syntax, "1:2 (byte 1)"),
            Refusal("{'a':1}", .syntax, "1:2 (byte 1)"),
            Refusal("{1:1}", .syntax, "1:2 (byte 1)"),
            Refusal("{\"a\":1", .syntax, "1:7 (byte 6)"),
            Refusal("{\"é\": [\n  1,\n  x]}", .syntax, "3:3 (byte 16)"),
            Refusal("1 2", .syntax, "1:3 (byte 2)"),
            Refusal("{}{}", .syntax, "1:3 (byte 2)"),
            Refusal("{\"a\":1}\n{\"a\":2}\n", .syntax, "2:1 (byte 8)"),
            Refusal("[1]//", .syntax, "1:4 (byte 3)"),
            Refusal("/* */1", .syntax, "1:1 (byte 0)"),
            Refusal("\u{FEFF}{}", .encoding, "1:1 (byte 0)"),
            Refusal([0xFF, 0xFE, 0x7B, 0, 0x7D, 0], .encoding, "1:1 (byte 0)"),
            Refusal([0xFE, 0xFF, 0, 0x7B, 0, 0x7D], .encoding, "1:1 (byte 0)"),
            Refusal([0x7B, 0, 0x7D, 0], .encoding, "1:1 (byte 0)"),
            Refusal([0, 0x7B, 0, 0x7D], .encoding, "1:1 (byte 0)"),
            Refusal("\u{A0}1", .syntax, "1:1 (byte 0)"),
            Refusal("[1]\u{C}", .syntax, "1:4 (byte 3)"),
        ])
    func notJSON(refusal: Refusal) {
        check(refusal)
    }

    @Test(
        "B44 malformed and unrepresentable numbers are refused with their place",
        arguments: [
            Refusal("01", .syntax, "1:1 (byte 0)"),
            Refusal("[-01]", .syntax, "1:2 (byte 1)"),
            Refusal("+1", .syntax, "1:1 (byte 0)"),
            Refusal("-", .syntax, "1:2 (byte 1)"),
            Refusal("1.", .syntax, "1:3 (byte 2)"),
            Refusal(".5", .syntax, "1:1 (byte 0)"),
            Refusal("1e", .syntax, "1:3 (byte 2)"),
            Refusal("1e+", .syntax, "1:4 (byte 3)"),
            Refusal("1.e1", .syntax, "1:3 (byte 2)"),
            Refusal("0x10", .syntax, "1:2 (byte 1)"),
            Refusal("1_000", .syntax, "1:2 (byte 1)"),
            Refusal("NaN", .syntax, "1:1 (byte 0)"),
            Refusal("-Infinity", .syntax, "1:2 (byte 1)"),
            Refusal("18446744073709551616", .range, "1:1 (byte 0)"),
            Refusal("[0, -9223372036854775809]", .range, "1:5 (byte 4)"),
            Refusal("99999999999999999999999999999999999999", .range, "1:1 (byte 0)"),
            Refusal("1e999", .range, "1:1 (byte 0)"),
            Refusal("{\"a\": -1e999}", .range, "1:7 (byte 6)"),
            Refusal("1e-999", .range, "1:1 (byte 0)"),
            Refusal("1." + String(repeating: "1", count: 2000), .limit, "1:1 (byte 0)"),
        ])
    func numbersRefused(refusal: Refusal) {
        check(refusal)
    }

    @Test(
        "B44 integers are exact to 64 bits, and nothing with a point or an exponent is an integer")
    func numbersExact() throws {
        let table: [(String, Value)] = [
            ("0", 0), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
            ("1.0", .number(1)), ("1e3", .number(1000)), ("1E+2", .number(100)),
            ("0.1", .number(0.1)), ("5e-324", .number(.leastNonzeroMagnitude)),
            ("0e999", .number(0)),
            ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
            ("-0", .number(-0.0)), ("-0.0", .number(-0.0)),
        ]
        for (text, value) in table {
            #expect(try JSON.parse(text) == value, "\(text)")
        }
        #expect(try JSON.parse("-0").number?.sign == .minus)
        #expect(try JSON.parse("1.0").integer == nil)
    }

    @Test(
        "B43 strings that are no Unicode are refused with their place",
        arguments: [
            Refusal("\"\\ud800\"", .encoding, "1:2 (byte 1)"),
            Refusal("\"a\\udc00\"", .encoding, "1:3 (byte 2)"),
            Refusal("\"\\ud800\\ud800\"", .encoding, "1:2 (byte 1)"),
            Refusal("\"\\ud800x\"", .encoding, "1:2 (byte 1)"),
            Refusal("\"\\ud800\\n\"", .encoding, "1:2 (byte 1)"),
            Refusal("\"\\u12g4\"", .syntax, "1:2 (byte 1)"),
            Refusal("\"\\u12", .syntax, "1:2 (byte 1)"),
            Refusal("\"\\x41\"", .syntax, "1:2 (byte 1)"),
            Refusal("\"\\", .syntax, "1:2 (byte 1)"),
            Refusal("\"abc", .syntax, "1:5 (byte 4)"),
            Refusal("\"a\nb\"", .syntax, "1:3 (byte 2)"),
            Refusal("\"a\tb\"", .syntax, "1:3 (byte 2)"),
            Refusal([0x22, 0x61, 0, 0x22], .syntax, "1:3 (byte 2)"),
            Refusal([0x22, 0xC0, 0xAF, 0x22], .encoding, "1:2 (byte 1)"),
            Refusal([0x22, 0xE0, 0x80, 0xAF, 0x22], .encoding, "1:2 (byte 1)"),
            Refusal([0x22, 0x61, 0xED, 0xA0, 0x80, 0x22], .encoding, "1:3 (byte 2)"),
            Refusal([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .encoding, "1:2 (byte 1)"),
            Refusal([0x22, 0x5C, 0x6E, 0xFF, 0x22], .encoding, "1:4 (byte 3)"),
            Refusal([0x22, 0xE2, 0x5C, 0x6E, 0x82, 0xAC, 0x22], .encoding, "1:2 (byte 1)"),
            Refusal([0x5B, 0xFF, 0x5D], .syntax, "1:2 (byte 1)"),
        ])
    func stringsRefused(refusal: Refusal) {
        check(refusal)
    }

    @Test("B43 escapes, NUL and names of other languages' objects are ordinary text")
    func strings() throws {
        let table: [(String, String)] = [
            (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""a\u0000b""#, "a\0b"), (#""\u00e9\u20AC""#, "é€"),
            (#""\ud83d\ude00!""#, "😀!"), (#""€\u0041😀""#, "€A😀"),
            ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ]
        for (text, string) in table {
            #expect(try JSON.parse(text) == .string(string), "\(text)")
        }
        let value = try JSON.parse(#"{"__proto__":{"a":1},"constructor":2}"#)
        #expect(value["__proto__"] == ["a": 1])
        #expect(value.object?.keys == ["__proto__", "constructor"])
    }

    @Test("B42 nesting beyond 64 is refused with its place, however deep the text is")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8
            )
        }
        #expect(faultOfJSON(nested(64)) == nil)
        for levels in [65, 513, 100_000] {
            let fault = faultOfJSON(nested(levels))
            #expect(fault?.code as? DocumentCode == .limit)
            #expect(fault?.place == "1:65 (byte 64)")
        }
        let objects = Array(String(repeating: "{\"a\":", count: 100_000).utf8)
        #expect(faultOfJSON(objects)?.place == "1:321 (byte 320)")
        var limits = Limits.message
        limits.depth = 1_000_000
        #expect(faultOfJSON(nested(100_000), limits: limits)?.has(DocumentCode.limit) == true)
    }

    @Test(
        "B43 duplicate keys are refused at the second one, also among many and written by escapes")
    func duplicates() throws {
        let fault = faultOfJSON(#"{"a":1,"\u0061":2}"#)
        #expect(fault?.code as? DocumentCode == .duplicate)
        #expect(fault?.place == "1:8 (byte 7)")
        let many = (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(faultOfJSON("{\(many)}") == nil)
        #expect(faultOfJSON("{\(many),\"k7\":0}")?.has(DocumentCode.duplicate) == true)
        // Composed and decomposed accents are two keys, as in every other reader of JSON.
        #expect(try JSON.parse("{\"\u{E9}\":1,\"e\u{301}\":2}").object?.count == 2)
    }

    @Test("B43 too many keys, too long strings, too many values and too many bytes are refused")
    func limits() {
        let keys = (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",")
        let roomy = Limits(bytes: 20 << 20)
        #expect(
            faultOfJSON(Array("{\(keys)}".utf8), limits: roomy)?.message.contains("10000 keys")
                == true)
        let long = Array("\"\(String(repeating: "x", count: 10 << 20))\"".utf8)
        #expect(faultOfJSON(long)?.message.contains("bytes, allowed are 1048576") == true)
        #expect(faultOfJSON(long, limits: roomy)?.message.contains("string longer") == true)
        let zeros = Array("[\(String(repeating: "0,", count: 300_000))0]".utf8)
        #expect(faultOfJSON(zeros, limits: roomy)?.message.contains("262144 values") == true)
    }

    @Test("Every kind of bytes is read alike, blanks do not count, the source is named")
    func sources() throws {
        let text = " \t\r\n{ \"a\" : [ 1 , true , null , \"x\" ] } \n"
        let value: Value = ["a": [1, true, nil, "x"]]
        let bytes = Array(text.utf8)
        #expect(try JSON.parse(text) == value)
        #expect(try JSON.parse(bytes) == value)
        let fromSpan = try JSON.parse(bytes.span)
        #expect(fromSpan == value)
        let fromRaw = try unsafe JSON.parse(bytes.span.bytes)
        #expect(fromRaw == value)
        #expect(fault { _ = try JSON.parse("[", source: "body") }?.place == "body:1:2 (byte 1)")
        let empty = fault { _ = try unsafe JSON.parse([UInt8]().span.bytes) }
        #expect(empty?.has(DocumentCode.syntax) == true)
    }

    @Test("A message about foreign text is short and prints no control character")
    func excerpts() {
        let key = String(repeating: "k", count: 500) + "\\u001b"
        let message = faultOfJSON("{\"\(key)\":1,\"\(key)\":2}")?.message ?? ""
        #expect(message.utf8.count < 120)
        #expect(message.contains("…"))
        #expect(faultOfJSON("\u{1B}[31m")?.message.contains("control character 27") == true)
    }
}
