import Telemetry

/// Goes through the records of a recording one by one. What is damaged is told with its place and
/// left out; what follows it is found again by the mark every record begins with.
struct RecordingScanner {
    /// A record that is sound.
    struct Found {
        let kind: RecordingFormat.Kind
        let body: ArraySlice<UInt8>
        let offset: Int
        let end: Int
    }

    private let source: any RecordingSource
    private let end: Int
    private(set) var offset: Int
    /// Stretches of bytes that are no records.
    private(set) var damage: [Range<Int>] = []
    /// Whether the last of them reaches to the end: the file was cut there.
    private(set) var isTorn = false
    private static let mostDamage = 100
    /// What looks like a record and is none costs a checksum; a file made of such is given up.
    private static let mostAttempts = 2_000

    init(_ source: any RecordingSource, from offset: Int, to end: Int) {
        self.source = source
        self.offset = offset
        self.end = min(end, source.size)
    }

    /// The next event or note; nothing at the end, where an index begins too.
    mutating func next() throws(Fault) -> Found? {
        guard offset < end else { return nil }
        if let found = try Self.record(source, at: offset, below: end) {
            offset = found.end
            return found.kind == .index ? finish() : found
        }
        let start = offset
        guard let found = try resume() else {
            // A beginning of an index is no loss: it is made again.
            if try head(at: start)?.kind != .index { note(start..<end, isTorn: true) }
            return finish()
        }
        note(start..<found.offset, isTorn: false)
        offset = found.end
        return found
    }

    /// The record at a place, if it is there in one piece.
    static func record(
        _ source: any RecordingSource, at offset: Int, below end: Int
    ) throws(Fault) -> Found? {
        let length = RecordingFormat.headLength
        guard offset >= 0, end - offset >= length,
            let head = RecordingFormat.head(try source.read(length, at: offset)),
            head.length <= end - offset - length
        else { return nil }
        let body = try source.read(head.length, at: offset + length)
        guard body.count == head.length, Checksum.of(body) == head.checksum else { return nil }
        return Found(
            kind: head.kind, body: body, offset: offset, end: offset + length + head.length)
    }

    // MARK: - Steps

    private func head(at offset: Int) throws(Fault) -> RecordingFormat.Head? {
        RecordingFormat.head(try source.read(RecordingFormat.headLength, at: offset))
    }

    private mutating func finish() -> Found? {
        offset = end
        return nil
    }

    private mutating func note(_ range: Range<Int>, isTorn: Bool) {
        self.isTorn = isTorn
        if damage.count < Self.mostDamage { damage.append(range) }
    }

    /// Looks for the next sound event or note, from the byte after this one.
    private func resume() throws(Fault) -> Found? {
        let window = 64 << 10
        var attempts = 0
        var place = offset + 1
        while place < end {
            let bytes = try source.read(min(window, end - place), at: place)
            let candidates = bytes.indices.filter { bytes[$0] == 0x1e }
                .map { place + $0 - bytes.startIndex }
            for candidate in candidates {
                guard let head = try head(at: candidate), head.kind != .index else { continue }
                if let found = try Self.record(source, at: candidate, below: end) { return found }
                attempts += 1
                guard attempts < Self.mostAttempts else { return nil }
            }
            guard !bytes.isEmpty else { return nil }
            place += bytes.count
        }
        return nil
    }
}
