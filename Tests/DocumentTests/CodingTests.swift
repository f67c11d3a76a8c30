import Document
import Telemetry
import Testing

@Suite struct CodingTests {
    enum Effect: String, Codable { case pure, unsafe }

    struct Agent: Codable, Equatable {
        var name: String
        var capacity: Int
        var weight: Double?
        var effect: Effect?
        var parameters: Value?
    }

    struct Fleet: Codable, Equatable {
        var agents: [Agent]
        var limits: [String: UInt8]
        var flags: [Bool]?
    }

    @Test("Types go to JSON and back unchanged")
    func roundTrip() throws {
        let fleet = Fleet(
            agents: [
                Agent(name: "cost", capacity: 9_007_199_254_740_993, weight: 0.5, effect: .pure),
                Agent(name: "é\0", capacity: -1, parameters: ["a": [1, nil, 1.0]]),
            ], limits: ["low": 0, "high": 255], flags: [true, false])
        let bytes = try JSON.encode(fleet)
        #expect(try JSON.decode(Fleet.self, from: bytes) == fleet)
        #expect(try DocumentEncoder().encode([1, 2, 3]) == [1, 2, 3])
        #expect(try DocumentEncoder().encode("x") == "x")
        #expect(try DocumentEncoder().encode(Int?.none) == nil)
        #expect(try DocumentEncoder().encode([String: Int]()) == [:])
        #expect(try DocumentEncoder().encode([[Int]]()) == [])
        #expect(try DocumentEncoder().encode(UInt64.max) == .unsigned(.max))
        #expect(try DocumentDecoder().decode([Int?].self, from: [1, nil, 3]) == [1, nil, 3])
    }

    @Test(
        "B45 missing, null, wrong and unreadable fields are refused with their path",
        arguments: [
            (#"{"limits":{}}"#, "agents: the field \"agents\" is missing"),
            (#"{"agents":null,"limits":{}}"#, "agents: expected an array, found null"),
            (
                #"{"agents":[{"name":"a"}],"limits":{}}"#,
                "agents[0].capacity: the field \"capacity\" is missing"
            ),
            (
                #"{"agents":[{"name":"a","capacity":1},{"name":null,"capacity":1}],"limits":{}}"#,
                "agents[1].name: expected text, found null"
            ),
            (#"{"agents":[],"limits":[]}"#, "limits: expected an object, found an array"),
            (#"[]"#, "expected an object, found an array"),
            (
                #"{"agents":[],"limits":{},"flags":[true,1]}"#,
                "flags[1]: expected true or false, found the integer 1"
            ),
        ])
    func fields(text: String, message: String) {
        let fault = fault { _ = try JSON.decode(Fleet.self, from: Array(text.utf8)) }
        #expect(fault?.description == message)
    }

    @Test(
        "B44 nothing is converted to an integer",
        arguments: [
            ("\"5\"", "expected an integer, found text \"5\""),
            ("1.0", "expected an integer, found the number 1.0"),
            ("-0", "expected an integer, found the number -0.0"),
            ("true", "expected an integer, found true"),
            ("300", "expected an integer from 0 to 255, found the integer 300"),
            ("-1", "expected an integer from 0 to 255, found the integer -1"),
            (
                "18446744073709551615",
                "expected an integer from 0 to 255, found the integer 18446744073709551615"
            ),
        ])
    func integers(text: String, message: String) {
        let body = Array("{\"agents\":[],\"limits\":{\"n\":\(text)}}".utf8)
        let fault = fault { _ = try JSON.decode(Fleet.self, from: body) }
        #expect(fault?.description == "limits.n: \(message)")
    }

    @Test("B45 unknown fields are ignored; enumerations name the case they do not know")
    func unknown() throws {
        let agent = try JSON.decode(
            Agent.self, from: Array(#"{"x":[1],"name":"a","capacity":1}"#.utf8))
        #expect(agent == Agent(name: "a", capacity: 1))
        let wrong = Array(#"{"name":"a","capacity":1,"effect":"sometimes"}"#.utf8)
        let fault = fault { _ = try JSON.decode(Agent.self, from: wrong) }
        #expect(fault?.place == "effect")
        #expect(fault?.message.contains("sometimes") == true)
    }

    @Test("B44 2^53+1 is exact, an integer is a number, and what is not finite is not written")
    func numbers() throws {
        #expect(
            try JSON.decode(Int.self, from: Array("9007199254740993".utf8)) == 9_007_199_254_740_993
        )
        #expect(try JSON.decode(UInt64.self, from: Array("18446744073709551615".utf8)) == .max)
        #expect(try JSON.decode(Double.self, from: Array("3".utf8)) == 3)
        let rounded = fault {
            _ = try JSON.decode([Double].self, from: Array("[0, 9007199254740993]".utf8))
        }
        #expect(rounded?.place == "[1]")
        let narrow = fault { _ = try JSON.decode(Float.self, from: Array("1e300".utf8)) }
        #expect(narrow?.has(DocumentCode.range) == true)
        let fault = fault { _ = try JSON.encode(["a": [1.0, .infinity]]) }
        #expect(fault?.place == "a[1]")
        let wide = DocumentTests.fault { _ = try JSON.encode(Int128.max) }
        #expect(wide?.has(DocumentCode.range) == true)
    }

    @Test("A path quotes names that are no words, and cuts those that do not end")
    func paths() {
        let name = String(repeating: "n", count: 100_000)
        let table = [
            ("a.b", #"limits["a.b"]: expected an integer, found true"#),
            ("a-b_1", "limits.a-b_1: "),
            ("\\u202e", "limits[\"\u{FFFD}\"]: "), ("", #"limits[""]: "#),
            (name, "limits[\"\(name.prefix(40))…\"]: "),
        ]
        for (name, start) in table {
            let body = Array("{\"agents\":[],\"limits\":{\"\(name)\":true}}".utf8)
            let fault = fault { _ = try JSON.decode(Fleet.self, from: body) }
            #expect(fault?.description.hasPrefix(start) == true, "\(fault?.description ?? "")")
        }
    }

    class Base: Codable {
        var id = 1
    }

    final class Derived: Base {
        var name = "n"
        enum Keys: String, CodingKey { case name, inner, list }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            name = try container.decode(String.self, forKey: .name)
            let inner = try container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
            var list = try inner.nestedUnkeyedContainer(forKey: .list)
            while !list.isAtEnd {
                if try !list.decodeNil() { name += try list.decode(String.self) }
            }
            #expect(throws: Fault.self) { try list.decode(String.self) }
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(name, forKey: .name)
            var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
            var list = inner.nestedUnkeyedContainer(forKey: .list)
            try list.encodeNil()
            try list.encode("x")
            try super.encode(to: container.superEncoder())
        }
    }

    @Test("Nested containers and superclasses are written and read")
    func nested() throws {
        let value = try DocumentEncoder().encode(Derived())
        #expect(value == ["name": "n", "inner": ["list": [nil, "x"]], "super": ["id": 1]])
        let back = try DocumentDecoder().decode(Derived.self, from: value)
        #expect(back.name == "nx")
        #expect(back.id == 1)
    }
}
