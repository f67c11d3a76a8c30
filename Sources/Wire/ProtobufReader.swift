import Telemetry

/// Walks the fields of a protobuf message without allocating and without trusting a single length.
///
/// It knows the wire format only; what a field number means is its caller's matter. Truncated
/// input, lengths beyond the end and varints of more than ten bytes are faults, never traps.
struct ProtobufReader: ~Copyable, ~Escapable {
    private let bytes: RawSpan
    private(set) var offset: Int
    private let end: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
        offset = 0
        end = bytes.byteCount
    }

    /// A reader of the message nested at this place, which another reader of the same bytes has
    /// found.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ piece: Piece) {
        self.bytes = bytes
        offset = Int(piece.offset)
        end = offset + Int(piece.count)
    }

    var atEnd: Bool { offset >= end }

    /// The next field's number and wire type.
    @_lifetime(self: copy self)
    mutating func tag() throws(Fault) -> (number: UInt64, kind: WireKind) {
        let tag = try varint()
        guard let kind = WireKind(rawValue: UInt8(truncatingIfNeeded: tag & 7)), tag >> 3 != 0,
            tag <= UInt64(UInt32.max)
        else { throw malformed("a field has an impossible tag") }
        return (tag >> 3, kind)
    }

    /// Goes on to the next length-delimited field with this number; `nil` at the end.
    @_lifetime(self: copy self)
    mutating func nextPiece(_ wanted: UInt64) throws(Fault) -> Piece? {
        while !atEnd {
            let (number, kind) = try tag()
            if number == wanted, kind == .bytes { return try piece() }
            try skip(kind)
        }
        return nil
    }

    @_lifetime(self: copy self)
    mutating func varint() throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { break }
        }
        throw malformed("a number is cut off or too long")
    }

    /// The place of a length-delimited field; its bytes are skipped.
    @_lifetime(self: copy self)
    mutating func piece() throws(Fault) -> Piece {
        let count = try varint()
        guard count <= UInt64(end - offset) else {
            throw malformed("a field is longer than its message")
        }
        let start = offset
        offset += Int(count)
        return Piece(
            offset: UInt16(truncatingIfNeeded: start), count: UInt16(truncatingIfNeeded: count))
    }

    @_lifetime(self: copy self)
    mutating func skip(_ kind: WireKind) throws(Fault) {
        switch kind {
        case .varint: _ = try varint()
        case .bytes: _ = try piece()
        case .fixed64: try advance(8)
        case .fixed32: try advance(4)
        }
    }

    @_lifetime(self: copy self)
    private mutating func advance(_ count: Int) throws(Fault) {
        guard count <= end - offset else { throw malformed("a number is cut off") }
        offset += count
    }

    private func malformed(_ reason: String) -> Fault {
        Fault(WireCode.header, "the envelope is not a protobuf message: \(reason)")
    }
}

/// The wire types in use; groups are long gone from protobuf and are refused.
enum WireKind: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
}

/// Where a text lies within an envelope: an envelope has at most 4096 bytes, so 16 bits are enough.
struct Piece {
    var offset: UInt16 = 0
    var count: UInt16 = 0
}
