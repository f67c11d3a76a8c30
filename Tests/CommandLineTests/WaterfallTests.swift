import Document
import Testing

@testable import baton

/// The layout of `baton trace`: rows, columns and words, without a cluster.
@Suite struct WaterfallTests {
    /// A span that takes from one microsecond to another.
    private static func span(
        _ id: String, _ parent: String?, _ start: Int, _ end: Int?, kind: String = "attempt",
        agent: String = "cost", depth: Int = 0, request: String = "r", status: String = "ok"
    ) -> Value {
        var attributes: ObjectValue = [
            "gen_ai.agent.name": .string(agent), "baton.request": .string(request),
        ]
        switch kind {
        case "request":
            attributes["baton.pattern"] = "call"
            attributes["baton.state"] = end == nil ? "running" : "answered"
        case "wait": attributes["baton.wait"] = "line"
        default:
            attributes["baton.outcome"] = status == "ok" ? "answered" : "failed"
            attributes["baton.instance"] = .string("\(agent)#1")
        }
        if depth > 0 { attributes["baton.depth"] = Value(depth) }
        return [
            "trace": "t", "span": .string(id), "parent": parent.map { .string($0) } ?? .null,
            "name": "n", "kind": "client", "start_ns": Value(start * 1000),
            "end_ns": end.map { Value($0 * 1000) } ?? .null, "status": .string(status),
            "attributes": .object(attributes),
        ]
    }

    /// One without a parent.
    private static func span(
        _ id: String, _ start: Int, _ end: Int?, kind: String = "attempt", agent: String = "cost"
    ) -> Value {
        span(id, nil, start, end, kind: kind, agent: agent)
    }

    private static func waterfall(_ spans: [Value], now: Int = 0) -> Waterfall {
        Waterfall(SpanTree(spans.compactMap { SpanRow($0) }), now: Int64(now) * 1000)
    }

    private static func plain(_ spans: [Value], width: Int?, now: Int = 0) -> [String] {
        waterfall(spans, now: now).lines(width: width).map(\.plain)
    }

    @Test("a bar covers its share of the width, and always a column")
    func columns() throws {
        let cases: [(start: Int, end: Int?, width: Int, columns: Range<Int>)] = [
            (0, 100, 10, 0..<10), (0, 50, 10, 0..<5), (50, 100, 10, 5..<10), (0, 0, 10, 0..<1),
            (100, 100, 10, 9..<10), (99, 100, 10, 9..<10), (0, 1, 10, 0..<1), (45, 55, 10, 4..<6),
            (0, 100, 1, 0..<1), (100, 100, 1, 0..<1), (40, nil, 10, 4..<10),
        ]
        for entry in cases {
            let whole = Self.waterfall([Self.span("a", 0, 100, kind: "request")], now: 100)
            let row = try #require(SpanRow(Self.span("b", "a", entry.start, entry.end)))
            #expect(whole.columns(of: row, entry.width) == entry.columns, "\(entry)")
        }
    }

