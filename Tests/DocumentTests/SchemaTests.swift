import Document
import Telemetry
import Testing

@Suite struct SchemaTests {
    let schema: Schema

    init() throws {
        schema = try Schema(
            JSON.parse(
                #"""
                {"type":"object","required":["query"],"additionalProperties":false,"properties":{
                  "query":{"type":"string","minLength":2,"maxLength":5,"pattern":"^a"},
                  "limit":{"type":"integer","minimum":1,"maximum":100,"default":10},
                  "ratio":{"type":["number","null"],"minimum":0.5},
                  "mode":{"enum":["fast","slow",1],"default":"fast"},
                  "tags":{"type":"array","items":{
                    "type":"object","properties":{"n":{"type":"integer","default":0}}}},
                  "free":{"additionalProperties":{"type":"boolean"}},
                  "never":false}}
                """#))
    }

    @Test(
        "B45 a value that breaks its schema is described with its path",
        arguments: [
            (#"{"query":"ab"}"#, []),
            (
                #"{"query":"ab","limit":100,"ratio":null,"mode":1,"tags":[{}],"free":{"x":true}}"#,
                []
            ),
            (#"{}"#, ["query: this field is missing"]),
            (#"[]"#, ["expected an object, found an array"]),
            (#"{"query":"a"}"#, ["query: expected at least 2 characters, found 1"]),
            (#"{"query":"é€😀abc"}"#, ["query: expected at most 5 characters, found 6"]),
            (#"{"query":"ab","limit":0}"#, ["limit: expected at least 1, found 0"]),
            (#"{"query":"ab","limit":101}"#, ["limit: expected at most 100, found 101"]),
            (#"{"query":"ab","limit":1.0}"#, ["limit: expected an integer, found the number 1.0"]),
            (#"{"query":"ab","limit":"5"}"#, ["limit: expected an integer, found text \"5\""]),
            (#"{"query":"ab","ratio":0}"#, ["ratio: expected at least 0.5, found 0"]),
            (#"{"query":"ab","ratio":true}"#, ["ratio: expected a number or null, found true"]),
            (
                #"{"query":"ab","mode":"fats"}"#,
                [
                    "mode: expected one of text \"fast\", text \"slow\", the integer 1; "
                        + "found text \"fats\""
                ]
            ),
            (#"{"query":"ab","qeury":1}"#, ["qeury: unknown field, did you mean \"query\"?"]),
            (
                #"{"query":"ab","tags":[{},{"n":"x"}]}"#,
                ["tags[1].n: expected an integer, found text \"x\""]
            ),
            (
                #"{"query":"ab","free":{"x":1}}"#,
                ["free.x: expected true or false, found the integer 1"]
            ),
            (#"{"query":"ab","never":1}"#, ["never: no value is allowed here"]),
        ])
    func validate(text: String, problems: [String]) throws {
        #expect(try schema.validate(JSON.parse(text)).map(\.description) == problems)
    }

    @Test("Defaults fill what is absent, also within lists, and change nothing that is there")
    func defaults() throws {
        let value = try JSON.parse(#"{"query":"ab","mode":"slow","tags":[{},{"n":5},7]}"#)
        #expect(
            schema.applyDefaults(value) == [
                "query": "ab", "mode": "slow", "limit": 10, "tags": [["n": 0], ["n": 5], 7],
            ])
        #expect(schema.applyDefaults("text") == "text")
    }

    @Test("What a schema says and nobody checks is listed")
    func unchecked() throws {
        #expect(schema.unchecked == ["properties.query.pattern"])
        #expect(try Schema(["description": "x", "title": "y"]).unchecked.isEmpty)
        #expect(try Schema(true).validate(1).isEmpty)
    }

    @Test(
        "A schema that cannot be read is a fault with its path",
        arguments: [
            ("5", "schema: a schema must be an object, found the integer 5"),
            (
                #"{"type":"strnig"}"#,
                "schema.type: unknown type \"strnig\", did you mean \"string\"?"
            ),
            (#"{"type":[1]}"#, "schema.type: expected an array of texts, found an array"),
            (#"{"properties":[]}"#, "schema.properties: expected an object, found an array"),
            (
                #"{"properties":{"a":1}}"#,
                "schema.properties.a: a schema must be an object, found the integer 1"
            ),
            (#"{"required":"a"}"#, "schema.required: expected an array of texts, found text \"a\""),
            (#"{"enum":[]}"#, "schema.enum: expected an array that is not empty"),
            (#"{"minimum":"1"}"#, "schema.minimum: expected a number, found text \"1\""),
            (
                #"{"maxLength":-1}"#,
                "schema.maxLength: expected an integer of 0 or more, found the integer -1"
            ),
            (#"{"items":[]}"#, "schema.items: a schema must be an object, found an array"),
        ])
    func unreadable(text: String, message: String) {
        #expect(fault { _ = try Schema(JSON.parse(text)) }?.description == message)
    }

    @Test("B42 deep schemas and floods of problems are bounded")
    func bounds() throws {
        var deep: Value = [:]
        for _ in 0..<33 { deep = ["items": deep] }
        #expect(fault { _ = try Schema(deep) }?.has(DocumentCode.limit) == true)
        let list = Value.array(Array(repeating: "x", count: 100_000))
        #expect(try Schema(["items": ["type": "integer"]]).validate(list).count == 100)
    }

    @Test("B44 bounds compare exactly, also above 2^53")
    func exactBounds() throws {
        let schema = try Schema(["maximum": 9_007_199_254_740_992.0, "minimum": -1.5])
        #expect(schema.validate(9_007_199_254_740_992).isEmpty)
        #expect(schema.validate(9_007_199_254_740_993).count == 1)
        #expect(schema.validate(.unsigned(.max)).count == 1)
        #expect(schema.validate(-1).isEmpty)
        #expect(schema.validate(-2).count == 1)
        #expect(schema.validate(.number(-1.6)).count == 1)
        #expect(schema.validate(.number(1e300)).count == 1)
        let other = try Schema(["maximum": 9_007_199_254_740_993])
        #expect(other.validate(9_007_199_254_740_992.0).isEmpty)
        #expect(other.validate(9_007_199_254_740_994.0).count == 1)
    }
}
