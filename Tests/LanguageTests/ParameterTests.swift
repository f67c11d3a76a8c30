import Document
import Testing

@testable import Language

/// Parameters are read out of questions by nothing but a schema.
@Suite struct ParameterTests {
    private static let slow: Value = [
        "type": "object",
        "properties": [
            "hours": [
                "type": "number", "default": 1.0, "minimum": 0.01,
                "description": "how far back to read the log, in hours",
            ],
            "max_patterns": [
                "type": "integer", "default": 8, "minimum": 1, "maximum": 100,
                "description": "how many query patterns to report",
            ],
        ],
    ]
    private static let running: Value = [
        "type": "object",
        "properties": [
            "min_time_seconds": [
                "type": "number", "description": "only queries that have run at least so long",
            ],
            "include_sleeping": [
                "type": "boolean", "description": "whether sleeping connections are listed too",
            ],
            "max_queries": ["type": "integer", "description": "how many queries to list at most"],
        ],
    ]

    private func read(_ text: String, _ schema: Value) throws -> ObjectValue {
        try ParameterReader(schema).read(text, now: AskedAt(seconds: 1_773_000_000)).values
    }

    @Test("S4-36 S4-38 the hours and the patterns of the examples")
    func examples() throws {
        let hour = try read("Analyze slow queries from the last hour", Self.slow)
        #expect(hour == ["hours": 1.0])
        let both = "Check slow queries from the last 3 hours, focus on top 5 patterns"
        #expect(try read(both, Self.slow) == ["hours": 3.0, "max_patterns": 5])
    }

    @Test(
        "S4-40 spans of time in every wording come in the unit of the parameter",
        arguments: [
            ("in the last half an hour", 0.5), ("of the past 90 minutes", 1.5),
            ("over the past 7 days", 168), ("for the last two and a half hours", 2.5),
            ("the last hour and a half", 1.5), ("last 24h", 24), ("past 45 mins", 0.75),
            ("during the previous fortnight", 336), ("in the last week", 168),
            ("within the last three quarters of an hour", 0.75),
            ("over the last 1 hour 30 minutes", 1.5), ("from 2 days ago", 48),
            ("the last couple of hours", 2), ("past twenty-four hours", 24),
            ("hours=3", 3), ("hours: 4", 4), ("--hours 5", 5), ("last 1,000 hours", 1000),
            ("in the last 1.5 hours", 1.5), ("the past 3600 seconds", 1), ("past month", 720),
        ])
    func spans(text: String, hours: Double) throws {
        #expect(try read("slow queries \(text)", Self.slow)["hours"] == .number(hours), "\(text)")
    }

    @Test(
        "what is no span is none",
        arguments: ["job 4711", "at 10:30", "3 errors", "HTTP 502", "v2"])
    func noSpan(text: String) throws {
        #expect(try read("slow queries \(text)", Self.slow) == [:])
    }

    @Test("since a day that is named counts from then, where the time is known")
    func since() throws {
        // Sunday, 8 March 2026, 20:00.
        let text = "slow queries since yesterday"
        #expect(try read(text, Self.slow)["hours"] == 44.0)
        #expect(try read("slow queries since Friday", Self.slow)["hours"] == 68.0)
        #expect(try ParameterReader(Self.slow).read(text).values == [:])
    }

    @Test(
        "counts in every wording",
        arguments: [
            ("top ten patterns", 10), ("a dozen of the worst query patterns", 12),
            ("the 15 worst", 15), ("at most 4 patterns", 4), ("show me seven patterns", 7),
            ("max_patterns=6", 6), ("max patterns 9", 9), ("first twenty-two patterns", 22),
            ("only the 3 slowest", 3), ("limit it to 25 patterns", 25),
        ])
    func counts(text: String, count: Int) throws {
        #expect(try read(text, Self.slow)["max_patterns"] == Value(count), "\(text)")
    }

    @Test(
        "thresholds and flags",
        arguments: [
            ("queries running for at least 2 seconds", ["min_time_seconds": 2.0]),
            (
                "top ten running queries over half a minute",
                ["max_queries": 10, "min_time_seconds": 30.0]
            ),
            ("queries longer than 5 minutes", ["min_time_seconds": 300.0]),
            ("more than 500 ms", ["min_time_seconds": 0.5]),
            ("running 10 seconds or more", ["min_time_seconds": 10.0]),
            ("current queries including sleeping connections", ["include_sleeping": true]),
            ("current queries without sleeping ones", ["include_sleeping": false]),
            ("don't show sleeping connections", ["include_sleeping": false]),
            ("what runs, idle sessions too", ["include_sleeping": true]),
            ("queries of the last 4 hours", [:]),
        ] as [(String, ObjectValue)])
    func thresholds(text: String, expected: ObjectValue) throws {
        #expect(try read(text, Self.running) == expected, "\(text)")
    }

    @Test("S4-57 what was not said is left to the defaults of the schema")
    func defaults() throws {
        let reader = try ParameterReader(Self.slow)
        let values = reader.read("slow queries, top 3").values
        #expect(values == ["max_patterns": 3])
        #expect(reader.filled(values) == ["hours": 1.0, "max_patterns": 3])
    }

    @Test("S4-59 a value out of range is told and not bent")
    func range() throws {
        let reading = try ParameterReader(Self.slow).read("top 500 patterns of the past 0 hours")
        #expect(reading.values["max_patterns"] == 500)
        #expect(reading.problems.count == 2)
        #expect(reading.problems.contains { $0.message == "expected at most 100, found 500" })
    }

    private static let required: Value = [
        "type": "object", "required": ["table", "mode"],
        "properties": [
            "table": ["type": "string", "description": "the table to look at"],
            "mode": [
                "type": "string", "enum": ["fast", "thorough"], "description": "how to look",
            ],
        ],
    ]

    @Test("S4-58 what is missing and must be there is asked for, once, with the choices")
    func question() throws {
        let reader = try ParameterReader(Self.required)
        let reading = reader.read("have a look")
        #expect(reading.missing == ["table", "mode"])
        #expect(
            reading.question
                == "Please say table (the table to look at) and mode (how to look: fast, thorough)."
        )
        let full = reader.read("a thorough look at table orders")
        #expect(full.values == ["mode": "thorough", "table": "orders"])
        #expect(full.question == nil)
    }

    @Test("S4-51 S4-52 what was said before counts where nothing is said now")
    func remembered() throws {
        let reader = try ParameterReader(Self.slow)
        let reading = reader.read(
            "top 3 patterns", previous: ["hours": 6.0, "max_patterns": 9, "x": 1])
        #expect(reading.values == ["max_patterns": 3, "hours": 6.0])
        #expect(reading.bindings.map(\.origin) == [.said, .remembered])
    }

    @Test(
        "B70 strange questions trap nothing",
        arguments: [
            "", "last", "the last", "past 99999999999999999999999999999 days", "-5 hours",
            "1e308 hours", "half", "half a", "a", "two and a half", "last NaN hours", "0x10 hours",
            "hours=", "=", "top", "since", "31 February 2026", "2026-13-45", "SELECT", "`",
            "three quarters of", "1 hour and", "hundred", "a hundred and",
        ])
    func strange(text: String) throws {
        _ = try read(text, Self.slow)
        _ = try read(text, Self.running)
        _ = try read(text, Self.required)
    }
}
