import Document
import Telemetry
import Testing

@testable import baton

/// Where two JSON values differ, and which places are left out.
@Suite struct ReplayDifferenceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let recorded: String
        let now: String
        /// `path: recorded → now`, each on its own.
        let found: [String]
        var testDescription: String { "\(recorded) and \(now)" }

        init(_ recorded: String, _ now: String, _ found: String...) {
            self.recorded = recorded
            self.now = now
            self.found = found
        }
    }

    private static let cases = [
        Case("1", "1"),
        Case("1", "1.0"),
        Case("1e2", "100"),
        Case("18446744073709549568", "18446744073709549568.0"),
        Case("18446744073709551615", "1e30", "$: 18446744073709551615 → 1e+30"),
        Case(
            "9007199254740993", "9007199254740992.0",
            "$: 9007199254740993 → 9007199254740992.0"),
        Case("0.0", "-0.0"),
        Case("1", "2", "$: 1 → 2"),
        Case("1", "\"1\"", "$: 1 → \"1\""),
        Case("null", "false", "$: null → false"),
        Case("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"),
        Case("{\"a\":1}", "{}", "$.a: 1 → nothing"),
        Case("{}", "{\"a\":null}", "$.a: nothing → null"),
        Case("{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,3]}}", "$.a.b[1]: 2 → 3"),
        Case("[1,2,3]", "[1,2]", "$[2]: 3 → nothing"),
        Case("[1]", "[1,{}]", "$[1]: nothing → {}"),
        Case("[]", "{}", "$: [] → {}"),
        Case("{\"a b\":1}", "{\"a b\":2}", "$[\"a b\"]: 1 → 2"),
        Case("{\"\":1}", "{\"\":2}", "$[\"\"]: 1 → 2"),
        Case("[1,2]", "[2,1]", "$[0]: 1 → 2", "$[1]: 2 → 1"),
        Case(
            "{\"a\":1,\"b\":1}", "{\"c\":1,\"b\":2}", "$.a: 1 → nothing", "$.b: 1 → 2",
            "$.c: nothing → 1"),
        Case("\"e\\u0301\"", "\"\\u00e9\"", "$: \"e\u{301}\" → \"\u{e9}\""),
    ]

    @Test("differences name their place and both values", arguments: cases)
    func difference(_ example: Case) throws {
        let all = ValueDifference.all(
            try JSON.parse(example.recorded), try JSON.parse(example.now))
        let found = all.map { difference in
            let old = difference.recorded.map { JSON.text($0) } ?? "nothing"
            let new = difference.now.map { JSON.text($0) } ?? "nothing"
            return "\(difference.path): \(old) → \(new)"
        }
        #expect(found == example.found)
    }

    @Test("the number of differences is bounded")
    func bounded() {
        let (old, new) = (
            Array(repeating: Value(1), count: 1000), Array(repeating: Value(2), count: 9)
        )
        #expect(ValueDifference.all(.array(old), .array(new)).count == 100)
        #expect(ValueDifference.all(.array(old), .array(new), most: 3).count == 3)
    }

    @Test(
        "what is ignored is left out, with all below it",
        arguments: [
            ("$.a", true), ("a", true), (".a", true), ("$.a.b", true), ("a.b[0]", true),
            ("a.b[*].t", true), ("$..t", true), ("..b", true), ("*", true), ("a.*", true),
            ("[\"a\"].b", true), ("$", true), ("$.b", false), ("a.b[1]", false), ("..x", false),
            ("a.b[0].t.z", false), ("[0]", false),
        ])
    func ignored(_ text: String, _ isIgnored: Bool) throws {
        let old: Value = ["a": ["b": [["t": 1]]]]
        let new: Value = ["a": ["b": [["t": 2]]]]
        let path = try ValuePath(text)
        #expect(ValueDifference.all(old, new, ignoring: [path]).isEmpty == isIgnored)
    }

    @Test(
        "what is no path is refused",
        arguments: ["a..", "a[", "a[x]", "a[-1]", "a[1", "a]b", "$a", "[\"a]", "a[1]b", "."])
    func refused(_ text: String) {
        let fault = #expect(throws: Fault.self) { _ = try ValuePath(text) }
        #expect(fault?.has(Exit.usage) == true)
    }

    @Test("a path is written as it is read")
    func written() throws {
        for text in ["$", "$.a[0].b", "$.a[*]..id", "$[\"a.b\"]"] {
            #expect(try ValuePath(text).description == text)
        }
    }
}
