import Wire

/// The bytes of an outbox's file: results and acknowledgements one after the other, each with its
/// length and a checksum.
///
/// Pure. Reading stops at the first record that is cut off or damaged: what a crash left half
/// written is no record.
enum OutboxRecords {
    enum Record {
        case result(tenant: String, envelope: [UInt8], content: [UInt8])
        case acknowledged(ResultOutbox.Key)
    }

    /// What was read, and how many bytes of the file are good.
    struct Reading {
        var records: [Record] = []
        var length = 0
    }

    private static let headLength = 8
    /// No record is longer: an envelope, a content and their lengths.
    private static let longest = WireLimits.content + WireLimits.envelope + 1024

    static func encode(_ record: Record) -> [UInt8] {
        var body: [UInt8] = []
        switch record {
        case .result(let tenant, let envelope, let content):
            body.append(1)
            append(UInt32(tenant.utf8.count), to: &body)
            append(UInt32(envelope.count), to: &body)
            body += Array(tenant.utf8) + envelope + content
        case .acknowledged(let key):
            body.append(2)
            var envelope = Envelope(.resultAck)
            envelope.requestID = key.request
            envelope.step = key.step
            envelope.attempt = key.attempt
            envelope.tenant = key.tenant
            body += envelope.encoded()
        }
        var bytes: [UInt8] = []
        append(UInt32(body.count), to: &bytes)
        append(checksum(body[...]), to: &bytes)
        return bytes + body
    }

    static func decode(_ bytes: [UInt8]) -> Reading {
        var reading = Reading()
        while let (record, end) = next(bytes, from: reading.length) {
            reading.records.append(record)
            reading.length = end
        }
        return reading
    }

    /// The results that no acknowledgement follows, in their order.
    static func open(_ records: [Record]) -> [(ResultOutbox.Key, Record)] {
        var results: [(ResultOutbox.Key, Record)] = []
        for record in records {
            switch record {
            case .result(let tenant, let envelope, _):
                guard let envelope = try? Envelope(decoding: envelope) else { continue }
                let key = ResultOutbox.Key(envelope, tenant: tenant)
                results.removeAll { $0.0 == key }
                results.append((key, record))
            case .acknowledged(let key): results.removeAll { $0.0.isMeant(by: key) }
            }
        }
        return results
    }

    private static func next(_ bytes: [UInt8], from start: Int) -> (Record, end: Int)? {
        guard let length = number(bytes, at: start), let sum = number(bytes, at: start + 4),
            length <= UInt32(longest)
        else { return nil }
        let (begin, end) = (start + headLength, start + headLength + Int(length))
        guard end <= bytes.count, checksum(bytes[begin..<end]) == sum,
            let record = record(Array(bytes[begin..<end]))
        else { return nil }
        return (record, end)
    }

    private static func record(_ body: [UInt8]) -> Record? {
        switch body.first {
        case 1:
            guard let tenant = number(body, at: 1), let envelope = number(body, at: 5),
                Int(tenant) + Int(envelope) <= body.count - 9
            else { return nil }
            let rest = body.dropFirst(9)
            return .result(
                tenant: String(decoding: rest.prefix(Int(tenant)), as: UTF8.self),
                envelope: Array(rest.dropFirst(Int(tenant)).prefix(Int(envelope))),
                content: Array(rest.dropFirst(Int(tenant) + Int(envelope))))
        case 2:
            let envelope = try? Envelope(decoding: Array(body.dropFirst()))
            return envelope.map { .acknowledged(ResultOutbox.Key($0, tenant: $0.tenant)) }
        default: return nil
        }
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func number(_ bytes: [UInt8], at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        return bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    /// CRC-32 as in Ethernet and zip.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes { sum = sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return ~sum
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
}

extension ResultOutbox.Key {
    fileprivate init(_ envelope: Envelope, tenant: String) {
        self.init(
            tenant: tenant, request: envelope.requestID, step: envelope.step,
            attempt: envelope.attempt)
    }

    /// Older files do not name the tenant of what was acknowledged.
    fileprivate func isMeant(by other: Self) -> Bool {
        other.request == request && other.step == step && other.attempt == attempt
            && (other.tenant == tenant || other.tenant.isEmpty)
    }
}
