package import Telemetry

/// A decoded look at an envelope where it lies: numbers are read, texts are only located.
///
/// The view cannot outlive the bytes it looks at, allocates nothing, and makes a `String` only when
/// asked for one.
package struct EnvelopeView: ~Copyable, ~Escapable {
    package let bytes: RawSpan
    package private(set) var typeNumber: UInt64 = 0
    package private(set) var timestamp: UInt64 = 0
    package private(set) var budget: UInt64 = 0
    package private(set) var step: UInt32 = 0
    package private(set) var attempt: UInt32 = 0
    package private(set) var effect = Effect.pure
    package private(set) var delivery = Delivery.durable
    package private(set) var sequence: UInt64 = 0
    package private(set) var running: UInt32 = 0
    package private(set) var credit: UInt32 = 0
    package private(set) var dispatch: UInt64 = 0
    package private(set) var priority: UInt32 = 0
    package private(set) var parts: UInt32 = 0
    package private(set) var depth: UInt32 = 0
    private var version: UInt64 = 0
    package private(set) var hasError = false
    private var headerCount = 0
    private var headerBytes = 0
    private var texts = TextPieces()

    /// Reads the whole envelope once.
    ///
    /// Throws `header` for anything that is not a protobuf message of at most 4096 bytes, `range`
    /// for a number beyond its field, `version` for another version of this contract.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) throws(Fault) {
        self.bytes = bytes
        guard bytes.byteCount <= WireLimits.envelope else {
            throw Fault(WireCode.header, "an envelope has at most \(WireLimits.envelope) bytes")
        }
        var reader = ProtobufReader(bytes)
        while !reader.atEnd {
            let (number, kind) = try reader.tag()
            switch kind {
            case .varint: try setNumber(number, reader.varint())
            case .bytes: try setPiece(number, reader.piece())
            default: try reader.skip(kind)
            }
        }
        guard version == UInt64(WireLimits.version) else {
            throw Fault(
                WireCode.version,
                "version \(version) of the wire was sent; \(WireLimits.version) is spoken here"
            )
        }
    }

    /// The type, unless it is a word this version does not know.
    package var type: MessageType? {
        UInt8(exactly: typeNumber).flatMap(MessageType.init(rawValue:))
    }

    package subscript(_ field: TextField) -> String {
        string(texts[field])
    }

    /// Whether the field has exactly these bytes; makes no `String`.
    package func has(_ field: TextField, _ value: StaticString) -> Bool {
        let piece = texts[field]
        guard piece.count == value.utf8CodeUnitCount else { return false }
        for index in 0..<Int(piece.count)
        where unsafe bytes.unsafeLoad(fromByteOffset: Int(piece.offset) + index, as: UInt8.self)
            != (unsafe value.utf8Start[index])
        {
            return false
        }
        return true
    }

    /// Whether the field has exactly the bytes of this text.
    package func equals(_ field: TextField, _ text: String) -> Bool {
        let span = span(field)
        guard span.byteCount == text.utf8.count else { return false }
        return unsafe span.withUnsafeBytes { unsafe $0.elementsEqual(text.utf8) }
    }

    /// The bytes of the field where they lie.
    @_lifetime(copy self)
    package func span(_ field: TextField) -> RawSpan {
        let piece = texts[field]
        return bytes.extracting(Int(piece.offset)..<Int(piece.offset) + Int(piece.count))
    }

    package func isEmpty(_ field: TextField) -> Bool { texts[field].count == 0 }

    /// The error of FAIL, NACK and ERROR; of one that occurs twice the later fields count, as
    /// protobuf has it.
    package func error() throws(Fault) -> WireError? {
        guard hasError else { return nil }
        var error = WireError(code: "", message: "")
        var reader = ProtobufReader(bytes)
        while let piece = try reader.nextPiece(21) {
            // An error that is appended has details of its own or none: they are about its code.
            error.details = ""
            try merge(piece, into: &error)
        }
        return error
    }

    private func merge(_ piece: Piece, into error: inout WireError) throws(Fault) {
        var reader = ProtobufReader(bytes, piece)
        while !reader.atEnd {
            let (number, kind) = try reader.tag()
            switch (number, kind) {
            case (1, .bytes): error.code = string(try reader.piece())
            case (2, .bytes): error.message = string(try reader.piece())
            case (3, .varint): error.retryable = try reader.varint() != 0
            case (4, .varint): error.retryAfter = try reader.varint()
            case (5, .bytes):
                let details = string(try reader.piece())
                error.details = details.utf8.count <= WireLimits.details ? details : ""
            default: try reader.skip(kind)
            }
        }
    }

    /// The headers; of a name that occurs twice the last value counts.
    package func headers() throws(Fault) -> [String: String] {
        var headers: [String: String] = [:]
        guard headerCount > 0 else { return headers }
        var reader = ProtobufReader(bytes)
        while let piece = try reader.nextPiece(18) {
            let (name, value) = try header(piece)
            headers[name] = value
        }
        return headers
    }

    private func header(_ piece: Piece) throws(Fault) -> (String, String) {
        var header = ("", "")
        var reader = ProtobufReader(bytes, piece)
        while !reader.atEnd {
            let (number, kind) = try reader.tag()
            switch (number, kind) {
            case (1, .bytes): header.0 = string(try reader.piece())
            case (2, .bytes): header.1 = string(try reader.piece())
            default: try reader.skip(kind)
            }
        }
        return header
    }

    /// Bytes that are no UTF-8 become U+FFFD; names are checked where they are used.
    private func string(_ piece: Piece) -> String {
        guard piece.count > 0 else { return "" }
        let start = Int(piece.offset)
        return unsafe bytes.extracting(start..<start + Int(piece.count)).withUnsafeBytes {
            unsafe String(decoding: $0, as: UTF8.self)
        }
    }

    @_lifetime(self: copy self)
    private mutating func setNumber(_ number: UInt64, _ value: UInt64) throws(Fault) {
        switch number {
        case 1: version = value
        case 2: typeNumber = value
        case 7: timestamp = value
        case 8: budget = value
        case 10: step = try narrow(value, "step")
        case 11: attempt = try narrow(value, "attempt")
        case 13: effect = try word(value, "effect")
        case 14: delivery = try word(value, "delivery")
        case 19: sequence = value
        case 20: running = try narrow(value, "running")
        case 22: credit = try narrow(value, "credit")
        case 23: dispatch = value
        case 24: priority = try narrow(value, "priority")
        case 25: parts = try narrow(value, "parts")
        case 27: depth = try narrow(value, "depth")
        default: break
        }
    }

    @_lifetime(self: copy self)
    private mutating func setPiece(_ number: UInt64, _ piece: Piece) throws(Fault) {
        switch number {
        case 18:
            headerCount += 1
            headerBytes += Int(piece.count)
            guard headerCount <= WireLimits.headers, headerBytes <= WireLimits.headerBytes else {
                throw Fault(
                    WireCode.header,
                    "a message has at most \(WireLimits.headers) headers in"
                        + " \(WireLimits.headerBytes) bytes")
            }
        case 21: hasError = true
        default:
            guard let field = UInt8(exactly: number).flatMap(TextField.init(rawValue:)) else {
                return
            }
            texts[field] = piece
        }
    }

    private func narrow(_ value: UInt64, _ name: StaticString) throws(Fault) -> UInt32 {
        guard let narrow = UInt32(exactly: value) else {
            throw Fault(WireCode.range, "\(name) is beyond 32 bits")
        }
        return narrow
    }

    private func word<Word: RawRepresentable<UInt8>>(
        _ value: UInt64, _ name: StaticString
    ) throws(Fault) -> Word {
        guard let raw = UInt8(exactly: value), let word = Word(rawValue: raw) else {
            throw Fault(WireCode.range, "\(name) \(value) is not known")
        }
        return word
    }
}

/// The text fields of an envelope; the raw value is the field's number in `proto/`.
package enum TextField: UInt8, Sendable, CaseIterable {
    case messageID = 3
    case correlationID, sender, receiver
    case requestID = 9
    case fence = 12
    case contentType = 15
    case traceparent, tracestate
    case tenant = 26

    /// The name in `proto/` and in the JSON form.
    package var name: String {
        switch self {
        case .messageID: "message_id"
        case .correlationID: "correlation_id"
        case .requestID: "request_id"
        case .contentType: "content_type"
        default: "\(self)"
        }
    }
}

/// One place per field number, inline: no allocation per message.
private struct TextPieces {
    private var pieces = InlineArray<27, Piece>(repeating: Piece())

    subscript(_ field: TextField) -> Piece {
        get { pieces[Int(field.rawValue)] }
        set { pieces[Int(field.rawValue)] = newValue }
    }
}
