/// What an error reply of Redis means for what was asked. In all of these cases but one nothing of
/// the script has run.
enum RedisTrouble: Equatable {
    /// It refuses for now: full, read-only, starting, busy. It may do it later.
    case later
    /// A password or a right is missing.
    case forbidden
    /// The script itself failed, or does not like what it was given.
    case broken
    /// It ran, and no replica is known to have it: it may be lost with the master.
    case unconfirmed

    init(_ error: String) {
        switch error.prefix(while: { $0 != " " }) {
        case "OOM", "MISCONF", "NOREPLICAS", "READONLY", "LOADING", "MASTERDOWN", "BUSY",
            "UNKILLABLE", "TRYAGAIN", "CLUSTERDOWN", "NOSCRIPT":
            self = .later
        case ReplicatedCaller.unconfirmed[...]: self = .unconfirmed
        case "NOAUTH", "WRONGPASS", "NOPERM": self = .forbidden
        default: self = error.hasPrefix("ERR max number of clients") ? .later : .broken
        }
    }
}
