import Telemetry
import Testing
import Wire

@Suite("A name")
struct NameTests {
    @Test("has 1 to 64 characters of a-z, 0-9, dot, underscore and dash")
    func valid() throws {
        for name in [
            "a", "0", "cost", "o1.client-7_b", ".", "-", String(repeating: "x", count: 64),
        ] {
            #expect(Name.isValid(name))
            #expect(try Name.check(name, "agent") == name)
        }
    }

    @Test(
        "B16 that is empty, too long, a path, a pattern, a control or beyond ASCII is refused",
        arguments: [
            "", String(repeating: "x", count: 65), String(repeating: "x", count: 1 << 20),
            "../../x", "*", "a\nb", "a\u{0}b", "\u{202e}cost", "cöst", "🦀", "Cost", "cost\u{301}",
            "\u{feff}cost",
        ])
    func refused(_ name: String) {
        #expect(!Name.isValid(name))
        let refusal = fault { try Name.check(name, "agent") }
        #expect(refusal?.has(WireCode.invalid) == true)
        #expect(refusal?.message.hasPrefix("agent: ") == true)
    }

    @Test(
        "B17 that looks like a key or a pattern of a store is refused",
        arguments: [
            "a:b", "{x}", "*", "|", " ", "a b", "a\r\nb", "a?", "[a]", "a\\b", "a/b", "a#b",
        ])
    func keys(_ name: String) { #expect(!Name.isValid(name)) }
}

@Suite("An address")
struct AddressTests {
    @Test("is an agent, or one of its instances")
    func valid() throws {
        #expect(try Address("cost") == Address(agent: "cost"))
        #expect(try Address("cost#3") == Address(agent: "cost", instance: "3"))
        #expect(try Address("cost#3").description == "cost#3")
        #expect(try Address("cost").description == "cost")
    }

    @Test(
        "B16 with a part that is no name is refused",
        arguments: ["", "#", "cost#", "#3", "cost##3", "cost#3#4", "Cost#3", "cost#*", "*"])
    func refused(_ text: String) {
        #expect(fault { try Address(text) }?.has(WireCode.invalid) == true)
    }
}

@Suite("A fence")
struct FenceTests {
    static let long = String(repeating: "9", count: 40)

    @Test(
        "B14 is compared as a number, however many digits it has",
        arguments: [
            ("0", "1"), ("2", "10"), ("9", "0010"),
            ("18446744073709551615", "18446744073709551616"),
            ("9223372036854775807", "9223372036854775808"), ("000", "1"),
            ("9999999999999999999999999999999999999999".dropLast().description, long),
        ])
    func ordered(_ lower: String, _ higher: String) throws {
        #expect(try Fence(lower) < Fence(higher))
        #expect(try !(Fence(higher) < Fence(lower)))
        #expect(try Fence(lower) != Fence(higher))
    }

    @Test("B14 with leading zeros is the same number")
    func equal() throws {
        #expect(try Fence("007") == Fence("7"))
        #expect(try Fence("000") == Fence(0))
        #expect(try Fence("0018446744073709551615") == Fence(.max))
        #expect(try Fence("007").description == "7")
    }

    @Test(
        "B14 that is no number of at most 40 digits is refused",
        arguments: [
            "", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x10", "seven", "٣", "１", "1\u{0}",
            "1\u{301}",
            String(repeating: "0", count: 41), String(repeating: "9", count: 400),
        ])
    func refused(_ text: String) {
        #expect(fault { try Fence(text) }?.has(WireCode.range) == true)
    }
}
