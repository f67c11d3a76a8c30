/// Functions that evaluate their arguments themselves: as often as they like, or not at all.
enum Form: String, Sendable, CaseIterable {
    case empty = "empty/0"
    case map = "map/1"
    case select = "select/1"
    case recurse = "recurse/1"
    case recurseWhile = "recurse/2"
    case first = "first/1"
    case last = "last/1"
    case limit = "limit/2"
    case until = "until/2"
    case whilst = "while/2"
    case repeated = "repeat/1"
    case range = "range/2"
    case rangeBy = "range/3"
    case any = "any/2"
    case all = "all/2"
    case isEmpty = "isempty/1"
    case path = "path/1"
    case getPath = "getpath/1"
    case sortBy = "sort_by/1"
    case groupBy = "group_by/1"
    case uniqueBy = "unique_by/1"
    case minBy = "min_by/1"
    case maxBy = "max_by/1"
    case addAll = "add/1"
    case substitute = "sub/2"
    case substituteFlags = "sub/3"
    case substituteAll = "gsub/2"
    case substituteAllFlags = "gsub/3"
    case error = "error/1"

    /// Whether it gives at most one output, given whether its arguments do.
    func isNarrow(_ arguments: [Code]) -> Bool {
        switch self {
        case .empty, .map, .first, .last, .isEmpty, .sortBy, .groupBy, .uniqueBy, .minBy, .maxBy,
            .any, .all, .addAll:
            true
        case .select, .until, .getPath, .error: arguments.allSatisfy(\.isNarrow)
        default: false
        }
    }

    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}
