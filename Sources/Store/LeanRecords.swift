/// The records of requests that this instance accepted, as they stand in Redis: what they become
/// can be written without asking for them. One that is not here is asked for.
struct LeanRecords {
    /// What is more is asked for.
    private static let most = 1 << 18

    private var records: [RecordKey: LeanRecord] = [:]
    private var owner = ""

    subscript(key: RecordKey) -> LeanRecord? { records[key] }

    /// Those of an earlier lease are somebody else's.
    mutating func belong(to me: String) {
        guard owner != me else { return }
        records = [:]
        owner = me
    }

    mutating func keep(_ record: LeanRecord, of key: RecordKey, for me: String) {
        guard me == owner, records.count < Self.most else { return }
        records[key] = record
    }

    mutating func forget(_ key: RecordKey) { records[key] = nil }
}
