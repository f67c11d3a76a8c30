import Document
import Reactor
import Telemetry
import Testing
import Wire
import WorkerKit

@testable import baton

/// The commands of the four patterns, as far as they need no cluster.
@Suite struct PatternTests {
    private func parse(_ line: String) -> Parser.Outcome {
        Parser.parse(line.split(separator: " ").map(String.init), tree: CommandTree.root)
    }

    @Test(
        "a group whose first command stands in takes that one's options",
        arguments: [
            ("requests", "list"), ("requests -n 5", "list"), ("requests list -n 5", "list"),
            ("requests wait a", "wait"), ("requests --json", "list"),
        ])
    func standIn(line: String, name: String) {
        guard case .run(let path, _) = parse(line) else {
            Issue.record("\(line) is refused")
            return
        }
        #expect(path.map(\.name) == ["baton", "requests", name])
    }

    @Test(
        "receivers and lists of agents are checked before anything is sent",
        arguments: [
            ("broadcast * 1", true), ("broadcast cost 1", true), ("broadcast cost#2 1", true),
            ("broadcast a,b 1", true), ("broadcast a,,b 1", false), ("broadcast a,*, 1", false),
            ("broadcast A 1", false), ("pipeline a,b,c 1", true), ("pipeline a 1", true),
            ("pipeline a#1,b 1", false), ("pipeline , 1", false), ("notify a,b 1", false),
            ("requests wait a#b", false), ("requests show", false), ("requests shwo a", false),
            ("call a 1 --session chat-7", true), ("notify a 1 --session new", true),
            ("call a 1 --session B", false), ("call a 1 --priority 10", false),
            ("call a 1 --id A", false),
        ])
    func words(line: String, isGood: Bool) {
        let isRun = if case .run = parse(line) { true } else { false }
        #expect(isRun == isGood)
    }

    @Test("S2-65 S2-66 who answered what is a table, and whoever failed stands out")
    func gathering() throws {
        let value: Value = [
            "results": [
                ["agent": "cost", "instance": "cost#1", "success": true, "result": ["sum": 1]],
                [
                    "agent": "risk", "success": false,
                    "error": ["code": "deadline", "message": "no answer", "retryable": true],
                ],
            ], "failed": ["risk"], "asked": 2, "answered": 1, "success_rate": 0.5,
        ]
        let gathering = try Gathering(RawContent(json: value))
        let lines = GatheringReport.table(gathering).lines(width: nil)
        #expect(
            lines.map(\.plain) == [
                "WHO     ANSWER    WHAT", "cost#1  ok        {\"sum\":1}",
                "risk    deadline  no answer",
            ])
        let sum = GatheringReport.sum(gathering)
        #expect(sum.plain == "1 of 2 succeeded, 1 failed")
        #expect(sum.rendered(colour: true).contains("\u{1b}[31m"))
    }

    @Test("the live line tells what was reported last, and which stage runs")
    func live() throws {
        let loop = try EventLoop()
        let output = Output(terminal: .person(), sink: { _ in })
        let console = Console(
            output: output, errors: output, input: { _ in [] }, variables: [:], folder: "/",
            program: "baton", loop: loop)
        let one = LiveProgress(console, waitingFor: "cost")
        #expect(one.text(after: .seconds(3)).plain == "waiting for cost · 3s")
        let progress = CallProgress(
            sender: "b#1", step: 2, note: RawContent(json: ["page": 3, "of": "ten"]))
        one.news(.progress(progress))
        #expect(
            one.text(after: .seconds(3)).plain
                == "waiting for cost · 3s · b#1: page 3, of ten")
        let slip = LiveProgress(console, waitingFor: "a,b,a", stages: ["a", "b", "a"])
        slip.works("b")
        #expect(slip.text(after: .zero).rendered(colour: true).contains("\u{1b}[1mb"))
        slip.works("a")
        slip.works("nobody")
        let last = slip.text(after: .zero).rendered(colour: true)
        #expect(last.hasPrefix("\u{1b}[32ma\u{1b}[0m → \u{1b}[32mb\u{1b}[0m → \u{1b}[1ma"))
    }

    @Test("an orchestrator's health is one line with its reasons")
    func health() {
        let health = ClusterHealth(
            orchestrator: "o1",
            [
                "status": "warning",
                "agent_health": [
                    "cost": ["status": "unhealthy", "error": "no instance"],
                    "risk": ["status": "healthy"],
                ],
            ])
        #expect(health.line.plain == "o1 is warning: cost is unhealthy (no instance)")
        #expect(health.value["orchestrator"] == "o1")
    }
}
