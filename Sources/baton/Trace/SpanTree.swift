/// Spans in the order in which a waterfall shows them: each below what caused it, by their
/// beginnings. Pure.
///
/// What names a parent that is not there stands by itself, or below `home` if an agent made it.
/// Spans that claim to be each other's parents are shown, too, each once.
struct SpanTree {
    struct Entry: Equatable {
        let row: SpanRow
        let level: Int
    }

    private(set) var entries: [Entry] = []

    /// - Parameter home: the span to which belongs what has lost its own parent.
    init(_ rows: [SpanRow], home: String? = nil) {
        var known: Set<String> = []
        let rows = rows.filter { known.insert($0.id).inserted }
        var children: [String: [Int]] = [:]
        var roots: [Int] = []
        for (index, row) in rows.enumerated() {
            if let parent = row.parent, known.contains(parent), parent != row.id {
                children[parent, default: []].append(index)
            } else if let home, known.contains(home), row.id != home, row.depth > 0 {
                children[home, default: []].append(index)
            } else {
                roots.append(index)
            }
        }
        var shown: Set<Int> = []
        for root in Self.sorted(roots, rows) + Self.sorted(Array(rows.indices), rows) {
            unfold(root, rows, children, &shown)
        }
    }

    private mutating func unfold(
        _ root: Int, _ rows: [SpanRow], _ children: [String: [Int]], _ shown: inout Set<Int>
    ) {
        var pending = [(index: root, level: 0)]
        while let (index, level) = pending.popLast() {
            guard shown.insert(index).inserted else { continue }
            entries.append(Entry(row: rows[index], level: level))
            let below = Self.sorted(children[rows[index].id] ?? [], rows)
            pending += below.reversed().map { ($0, level + 1) }
        }
    }

    private static func sorted(_ indices: [Int], _ rows: [SpanRow]) -> [Int] {
        indices.sorted { (rows[$0].start, $0) < (rows[$1].start, $1) }
    }
}
