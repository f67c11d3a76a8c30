import TestKit

/// The packed form of `accept` and `finish`, for whoever remembers the records of what it accepted.
extension ScriptBench {
    /// The arguments of an acceptance in the packed form, and the record of each request.
    func packed(
        _ me: String, _ now: Int, _ requests: [Request]
    ) -> (words: [[UInt8]], records: [[UInt8]])? {
        let keys = Set(requests.map(\.key))
        guard keys.count == requests.count,
            requests.allSatisfy({ !$0.waits && $0.body.utf8.count == 22 })
        else { return nil }
        let records: [[UInt8]] = requests.map { (request: Request) -> [UInt8] in
            let texts: [String] = [me, request.tenant, request.id, request.agent]
            let lengths: [UInt8] = texts.map { UInt8($0.utf8.count) }
            var record = Array("1R\(request.body)".utf8)
            record += Self.big(now, 6)
            record += Self.big(Int(request.deadline) ?? 0, 6)
            record += [UInt8](repeating: 0, count: 12)
            record.append(UInt8(request.priority))
            record += lengths
            record += [0, 0]
            record += Array((me + request.tenant + request.id + request.agent).utf8)
            return record
        }
        var words = Self.texts("lean", requests.count) + Self.counts(requests.map(\.tenant))
        words += requests.map { Array($0.key.utf8) }
        for (request, record) in zip(requests, records) {
            words += Self.texts("baton:r:\(request.key)") + [record]
            words += Self.texts("baton:i:\(request.key)") + [request.input]
        }
        return (words, records)
    }

    /// The arguments of an ending in the packed form; nothing where it has none.
    func packed(_ me: String, _ now: Int, _ ending: Ending) -> [[UInt8]]? {
        guard let known = records[ending.key], known.owner == me, !ending.isDead,
            ending.output.count <= 4096
        else { return nil }
        let record: [UInt8] = known.record
        let owner = Int(record[49])
        let tenant = String(
            decoding: record[(55 + owner)..<(55 + owner + Int(record[50]))], as: UTF8.self)
        var ended = Array("1\(ending.state)".utf8)
        ended += record[2..<36]
        ended += Self.big(now, 6)
        ended += Self.big(5, 4)
        ended += Self.big(Int(ending.attempt) ?? 0, 2)
        ended += record[48..<53]
        ended.append(UInt8(ending.instance.utf8.count))
        ended.append(UInt8(ending.code.utf8.count))
        ended += record[55...]
        ended += Array((ending.instance + ending.code).utf8)
        ended += ending.output
        var words = Self.texts("lean", 1, ending.size, 1, 1, tenant, 1)
        words += Self.texts("echo", 1, ending.code.isEmpty ? 0 : 1, 5, ending.key)
        words.append(record)
        words += Self.texts("\(ending.key) \(now) \(ending.size) -", "baton:r:\(ending.key)")
        words.append(ended)
        return words
    }

    private static func texts(_ values: any CustomStringConvertible...) -> [[UInt8]] {
        values.map { Array($0.description.utf8) }
    }

    private static func counts(_ tenants: [String]) -> [[UInt8]] {
        let counts = Dictionary(tenants.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.reduce(into: texts(counts.count)) { $0 += texts($1.key, $1.value) }
    }

    private static func big(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { (place: Int) -> UInt8 in
            UInt8(truncatingIfNeeded: number >> (8 * place))
        }
    }
}
