import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// `baton trace` and `baton top` on a real cluster of two orchestrators.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineTraceTests {
        private func toolbox() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster("orchestrators: 2\n" + CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            return cluster
        }

        private func json(_ cluster: CommandLineCluster, _ line: String) throws -> Value {
            try JSON.parse(Array(cluster.run(line).utf8))
        }

        @Test("X-03 a request is traced by its id, whichever orchestrator had it")
        func traced() throws {
            let cluster = try toolbox()
            for number in 0..<4 {
                let id = "order-\(number)"
                _ = cluster.run("$B pipeline echo,sleep '{\"ms\": 5}' --id \(id)")
                let answer = try json(cluster, "$B trace \(id) --json")
                #expect(answer["request"]?.string == id && answer["state"] == "answered")
                let spans = (answer["spans"]?.array ?? []).compactMap { SpanRow($0) }
                #expect(spans.count == 3 && spans.allSatisfy { $0.request == id })
                #expect(spans.dropFirst().allSatisfy { $0.parent == spans[0].id })
                let shown = cluster.run("$B trace \(answer.shown("trace"))")
                #expect(shown.contains(id) && shown.contains("█") && !shown.contains("\u{1b}"))
            }
        }

        @Test("A request that runs is followed to its end; an unknown one is told as unknown")
        func followed() throws {
            let cluster = try toolbox()
            _ = cluster.run("$B notify sleep '{\"ms\": 5000}' --id nap")
            #expect(try json(cluster, "$B trace nap --json")["spans"]?[0]?["end_ns"] == .null)
            #expect(try json(cluster, "$B trace nap --follow --json")["state"] == "answered")
            let unknown = cluster.run("$B trace nobody; echo $?")
            #expect(unknown.contains("not_found") && unknown.hasSuffix("1\n"))
        }

        @Test("A picture is plain text or one object, and ends with its reader")
        func pictures() throws {
            let cluster = try toolbox()
            let page = cluster.run("$B top --interval 100ms")
            for word in ["o1", "o2", "echo#1", "RATE/S"] { #expect(page.contains(word)) }
            #expect(!page.contains("\u{1b}"))
            let two = cluster.run("$B top --interval 100ms --json | head -2")
            let frames = try two.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
            #expect(frames.count == 2 && frames[1]["orchestrators"]?.array?.count == 2)
            #expect(frames[1]["instances"]?[0]?["rate_per_s"]?.number != nil)
            #expect(cluster.run("$B top --agent nobody; echo $?").hasSuffix("1\n"))
        }

        @Test("The terminal is given back however it ends")
        func screen() throws {
            let cluster = try toolbox()
            let (enter, leave) = ("\u{1b}[?1049h", "\u{1b}[?25h\u{1b}[?1049l")
            let stop = "timeout --foreground -s TERM 1 $B top --interval 100ms"
            for line in ["$B top --interval 100ms --count 2", stop] {
                let typescript = "script -qec '\(line)' /dev/null </dev/null"
                let shown = cluster.run("export B; \(typescript)")
                let parts = shown.components(by: enter)
                #expect(parts.count == 2 && shown.components(by: leave).count == 2, "\(line)")
                #expect(parts.last?.contains("echo#1") == true)
            }
        }

        @Test("Each orchestrator is asked by itself, however often")
        func apart() throws {
            let cluster = try toolbox()
            let lines = cluster.run("$B top --interval 100ms --count 8 --json")
            for line in lines.split(separator: "\n") {
                let frame = try JSON.parse(Array(line.utf8))
                let names = (frame["orchestrators"]?.array ?? []).map { $0.shown("name") }
                #expect(names == ["o1", "o2"])
            }
        }
    }
}

extension String {
    /// The pieces between each place where these characters stand.
    fileprivate func components(by mark: String) -> [String] {
        var pieces = [""]
        for character in self.unicodeScalars {
            pieces[pieces.count - 1].unicodeScalars.append(character)
            if pieces[pieces.count - 1].unicodeScalars.ends(with: mark.unicodeScalars) {
                pieces.append("")
            }
        }
        return pieces
    }
}

extension BidirectionalCollection where Element: Equatable {
    fileprivate func ends(with other: some BidirectionalCollection<Element>) -> Bool {
        reversed().starts(with: other.reversed())
    }
}
