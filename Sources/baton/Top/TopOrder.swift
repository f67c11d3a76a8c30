/// By what the rows of `baton top` are sorted: what stands out comes first.
enum TopOrder: String, CaseIterable, Sendable {
    case rate, errors, latency, load, name

    var next: TopOrder {
        let all = Self.allCases
        let place = all.firstIndex(of: self) ?? 0
        return all[(place + 1) % all.count]
    }

    /// Equal ones stand by their names, so that they do not change places with each look.
    func sorted(_ rows: [LoadRow]) -> [LoadRow] {
        rows.sorted { left, right in
            let (one, other) = (weight(left), weight(right))
            return one == other ? Self.precedes(left.name, right.name) : one > other
        }
    }

    private func weight(_ row: LoadRow) -> Double {
        switch self {
        case .rate: row.rate ?? 0
        case .errors: row.errors ?? 0
        case .latency: row.slow ?? row.average ?? 0
        case .load: Double(row.inFlight) + Double(row.waiting)
        case .name: 0
        }
    }

    /// `cost#2` before `cost#10`.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        let parts = [left, right].map { $0.split(separator: "#", maxSplits: 1) }
        guard parts[0].first == parts[1].first, parts[0].count == 2, parts[1].count == 2,
            let one = Int(parts[0][1]), let other = Int(parts[1][1])
        else { return left < right }
        return one < other
    }
}
