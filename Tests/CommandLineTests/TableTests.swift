import Telemetry
import Testing

@testable import baton

@Suite struct TableTests {
    private static let titles = [
        "workers", "clients", "in hand", "accepted", "answered", "refused",
    ]

    private func table() -> Table {
        var table = Table(["name", .number("pid"), "state"])
        table.add(["o1", "42", Text("running", .green)])
        table.add(["漢字 worker", "123456", "backing off after\nmany failures"])
        return table
    }

    /// As wide as that of the orchestrators.
    private func wide(dispensable: [String] = []) -> Table {
        var table = Table(
            ["orchestrator", "answers"] + Self.titles.map { .number($0) },
            dispensable: dispensable)
        table.add(["orchestrator-1", "in 0.550 ms"] + Self.titles.map { _ in "1234567" })
        return table
    }

    @Test("A table is aligned by columns and ends without blanks")
    func aligned() {
        #expect(
            table().lines(width: nil).map(\.plain) == [
                "NAME            PID  STATE",
                "o1               42  running",
                "漢字 worker  123456  backing off after many failures",
            ])
    }

    @Test("On a terminal the widest text of a table gives way")
    func narrow() {
        #expect(
            table().lines(width: 40).map(\.plain) == [
                "NAME            PID  STATE",
                "o1               42  running",
                "漢字 worker  123456  backing off after …",
            ])
    }

    @Test("No row is wider than the terminal", arguments: [1, 20, 30, 40, 60, 80, 120])
    func fits(width: Int) {
        for table in [table(), wide(), wide(dispensable: ["answers", "clients"])] {
            #expect(table.lines(width: width).allSatisfy { $0.width <= width })
        }
    }

    @Test("Columns that do not fit are left out from the right, and no number is cut")
    func leftOut() {
        #expect(
            wide().lines(width: 40).map(\.plain) == [
                "ORCHESTRA…  ANSWERS     WORKERS  CLIENTS",
                "orchestra…  in 0.550 …  1234567  1234567",
            ])
        #expect(wide().missing(width: 40) == 4)
        #expect(wide().missing(width: 200) == 0)
        #expect(wide().missing(width: nil) == 0)
    }

    @Test("What a table can do without leaves first, and the others have its place")
    func dispensable() {
        let table = wide(dispensable: ["answers", "clients", "workers"])
        #expect(
            table.lines(width: 40).map(\.plain) == [
                "ORCHESTRAT…  IN HAND  ACCEPTED  ANSWERED",
                "orchestrat…  1234567   1234567   1234567",
            ])
    }

    @Test("Whoever looks at a narrow terminal is told of columns left out; a pipe gets them all")
    func told() throws {
        for (terminal, words) in [
            (Terminal.person(columns: 40), "4 columns do not fit; --json has all.\n"),
            (.person(columns: 200), "1234567\n"), (.none, "1234567\n"),
        ] {
            let memory = Memory()
            try Output(terminal: terminal, sink: memory.add).table(wide())
            #expect(memory.text.hasSuffix(words))
        }
    }
}
