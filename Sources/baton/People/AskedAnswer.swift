import Document

/// An answer as people read it: its text, where it is from, how sure it is. Nothing where it has no
/// text of its own.
struct AskedAnswer {
    private let text: String
    private let sources: [String]
    private let confidence: Double?

    private static let texts = [
        "answer", "unified_response", "response", "text", "summary", "message", "result",
    ]

    init?(_ value: Value) {
        let known = Self.texts.lazy.compactMap { value[$0]?.string }.first
        guard let text = value.string ?? known else { return nil }
        self.text = text
        sources = (value["sources"]?.array ?? []).map { source in
            source.string ?? source["title"]?.string ?? source["name"]?.string ?? JSON.text(source)
        }
        confidence = value["confidence"]?.number
    }

    var lines: [Text] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var all = lines.map { Text(String($0)) }
        if !sources.isEmpty {
            all.append("\("sources", .dim)     \(sources.joined(separator: ", "))")
        }
        if let confidence, confidence.isFinite {
            all.append(
                "\("confidence", .dim)  \(Int((max(0, min(1, confidence)) * 100).rounded())) %")
        }
        return all
    }
}
