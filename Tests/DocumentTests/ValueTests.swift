import Document
import Testing

@Suite struct ValueTests {
    @Test("Access by key, position and type gives nil for what is not there")
    func access() {
        let value: Value = [
            "list": [1, 2.5, "x", true, nil], "big": .unsigned(.max), "text": "t\(1)",
        ]
        #expect(value["list"]?[0]?.integer == 1)
        #expect(value["list"]?[1]?.number == 2.5)
        #expect(value["list"]?[2]?.string == "x")
        #expect(value["list"]?[3]?.bool == true)
        #expect(value["list"]?[4]?.isNull == true)
        #expect(value["list"]?[5] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["list"]?["x"] == nil)
        #expect(value["none"] == nil)
        #expect(value["big"]?.integer == nil)
        #expect(value["big"]?.unsigned == .max)
        #expect(value["text"]?.string == "t1")
        #expect(Value.number(1).integer == nil)
        #expect(Value.integer(-1).unsigned == nil)
    }

    @Test("Equality is exact: types, bytes of text, and integers however they are held")
    func equality() {
        #expect(Value.integer(1) != .number(1))
        #expect(Value.string("\u{E9}") != .string("e\u{301}"))
        #expect(Value.integer(5) == .unsigned(5))
        #expect(Value.integer(5).hashValue == Value.unsigned(5).hashValue)
        #expect(Value(UInt64(7)) == .integer(7))
        #expect(Value.number(.nan) == .number(.nan))
        #expect(Value.number(0) != .number(-0.0))
        #expect(Value.null != .bool(false))
        #expect(Set<Value>([1, 1, "1", [1], ["a": 1], ["a": 1]]).count == 4)
    }

    @Test(
        "An object keeps its order through changes, with few members and with many",
        arguments: [3, 16, 17, 40])
    func object(count: Int) {
        var object = ObjectValue()
        for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
        object["k1"] = "replaced"
        object["k0"] = nil
        object["none"] = nil
        object["new"] = true
        #expect(object.keys == (1..<count).map { "k\($0)" } + ["new"])
        #expect(object["k1"] == "replaced")
        #expect(object["k0"] == nil)
        #expect(object["k\(count - 1)"] != nil)
        #expect(object == ObjectValue(object.reversed()))
        #expect(object != ObjectValue(object.dropLast()))
    }
}
