import Document
import Testing

@Suite struct JSONWritingTests {
    @Test("What is written reads back as the same value and is written the same again")
    func roundTrip() throws {
        let texts = [
            "null", "true", "-9223372036854775808", "18446744073709551615", "-0.0", "1.0", "0.1",
            "1e+16", "5e-324", "1.7976931348623157e+308", "\"\"",
            "\"\\u0000\\b\\f\\n\\r\\t\\\"\\\\\\u001f/\"",
            "\"é€😀\u{7F}\"", "[]", "{}", "[[],{},[0,[1.5]]]",
            #"{"b":1,"a":{"z":[null,false],"":""},"é":-1}"#,
        ]
        for text in texts {
            let value = try JSON.parse(text)
            #expect(JSON.text(value) == text)
            #expect(try JSON.parse(JSON.write(value, pretty: true)) == value)
            #expect(try JSON.parse(JSON.canonical(value)) == value)
        }
    }

    @Test("Doubles are written in the shortest form that reads back to the bit")
    func doubles() throws {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Double(bitPattern: state)
            guard number.isFinite else { continue }
            let back = try JSON.parse(JSON.write(.number(number)))
            guard case .number(let read) = back else {
                Issue.record("\(number) was read as \(back)")
                return
            }
            #expect(read.bitPattern == number.bitPattern)
        }
    }

    @Test("Pretty is for people, canonical is one form for equal values")
    func styles() {
        let value: Value = ["b": [1, ["x": nil]], "a": [], "é": [:]]
        #expect(
            JSON.text(value, pretty: true) == """
                {
                  "b": [
                    1,
                    {
                      "x": null
                    }
                  ],
                  "a": [],
                  "é": {}
                }
                """)
        let other: Value = ["é": [:], "a": [], "b": [1, ["x": nil]]]
        #expect(value == other)
        #expect(value.hashValue == other.hashValue)
        #expect(JSON.write(value) != JSON.write(other))
        #expect(JSON.canonical(value) == JSON.canonical(other))
        #expect(
            String(decoding: JSON.canonical(value), as: UTF8.self)
                == #"{"a":[],"b":[1,{"x":null}],"é":{}}"#)
    }

    @Test("Bytes are appended to what is there, and no infinity reaches the text")
    func append() {
        var bytes = Array("data: ".utf8)
        JSON.append([1, .number(.infinity), .number(.nan)], to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "data: [1,null,null]")
    }
}
