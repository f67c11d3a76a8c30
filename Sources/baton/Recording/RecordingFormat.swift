import Wire

/// The bytes of a recording: `proto/tap.md` describes them for programs in other languages.
///
/// Pure. Numbers are big endian; no length of a file is trusted before it was compared with what
/// is there.
enum RecordingFormat {
    /// The first line of a file, for people who look into it and for programs that must not guess.
    static let magic = Array("baton-recording 1\n".utf8)
    /// The last bytes of a file that was closed; before them stands where its index begins.
    static let ending = Array("baton-index\n".utf8)
    static let trailerLength = 8 + 4 + 12
    static let headLength = 12
    /// No event is longer: an envelope, a content's beginning, names and the mark.
    static let longestRecord = 128 << 10
    static let longestIndex = 256 << 20

    enum Kind: UInt32 {
        case event = 0x1e42_5445
        case note = 0x1e42_544e
        case index = 0x1e42_5449
    }

    /// What stands before the bytes of a record.
    struct Head {
        let kind: Kind
        let length: Int
        let checksum: UInt32
    }

    static func head(_ bytes: ArraySlice<UInt8>) -> Head? {
        var reader = ByteReader(bytes)
        guard let kind = reader.number(4).flatMap({ Kind(rawValue: UInt32($0)) }),
            let length = reader.number(4), let checksum = reader.number(4),
            length <= UInt64(kind == .index ? longestIndex : longestRecord)
        else { return nil }
        return Head(kind: kind, length: Int(length), checksum: UInt32(checksum))
    }

    static func append(_ kind: Kind, _ body: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(number: UInt64(kind.rawValue), 4)
        bytes.append(number: UInt64(body.count), 4)
        bytes.append(number: UInt64(Checksum.of(body)), 4)
        bytes.append(contentsOf: body)
    }

    // MARK: - Events

    /// Writes the event's record into a buffer that is used again.
    static func write(_ event: TapEvent, from orchestrator: String, to body: inout [UInt8]) {
        body.removeAll(keepingCapacity: true)
        body.append(text: orchestrator)
        body.append(text: event.topic)
        body.append(contentsOf: event.mark.bytes)
        body.append(number: UInt64(event.envelope.count), 4)
        body.append(contentsOf: event.envelope)
        body.append(contentsOf: event.content)
    }

    static func event(_ body: ArraySlice<UInt8>) -> RecordedEvent? {
        var reader = ByteReader(body)
        guard let orchestrator = reader.text(), let topic = reader.text(),
            let mark = reader.bytes(TapMark.count).flatMap({ TapMark(Array($0)) }),
            let length = reader.number(4), let envelope = reader.bytes(Int(length))
        else { return nil }
        let event = TapEvent(
            topic: topic, mark: mark, envelope: Array(envelope), content: Array(reader.rest))
        return RecordedEvent(orchestrator: orchestrator, event: event)
    }

    // MARK: - The end

    static func trailer(indexAt offset: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(number: offset, 8)
        bytes.append(number: UInt64(Checksum.of(bytes)), 4)
        return bytes + ending
    }

    static func indexOffset(_ trailer: [UInt8]) -> UInt64? {
        guard trailer.count == trailerLength, trailer.suffix(ending.count).elementsEqual(ending)
        else { return nil }
        var reader = ByteReader(trailer[...])
        let offset = reader.number(8)
        guard reader.number(4) == UInt64(Checksum.of(trailer.prefix(8))) else { return nil }
        return offset
    }
}

/// One event of a recording, and whose it is.
struct RecordedEvent: Sendable, Hashable {
    let orchestrator: String
    let event: TapEvent
}

extension [UInt8] {
    mutating func append(number: UInt64, _ size: Int) {
        for index in (0..<size).reversed() {
            append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))))
        }
    }

    /// A text and, before it, its length; what is longer than 65,535 bytes is cut.
    mutating func append(text: String) {
        let bytes = text.utf8.prefix(Int(UInt16.max))
        append(number: UInt64(bytes.count), 2)
        append(contentsOf: bytes)
    }
}

/// Reads numbers and texts one after the other, and answers nil where there are no more.
struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func number(_ size: Int) -> UInt64? {
        bytes(size).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func text() -> String? {
        number(2).flatMap { bytes(Int($0)) }.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension RecordedEvent {
    /// The request it belongs to, if it says so.
    var request: String {
        let bytes = event.envelope
        guard let view = try? unsafe EnvelopeView(bytes.span.bytes) else { return "" }
        return view[.requestID]
    }
}