    @Test("a call with a wait and an attempt")
    func plainCall() {
        let lines = Self.plain(
            [
                Self.span("a", 0, 4000, kind: "request"),
                Self.span("c", "a", 1000, 4000, status: "error"),
                Self.span("b", "a", 0, 1000, kind: "wait"),
            ], width: 64)
        #expect(
            lines == [
                "                    0            4.0ms    start     took",
                "cost                ━━━━━━━━━━━━━━━━━━      0µs    4.0ms",
                "  in line for cost  ░░░░░                   0µs    1.0ms",
                "  cost#1                ██████████████    1.0ms    3.0ms  failed",
            ])
    }

    @Test("no time at all is one column, with a sign of its own")
    func zero() {
        let lines = Self.plain([Self.span("a", 7, 7, kind: "request")], width: 40)
        #expect(lines.count == 2 && lines[1].hasPrefix("cost  ▏ "))
        #expect(Self.plain([], width: 40).isEmpty)
    }

    @Test("what goes on is open to the right, as far as it is now")
    func open() {
        let spans = [
            Self.span("a", 0, nil, kind: "request"), Self.span("b", "a", 0, 1000),
        ]
        let lines = Self.plain(spans, width: 60, now: 2000)
        #expect(
            lines[1].contains("━▸") && lines[1].contains("2.0ms…") && lines[1].contains("running"))
        #expect(lines[2].contains("█") && !lines[2].contains("▸"))
        #expect(Self.plain(spans, width: 60, now: 0)[1].contains("▸"))
    }

    @Test("lines fit whatever room there is, or have one column of bars", arguments: 1...120)
    func narrow(width: Int) {
        let spans = [
            Self.span(
                "a", 0, 900, kind: "request", agent: String(repeating: "long-name-", count: 9)),
            Self.span("b", "a", 0, 900, agent: String(repeating: "漢字", count: 20)),
        ]
        let lines = Self.waterfall(spans).lines(width: width)
        #expect(lines.count == 3 && Set(lines.map(\.width)).count == 1)
        if width >= 40 { #expect(lines.allSatisfy { $0.width <= width }) }
        #expect(lines[1].plain.contains("━"))
    }

    @Test("two hundred spans are two hundred rows, by their beginnings")
    func many() {
        let spans = (0..<200).map { number in
            Self.span("s\(number)", number == 0 ? nil : "s0", (number * 37) % 200, 300)
        }
        let entries = SpanTree(spans.compactMap { SpanRow($0) }).entries
        #expect(entries.count == 200 && entries[0].row.id == "s0")
        #expect(
            entries.dropFirst().map(\.row.start) == entries.dropFirst().map(\.row.start).sorted())
        #expect(Self.plain(spans, width: 80).count == 201)
    }

    @Test("each stands below what caused it, and circles are shown once")
    func tree() {
        func shape(_ spans: [Value], home: String? = nil) -> [String] {
            SpanTree(spans.compactMap { SpanRow($0) }, home: home).entries
                .map { "\($0.level)\($0.row.id)" }
        }
        #expect(
            shape([
                Self.span("d", "b", 5, 6), Self.span("b", "a", 2, 9), Self.span("a", 0, 9),
                Self.span("c", "a", 1, 2),
            ]) == ["0a", "1c", "1b", "2d"])
        #expect(shape([Self.span("a", "b", 0, 1), Self.span("b", "a", 0, 1)]) == ["0a", "1b"])
        #expect(shape([Self.span("a", "a", 0, 1), Self.span("a", 5, 6)]) == ["0a"])
        let lost = Self.span("x", "gone", 3, 4, kind: "request", depth: 1)
        let other = Self.span("y", "gone", 3, 4, kind: "request")
        #expect(shape([Self.span("a", 0, 9), lost, other], home: "a") == ["0a", "1x", "0y"])
    }

    @Test("X-03 a trace names its request, and joins what other orchestrators know of it")
    func joined() {
        func answer(_ state: String, _ at: String, _ spans: [Value]) -> Value {
            [
                "orchestrator": .string(at), "request": "r", "agent": "cost",
                "state": .string(state), "pattern": "call", "delivery": "durable", "trace": "t",
                "spans": .array(spans),
            ]
        }
        let refused = answer("failed", "o1", [])
        let taken = answer(
            "answered", "o2",
            [Self.span("a", 0, 9000, kind: "request"), Self.span("b", "a", 0, 9000)])
        let elsewhere = answer(
            "answered", "o1",
            [
                Self.span("c", "zz", 1, 2, kind: "request", agent: "sum", depth: 1, request: "s"),
                Self.span("d", "c", 1, 2, agent: "sum", request: "s"),
                Self.span("e", nil, 1, 2, kind: "request", agent: "not", request: "q"),
            ])
        let report = TraceReport([refused, taken], others: [elsewhere, taken])
        #expect(report.tree.entries.map { "\($0.level)\($0.row.id)" } == ["0a", "1b", "1c", "2d"])
        let lines = report.lines(width: 80, now: 0).map(\.plain)
        #expect(lines[0] == "r → cost  answered  in 9.0ms")
        #expect(lines[1] == "call · durable · trace t · at o2, o1")
        #expect(!report.isOpen && report.value["spans"]?.array?.count == 4)
    }

    @Test("what is no span is left out, and hostile moments are no trap")
    func hostile() {
        for value: Value in [
            1, [:], ["span": "a"], ["span": 7, "start_ns": 1], ["span": "a", "start_ns": -1],
        ] {
            #expect(SpanRow(value) == nil)
        }
        let spans: [Value] = [
            ["span": "a", "start_ns": 0, "end_ns": .integer(.max)],
            ["span": "b", "start_ns": .integer(.max), "end_ns": 1],
            ["span": "c", "parent": 7, "start_ns": 5, "attributes": [1]],
        ]
        #expect(Self.plain(spans, width: 80, now: 3).count == 4)
        _ = TraceReport([1, ["spans": 7], ["left_out": .integer(.max)]]).lines(width: 1, now: 0)
    }

    @Test(
        "times are read at a glance",
        arguments: [
            (0, "0µs"), (999_999, "999µs"), (1_000_000, "1.0ms"), (12_345_678, "12.3ms"),
            (345_678_901, "345ms"), (1_000_000_000, "1.00s"), (59_999_000_000, "59.99s"),
            (61_000_000_000, "1m 1s"), (-5, "0µs"),
        ] as [(Int64, String)])
    func times(nanoseconds: Int64, text: String) {
        #expect(Waterfall.time(nanoseconds) == text)
    }
}
