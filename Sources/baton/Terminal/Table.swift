/// Rows under headers, aligned by display width. On a terminal the widest columns give way until a
/// row fits; elsewhere nothing is cut.
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

    private static let gap = 2
    private static let narrowest = 4
    private static let widest = 400

    let columns: [Column]
    private(set) var rows: [[Text]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Missing cells are empty; cells beyond the last column are left out.
    mutating func add(_ cells: [Text]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0].oneLine : "" })
    }

    func lines(width: Int?) -> [Text] {
        let widths = widths(within: width)
        let head = columns.map { Text($0.title.uppercased(), .dim) }
        return ([head] + rows).map { line($0, widths) }
    }

    private func line(_ cells: [Text], _ widths: [Int]) -> Text {
        var pieces: [Text] = []
        for (index, cell) in cells.enumerated() {
            let last = index == cells.count - 1 && !columns[index].alignsRight
            let cut = cell.cut(to: widths[index])
            pieces.append(
                last ? cut : cut.padded(to: widths[index], right: columns[index].alignsRight))
        }
        return Text.joined(pieces, separator: "  ")
    }

    private func widths(within limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            let cells = rows.map { $0[index].width } + [DisplayWidth.of(columns[index].title)]
            return limit == nil ? cells.max() ?? 0 : min(Self.widest, cells.max() ?? 0)
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
        while excess > 0, let index = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[index] > Self.narrowest
        {
            widths[index] -= 1
            excess -= 1
        }
        return widths
    }
}
