import Document
import Telemetry
import Testing

@Suite struct YAMLTests {
    func fault(_ text: String, limits: Limits = .file) -> Fault? {
        DocumentTests.fault { _ = try YAML.parse(text, limits: limits, source: "f.yaml").value() }
    }

    func value(_ text: String) throws -> Value {
        try YAML.parse(text).value()
    }

    @Test("Mappings, lists, scalars and JSON are read as values in their order")
    func values() throws {
        let text = """
            # a comment
            name: cost
            list:
              - 1
              - -2.5
              - "5"
              - 'it''s'
            block: |
              a
              b
            folded: >-
              a
              b
            flow: {a: [true, ~, null], b: .5}
            """
        #expect(
            try value(text) == [
                "name": "cost", "list": [1, -2.5, "5", "it's"], "block": "a\nb\n", "folded": "a b",
                "flow": ["a": [true, nil, nil], "b": 0.5],
            ])
        #expect(
            try value(#"{"a": [1, 2.5, "x\n\u00e9\/", true, null], "b": {}}"#)
                == ["a": [1, 2.5, "x\né/", true, nil], "b": [:]])
        #expect(try value("\u{FEFF}a: 1") == ["a": 1])
        #expect(try value("---\na: 1\n...\n") == ["a": 1])
        #expect(try value("%YAML 1.2\n---\na: 1") == ["a": 1])
    }

    @Test("B49 plain scalars follow the core schema of YAML 1.2 alone")
    func coreSchema() throws {
        let table: [(String, Value)] = [
            ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("y", "y"), ("1:30", "1:30"),
            ("2026-01-01", "2026-01-01"), ("1_000", "1_000"), ("0b11", "0b11"), ("0o17", 15),
            ("0x1F", 31), ("017", 17), ("+7", 7), ("-7", -7), ("0o18", "0o18"), ("-0x1", "-0x1"),
            ("1.10", 1.1), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("1e", "1e"), (".", "."),
            ("-", [nil]), ("+", "+"), ("1.2.3", "1.2.3"), ("--1", "--1"), ("True", true),
            ("FALSE", false), ("tRUE", "tRUE"), ("~", nil), ("NULL", nil), ("nil", "nil"),
            ("9223372036854775808", .unsigned(1 << 63)), ("'1'", "1"), ("\"true\"", "true"),
            ("-0", 0), ("0x", "0x"), ("infinity", "infinity"), ("nan", "nan"), ("\"\"", ""),
        ]
        for (text, expected) in table { #expect(try value(text) == expected, "\(text)") }
        for text in ["18446744073709551616", ".inf", "-.INF", ".nan", "1e999", "1e-999"] {
            #expect(fault(text)?.has(DocumentCode.range) == true, "\(text)")
        }
    }

    @Test("B49 where text is asked the scalar comes as it was written")
    func text() throws {
        for text in ["no", "on", "0o17", "1:30", ".inf", "2026-01-01", "1.10", "true", "1e999"] {
            #expect(try YAML.parse("version: \(text)")["version"]?.string() == text)
        }
        struct Entry: Decodable {
            var version: String
            var count: Int
            var ok: Bool
        }
        let node = try YAML.parse("version: 1.10\ncount: 0x10\nok: true")
        let entry = try DocumentDecoder().decode(Entry.self, from: node)
        #expect(entry.version == "1.10")
        #expect(entry.count == 16)
        #expect(entry.ok)
        #expect(throws: Fault.self) { try YAML.parse("a: ~")["a"]?.string() }
    }

    @Test(
        "B48 what is no plain YAML is refused with line and column",
        arguments: [
            ("a:\n\t- 1", DocumentCode.syntax, "f.yaml:2:1"),
            ("a:\n  b: 1\n c: 2", .syntax, "f.yaml:3:2"),
            ("a: 1\n  b: 2", .syntax, "f.yaml:2:4"),
            ("a: 1\nb: 2\na: 3", .duplicate, "f.yaml:3:1"),
            ("a: 1\n\"a\": 3", .duplicate, "f.yaml:2:1"),
            ("a: 1\n---\nb: 2", .unsupported, "f.yaml:2:1"),
            ("a: !!python/object:os.system x", .unsupported, "f.yaml:1:4"),
            ("a: !!str 5", .unsupported, "f.yaml:1:4"),
            ("a: [1, !mine {b: 1}]", .unsupported, "f.yaml:1:8"),
            ("!!map {a: 1}", .unsupported, "f.yaml:1:1"),
            ("? [a]\n: 1", .unsupported, "f.yaml:1:3"),
            (": 1", .syntax, "f.yaml:1:1"),
            ("[1, 2", .syntax, "f.yaml:2:1"),
            ("a: \"x", .syntax, "f.yaml:1:6"),
            ("a: *b", .syntax, "f.yaml:1:4"),
            ("a: @x", .syntax, "f.yaml:1:4"),
            ("a: x\u{1}", .syntax, "f.yaml:1:5"),
            ("%YAML 2.0\n---\na: 1", .syntax, "f.yaml:1:1"),
        ])
    func refused(text: String, code: DocumentCode, place: String) {
        let fault = fault(text)
        #expect(fault?.code as? DocumentCode == code, "\(text): \(fault?.message ?? "accepted")")
        #expect(fault?.place == place, "\(text)")
    }

    @Test("B48 bytes that are not UTF-8 are refused with their place")
    func encoding() {
        let fault = DocumentTests.fault { _ = try YAML.parse([0x61, 0x3A, 0x20, 0x0A, 0xFF]) }
        #expect(fault?.has(DocumentCode.encoding) == true)
        #expect(fault?.place == "2:1")
        let wide: [UInt8] = [0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x31, 0]
        #expect(
            DocumentTests.fault { _ = try YAML.parse(wide) }?.has(DocumentCode.encoding) == true)
    }

    @Test("B47 billion laughs, floods of anchors and aliases, and recursion are refused")
    func bombs() throws {
        var laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...9 {
            let list = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            laughs += "a\(level): &a\(level) [\(list)]\n"
        }
        #expect(fault(laughs)?.message.contains("50000 values") == true)
        let anchors = (0..<10_000).map { "- &a\($0) x\n" }.joined()
        #expect(fault(anchors)?.message.contains("1000 anchors") == true)
        let aliases = "a: &a 1\nb: [\(Array(repeating: "*a", count: 101).joined(separator: ", "))]"
        #expect(fault(aliases)?.message.contains("100 aliases") == true)
        #expect(fault("a: &a [*a]")?.message.contains("within its own anchor") == true)
        #expect(fault("a: &a {b: {c: *a}}")?.place == "f.yaml:1:15")
        #expect(fault(String(repeating: "# x\n", count: 70_000))?.has(DocumentCode.limit) == true)
        #expect(
            try value("a: &x {n: 1}\nb: *x\nc: [*x, *x]")
                == ["a": ["n": 1], "b": ["n": 1], "c": [["n": 1], ["n": 1]]])
    }

    @Test("B42 nesting beyond 64 is refused, also when an alias brings the levels")
    func depth() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(fault(nested(64)) == nil)
        #expect(fault(nested(65))?.place == "f.yaml:1:65")
        #expect(fault(nested(100_000))?.has(DocumentCode.limit) == true)
        #expect(fault(String(repeating: "- ", count: 1000))?.has(DocumentCode.limit) == true)
        #expect(
            fault("a: &a \(nested(40))\nb: \(String(repeating: "[", count: 40))*a")?.message
                .contains("nested deeper") == true)
    }

    @Test("B50 an empty file is a null node, so its reader decides")
    func empty() throws {
        for text in ["", "\n\n", "# nothing\n", "---\n", "~"] {
            #expect(try YAML.parse(text).isNull)
        }
        #expect(try YAML.parse([UInt8]()).position == TextPosition(line: 1, column: 1))
    }
}
