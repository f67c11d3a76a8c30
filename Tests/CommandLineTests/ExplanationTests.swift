import Document
import Testing

@testable import baton

/// What `baton explain` makes of the orchestrator's answer.
@Suite struct ExplanationTests {
    private static let answer: Value = [
        "request": "order-17", "agent": "cost", "state": "answered", "delivery": "durable",
        "pattern": "request", "age_ms": 1500, "deadline_ms": 30000, "depth": 1, "priority": 5,
        "waited_ms": 20,
        "steps": [
            [
                "step": 1, "agent": "cost", "state": "answered",
                "attempts": [
                    [
                        "attempt": 1, "at_ms": 0, "reason": "first",
                        "algorithm": "weighted_round_robin", "chosen": "cost#1", "score": 0.98,
                        "candidates": [
                            [
                                "instance": "cost#2", "score": 0.97, "in_flight": 3,
                                "breaker": "closed", "verdict": "waits_its_turn",
                            ],
                            [
                                "instance": "cost#3", "score": 0.4, "in_flight": 0,
                                "breaker": "open", "verdict": "breaker is open",
                            ],
                        ], "others": 12, "outcome": "lost", "code": "lost",
                        "message": "the worker died", "took_ms": 12.34,
                    ],
                    [
                        "attempt": 2, "at_ms": 93, "reason": "lost", "algorithm": "round_robin",
                        "chosen": "cost#2", "score": 0.9, "candidates": [], "others": 0,
                        "outcome": "answered", "took_ms": 400,
                    ],
                ],
            ]
        ],
    ]

    private static let page = """
        order-17 → cost  answered
        request · durable · priority 5 · 1 deep · 1s old · deadline 30s

        attempt 1 after 0ms (first choice) by weighted round robin
          INSTANCE  SCORE  IN HAND  BREAKER  VERDICT
          cost#1     0.98                    chosen
          cost#2     0.97        3  closed   waits its turn
          cost#3     0.40        0  open     breaker is open
          and 12 more
          → cost#1 lost in 12.3 ms: the worker died (lost)

        attempt 2 after 93ms (the one before is gone) by round robin
          INSTANCE  SCORE  IN HAND  BREAKER  VERDICT
          cost#2     0.90                    chosen
          → cost#2 answered in 400ms
        """

    @Test("a request is explained attempt by attempt")
    func page() {
        let lines = Explanation(Self.answer).lines(width: nil).map(\.plain)
        #expect(
            lines.map(Self.trimmed)
                == Self.page.split(
                    separator: "\n", omittingEmptySubsequences: false
                ).map { Self.trimmed(String($0)) })
    }

    @Test("several steps have titles")
    func steps() {
        let answer: Value = [
            "request": "p", "agent": "a", "state": "failed",
            "steps": [
                ["step": 1, "agent": "a", "state": "done", "attempts": []],
                ["step": 2, "agent": "b", "state": "waiting", "attempts": []],
            ],
        ]
        let lines = Explanation(answer).lines(width: 80).map(\.plain)
        #expect(lines.contains("step 2 b  waiting"))
        #expect(lines.contains("  nobody was chosen yet"))
    }

    @Test(
        "an answer in other words is shown as far as it goes",
        arguments: [
            "{}", "[]", "null", #"{"steps":[{"attempts":[{"took_ms":-1,"score":1e300}]}]}"#,
            #"{"steps":[1],"age_ms":1e300}"#,
        ])
    func odd(text: String) throws {
        #expect(!Explanation(try JSON.parse(text)).lines(width: 40).isEmpty)
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
