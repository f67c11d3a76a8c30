import Document
import Testing

@testable import Orchestration

/// The load score, value by value.
@Suite struct ScoreTests {
    struct Row: Sendable, CustomStringConvertible {
        let id: String
        let metrics: Value
        let score: Double
        var description: String { id }
    }

    static let rows = [
        Row(id: "S2-52", metrics: [:], score: 0.62),
        Row(id: "S2-53", metrics: metrics(0, 1, 0, "healthy"), score: 1),
        Row(id: "S2-54", metrics: metrics(1, 1, 0, "healthy"), score: 0.97),
        Row(id: "S2-55", metrics: metrics(2, 0.9, 5, "healthy"), score: 0.81),
        Row(id: "S2-56", metrics: metrics(10, 0, 10, "unhealthy"), score: 0),
        Row(id: "S2-57", metrics: metrics(25, 1, 50, "healthy"), score: 0.5),
        Row(id: "S2-58", metrics: metrics(0.5, 0.95, 3, "degraded"), score: 0.71),
        Row(id: "S2-59", metrics: ["health": "healthy"], score: 0.82),
    ]

    private static func metrics(
        _ time: Double, _ success: Double, _ current: Int64, _ health: String
    ) -> Value {
        [
            "avg_response_time": .number(time), "success_rate": .number(success),
            "current_requests": .integer(current), "health": .string(health),
        ]
    }

    @Test(
        "S2-50 S2-52 S2-53 S2-54 S2-55 S2-56 S2-57 S2-58 S2-59 E9 the score of every golden row",
        arguments: rows)
    func golden(_ row: Row) {
        #expect(abs(Score(row.metrics).value - row.score) < 1e-12)
        var renamed = row.metrics.object ?? ObjectValue()
        renamed["average_response_time"] = renamed["avg_response_time"]
        renamed["avg_response_time"] = nil
        #expect(abs(Score(.object(renamed)).value - row.score) < 1e-12)
    }

    @Test("S2-50 what is no number counts as missing")
    func nonsense() {
        let metrics: Value = [
            "avg_response_time": "fast", "success_rate": nil, "current_requests": [], "health": 1,
        ]
        #expect(abs(Score(metrics).value - 0.62) < 1e-12)
    }

    @Test("E15 the load at which the score saturates is configurable, and 10 by default")
    func scale() {
        func score(_ load: Int, _ scale: Double? = nil) -> Double {
            guard let scale else {
                return Score(
                    responseTime: 0, successRate: 1, currentRequests: load, isHealthy: true
                ).value
            }
            return Score(
                responseTime: 0, successRate: 1, currentRequests: load, isHealthy: true,
                loadScale: scale
            ).value
        }
        #expect(abs(score(10) - 0.8) < 1e-12 && abs(score(50) - 0.8) < 1e-12)
        #expect(abs(score(50, 100) - 0.9) < 1e-12)
    }

    @Test("S2-49 S2-51 the highest wins, the first one on a tie, and nobody among none")
    func highest() {
        #expect(Score.highest(of: []) == nil)
        let place = Score.highest(of: [0.5, 0.9, 0.9, 0.1])
        #expect(place == 1)
    }
}
