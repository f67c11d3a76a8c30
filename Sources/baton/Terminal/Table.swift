/// Rows under headers, aligned by display width. On a terminal a row is one line, however narrow:
/// texts give way first, the widest of them, and then whole columns; a number that was cut would be
/// another number. Elsewhere nothing is cut and nothing is left out.
struct Table {
    struct Column: ExpressibleByStringLiteral {
        let title: String
        let alignsRight: Bool

        init(stringLiteral value: String) { (title, alignsRight) = (value, false) }

        private init(_ title: String, alignsRight: Bool) {
            (self.title, self.alignsRight) = (title, alignsRight)
        }

        static func number(_ title: String) -> Column { Column(title, alignsRight: true) }
    }

    private enum Limits {
        static let gap = 2
        /// What is left of a text is still worth reading.
        static let narrowestText = 10
        /// Wider than any count, time or size.
        static let narrowestNumber = 16
        static let widest = 400
    }

    /// What is shown of the columns, and how wide each is.
    private struct Layout {
        var columns: [Int]
        var widths: [Int]
    }

    let columns: [Column]
    private let dispensable: [String]
    private(set) var rows: [[Text]] = []

    /// - Parameter dispensable: titles of what a narrow terminal does without, the first of these
    ///   first. After them columns go from the right; the first one stays.
    init(_ columns: [Column], dispensable: [String] = []) {
        (self.columns, self.dispensable) = (columns, dispensable)
    }

    /// Missing cells are empty; cells beyond the last column are left out.
    mutating func add(_ cells: [Text]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0].oneLine : "" })
    }

    func lines(width: Int?) -> [Text] {
        let layout = layout(within: width)
        let head = columns.map { Text($0.title.uppercased(), .dim) }
        return ([head] + rows).map { line($0, layout) }
    }

    /// How many columns do not fit.
    func missing(width: Int?) -> Int { columns.count - layout(within: width).columns.count }

    private func line(_ cells: [Text], _ layout: Layout) -> Text {
        let pieces = zip(layout.columns, layout.widths).map { index, width in
            let cut = cells[index].cut(to: width)
            let isLast = index == layout.columns.last && !columns[index].alignsRight
            return isLast ? cut : cut.padded(to: width, right: columns[index].alignsRight)
        }
        return Text.joined(pieces, separator: "  ")
    }

    private func layout(within limit: Int?) -> Layout {
        let natural = columns.indices.map { index in
            max(DisplayWidth.of(columns[index].title), rows.map { $0[index].width }.max() ?? 0)
        }
        guard let limit else { return Layout(columns: Array(columns.indices), widths: natural) }
        let least = columns.indices.map { index in
            let narrowest =
                columns[index].alignsRight ? Limits.narrowestNumber : Limits.narrowestText
            return min(natural[index], narrowest)
        }
        let kept = kept(within: limit, least)
        guard kept.count > 1 else {
            return Layout(columns: kept, widths: kept.map { min(natural[$0], limit) })
        }
        let widths = Self.giveWay(
            kept.map { min(Limits.widest, natural[$0]) }, least: kept.map { least[$0] }, limit)
        return Layout(columns: kept, widths: widths)
    }

    /// The columns that fit beside each other when each is as narrow as it may be.
    private func kept(within limit: Int, _ least: [Int]) -> [Int] {
        var kept = Array(columns.indices)
        let first = dispensable.compactMap { title in
            columns.firstIndex { $0.title == title }
        }
        let leaving = first + columns.indices.reversed().filter { !first.contains($0) }
        for index in leaving where index != 0 && Self.total(kept.map { least[$0] }) > limit {
            kept.removeAll { $0 == index }
        }
        return kept
    }

    private static func giveWay(_ natural: [Int], least: [Int], _ limit: Int) -> [Int] {
        var widths = natural
        for _ in 0..<max(0, total(natural) - limit) {
            let yielding = widths.indices.filter { widths[$0] > least[$0] }
            guard let widest = yielding.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private static func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + Limits.gap * (widths.count - 1)
    }
}
