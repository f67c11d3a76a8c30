/// Units as people and the names of parameters write them, in one base each: seconds, bytes,
/// hundredths.
enum Unit: Sendable, Hashable {
    case seconds(Double)
    case bytes(Double)
    case percent

    /// By its word in lower case, as it was written or in the plural.
    static func named(_ word: String) -> Unit? { words[word] }

    var factor: Double {
        switch self {
        case .seconds(let factor), .bytes(let factor): factor
        case .percent: 1
        }
    }

    func isSameKind(as other: Unit) -> Bool {
        switch (self, other) {
        case (.seconds, .seconds), (.bytes, .bytes), (.percent, .percent): true
        default: false
        }
    }

    private static let words: [String: Unit] = {
        var words: [String: Unit] = [:]
        let seconds: [(String, Double)] = [
            ("ms msec millis millisecond milliseconds", 0.001),
            ("us microsecond microseconds", 1e-6),
            ("s sec secs second seconds", 1), ("m min mins minute minutes", 60),
            ("h hr hrs hour hours hourly", 3600), ("d day days", 86_400),
            ("w wk wks week weeks", 604_800), ("fortnight fortnights", 1_209_600),
            ("month months", 2_592_000), ("quarter quarters", 7_776_000),
            ("yr yrs year years", 31_536_000),
        ]
        for (names, factor) in seconds {
            for name in names.split(separator: " ") { words[String(name)] = .seconds(factor) }
        }
        let bytes: [(String, Double)] = [
            ("b byte bytes", 1), ("kb kilobyte kilobytes", 1e3), ("kib", 1024),
            ("mb megabyte megabytes", 1e6), ("mib", 1_048_576),
            ("gb gig gigs gigabyte gigabytes", 1e9),
            ("gib", 1_073_741_824), ("tb terabyte terabytes", 1e12), ("tib", 1_099_511_627_776),
        ]
        for (names, factor) in bytes {
            for name in names.split(separator: " ") { words[String(name)] = .bytes(factor) }
        }
        for name in ["%", "percent", "pct", "percentage"] { words[name] = .percent }
        return words
    }()
}
