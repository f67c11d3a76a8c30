/// A page of prose by its chapters, far enough to hold what it says of the house against the house.
struct Page {
    /// The lines below each heading of the second level.
    let chapters: [String: [Substring]]

    init(_ lines: [Substring]) {
        var chapters: [String: [Substring]] = [:]
        var heading = ""
        for line in lines {
            if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            } else {
                chapters[heading, default: []].append(line)
            }
        }
        self.chapters = chapters
    }

    /// The points of a list, each in one line: a point goes on where lines are indented.
    func points(of chapter: String) -> [String] {
        var points: [String] = []
        var isOpen = false
        for line in chapters[chapter] ?? [] {
            if line.hasPrefix("- ") {
                points.append(String(line.dropFirst(2)))
                isOpen = true
            } else if isOpen, line.hasPrefix("  "), !points.isEmpty {
                points[points.count - 1] += " " + line.drop { $0 == " " }
            } else {
                isOpen = false
            }
        }
        return points
    }

    /// The cells of a chapter's tables, row by row, without the headings' underlines.
    func rows(of chapter: String) -> [[String]] {
        (chapters[chapter] ?? []).filter { $0.hasPrefix("|") && !$0.hasPrefix("| -") }.map { line in
            line.split(separator: "|").map { cell in
                var cell = cell.drop { $0 == " " }
                while cell.last == " " { cell = cell.dropLast() }
                return String(cell)
            }
        }
    }

    /// What stands between two marks of a kind, such as the backticks around a name.
    static func marked(by mark: Character, in text: some StringProtocol) -> [String] {
        let pieces = text.split(separator: mark, omittingEmptySubsequences: false)
        return pieces.indices.filter { $0 % 2 == 1 && $0 + 1 < pieces.count }
            .map { String(pieces[$0]) }
    }
}
