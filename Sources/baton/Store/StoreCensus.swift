import Document

/// What lies in a store, counted by kind from the names of its keys and from samples. Pure.
///
/// Every key is counted; what they take is measured of all keys of a small kind and of some of a
/// large one, and projected from there.
struct StoreCensus: Sendable, Equatable {
    struct Kind: Sendable, Equatable {
        var keys = 0
        var measured = 0
        var measuredBytes = 0
        /// Milliseconds since 1970.
        var oldest: Int?
        var newest: Int?

        var bytes: Int {
            guard measured > 0 else { return 0 }
            // Wide enough for any number of keys of any size.
            return Int(clamping: Int128(measuredBytes) * Int128(keys) / Int128(measured))
        }

        mutating func see(_ time: Int?) {
            guard let time, time > 0 else { return }
            oldest = min(oldest ?? time, time)
            newest = max(newest ?? time, time)
        }
    }

    private enum Limits {
        /// So many keys of a kind are all measured; beyond them one in so many is.
        static let whole = 200
        static let share = 20
    }

    /// What comes after the prefix, and what it is called; those with a colon have many keys.
    static let names: [(mark: String, name: String)] = [
        ("r:", "requests"), ("i:", "inputs"), ("o:", "results"), ("s:", "steps"),
        ("res:", "results of steps"), ("e:", "events"), ("fx:", "effects"),
        ("ev:", "events of tenants"), ("ei:", "places of events"), ("sc:", "schedules"),
        ("j:", "journals"), ("jb:", "contents of journals"), ("wf:", "workflows"),
        ("human:", "tasks of people"), ("human", "list of tasks"), ("humt:", "list of tasks"),
        ("humr:", "list of tasks"), ("humd", "list of tasks"), ("humn", "counters"),
        ("ses:", "sessions"), ("mem:", "conversations"), ("sev:", "agents' memory"),
        ("ses", "list of sessions"), ("sesr", "list of sessions"),
        ("sesb", "list of sessions"),
        ("own:", "in hand, by owner"), ("ready", "waiting"), ("unc", "uncertain"),
        ("dlq", "dead letters"), ("fin", "finished list"), ("finb", "finished list"),
        ("q", "tenants"), ("m:", "metrics"), ("frozen", "frozen agents"),
        ("inst", "instances"), ("dead", "instances"), ("tok", "counters"), ("gen", "counters"),
        ("now", "counters"), ("v", "counters"), ("mend", "counters"), ("bad", "counters"),
    ]
    static let unknown = "unknown"

    let prefix: [UInt8]
    private(set) var kinds: [String: Kind] = [:]
    var keys: Int { kinds.values.reduce(0) { $0 + $1.keys } }
    var bytes: Int { kinds.values.reduce(0) { $0 + $1.bytes } }

    init(prefix: String) { self.prefix = Array(prefix.utf8) }

    /// The kinds in the order of their names, those with keys alone.
    var rows: [(name: String, kind: Kind)] {
        var seen: Set<String> = []
        let order = (Self.names.map(\.name) + [Self.unknown]).filter { seen.insert($0).inserted }
        return order.compactMap { name in kinds[name].map { (name, $0) } }
    }

    /// Counts a key; whether it is to be measured.
    mutating func count(_ key: [UInt8]) -> Bool {
        let name = name(of: key)
        kinds[name, default: Kind()].keys += 1
        let number = kinds[name]?.keys ?? 0
        return number <= Limits.whole || number % Limits.share == 0
    }

    mutating func measured(_ key: [UInt8], bytes: Int, at time: Int?) {
        let name = name(of: key)
        kinds[name]?.measured += 1
        kinds[name]?.measuredBytes &+= max(0, bytes)
        kinds[name]?.see(time)
    }

    mutating func saw(_ name: String, at times: [Int?]) {
        for time in times { kinds[name]?.see(time) }
    }

    func name(of key: [UInt8]) -> String {
        guard key.starts(with: prefix) else { return Self.unknown }
        let rest = key.dropFirst(prefix.count)
        let known = Self.names.first { entry in
            entry.mark.hasSuffix(":")
                ? rest.starts(with: entry.mark.utf8) : rest.elementsEqual(entry.mark.utf8)
        }
        return known?.name ?? Self.unknown
    }
}
