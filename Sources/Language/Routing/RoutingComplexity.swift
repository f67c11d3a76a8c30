/// How hard it is to say whom to ask, which decides how large a model is asked.
package enum RoutingComplexity: String, Sendable, CaseIterable {
    case simple, moderate, complex

    /// By the clauses of a question, how near the candidates are to one another, and its length.
    init(clauses: Int, contenders: Int, confidence: Double, words: Int) {
        var points = 0
        if clauses > 2 { points += 1 }
        if contenders > 2 { points += 1 }
        if confidence < 0.5 { points += 1 }
        if words > 60 { points += 1 }
        self = points == 0 ? .simple : points == 1 ? .moderate : .complex
    }

    /// The model for this, of those an operator names by `simple`, `moderate` and `complex`; a
    /// smaller one stands in for none, else the standard one.
    package func model(of models: [String: String], standard: String) -> String {
        models[rawValue] ?? standard
    }
}
