import Document

/// How fit an instance is to take the next request, from 0 to 1: the score every choice rests on.
///
/// Response time below ten seconds, success, spare load and health count 3, 3, 2 and 2 tenths.
struct Score: Sendable, Hashable {
    /// The mean response time in seconds.
    var responseTime = 1.0
    /// The share of requests that were answered well.
    var successRate = 0.5
    var currentRequests = 0.0
    var isHealthy = false
    /// The number of current requests at which an instance counts as fully loaded.
    var loadScale = 10.0

    /// An instance of which nothing is known.
    init() {}

    init(
        responseTime: Double, successRate: Double, currentRequests: Int, isHealthy: Bool,
        loadScale: Double = 10
    ) {
        self.responseTime = responseTime
        self.successRate = successRate
        self.currentRequests = Double(currentRequests)
        self.isHealthy = isHealthy
        self.loadScale = loadScale
    }

    /// Figures that come in as a document; what is missing or no number keeps its default.
    init(_ document: Value, loadScale: Double = 10) {
        func figure(_ names: String..., or standard: Double) -> Double {
            for name in names {
                if let number = document[name]?.number, number.isFinite { return number }
            }
            return standard
        }
        responseTime = figure("average_response_time", "avg_response_time", or: responseTime)
        successRate = figure("success_rate", or: successRate)
        currentRequests = figure("current_requests", or: currentRequests)
        isHealthy = (document["health"] ?? document["health_status"])?.string == "healthy"
        self.loadScale = loadScale
    }

    var value: Double {
        let promptness = 1 - min(responseTime / 10, 1)
        let room = 1 - min(currentRequests / loadScale, 1)
        return 0.3 * promptness + 0.3 * successRate + 0.2 * room + (isHealthy ? 0.2 : 0)
    }

    /// The place of the highest score, the first one on a tie; nothing among none.
    static func highest(of scores: some Collection<Double>) -> Int? {
        var best: (place: Int, score: Double)?
        for (place, score) in scores.enumerated() where best.map({ score > $0.score }) ?? true {
            best = (place, score)
        }
        return best?.place
    }
}
