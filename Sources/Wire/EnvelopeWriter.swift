/// Appends envelope fields to a buffer; the buffer keeps its capacity from message to message.
///
/// In protobuf the last value of a scalar wins, so a message is passed on by copying its bytes as
/// they came and appending what changes.
package struct EnvelopeWriter: ~Copyable {
    package private(set) var bytes: [UInt8]

    package init(reusing buffer: consuming [UInt8] = []) {
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
    }

    /// The written bytes; the writer is used up.
    package consuming func finish() -> [UInt8] { bytes }

    package var count: Int { bytes.count }

    package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    /// Starts a message of this version.
    package mutating func begin(_ type: MessageType) {
        number(1, UInt64(WireLimits.version))
        self.type(type)
    }

    /// Starts with another message as it came; what is written after it replaces its fields.
    package mutating func forward(_ envelope: RawSpan) {
        unsafe envelope.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func forward(_ envelope: [UInt8]) { bytes.append(contentsOf: envelope) }

    /// Starts with what was written before.
    package mutating func forward(again range: Range<Int>) {
        let copy = Array(bytes[range])
        bytes.append(contentsOf: copy)
    }

    package mutating func type(_ type: MessageType) { number(2, UInt64(type.rawValue)) }
    package mutating func timestamp(_ milliseconds: UInt64) { number(7, milliseconds) }
    package mutating func budget(_ milliseconds: UInt64) { number(8, milliseconds) }
    package mutating func step(_ step: UInt32) { number(10, UInt64(step)) }
    package mutating func attempt(_ attempt: UInt32) { number(11, UInt64(attempt)) }
    package mutating func effect(_ effect: Effect) { number(13, UInt64(effect.rawValue)) }
    package mutating func delivery(_ delivery: Delivery) { number(14, UInt64(delivery.rawValue)) }
    package mutating func sequence(_ sequence: UInt64) { number(19, sequence) }
    package mutating func running(_ running: UInt32) { number(20, UInt64(running)) }
    package mutating func credit(_ credit: UInt32) { number(22, UInt64(credit)) }
    package mutating func dispatch(_ dispatch: UInt64) { number(23, dispatch) }
    package mutating func priority(_ priority: UInt32) { number(24, UInt64(priority)) }
    package mutating func parts(_ parts: UInt32) { number(25, UInt64(parts)) }
    package mutating func depth(_ depth: UInt32) { number(27, UInt64(depth)) }

    package mutating func text(_ field: TextField, _ value: String) {
        piece(UInt64(field.rawValue), value)
    }

    /// Copies a text of another envelope, byte for byte: the `message_id` it asks with is the
    /// `correlation_id` it is answered with.
    package mutating func text(
        _ field: TextField, _ source: TextField, of view: borrowing EnvelopeView
    ) {
        let span = view.span(source)
        varint(UInt64(field.rawValue) << 3 | 2)
        varint(UInt64(span.byteCount))
        unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Writes `agent#instance` without making it a `String` first.
    package mutating func text(_ field: TextField, agent: String, instance: String) {
        varint(UInt64(field.rawValue) << 3 | 2)
        varint(UInt64(agent.utf8.count + 1 + instance.utf8.count))
        bytes.append(contentsOf: agent.utf8)
        bytes.append(UInt8(ascii: "#"))
        bytes.append(contentsOf: instance.utf8)
    }

    package mutating func header(_ name: String, _ value: String) {
        nested(18) { writer in
            writer.piece(1, name)
            writer.piece(2, value)
        }
    }

    /// Every field is written, zeros too, so that an error that is appended replaces the one it
    /// follows.
    package mutating func error(_ error: WireError) {
        nested(21) { writer in
            writer.piece(1, error.code)
            writer.piece(2, error.message)
            writer.number(3, error.retryable ? 1 : 0)
            writer.number(4, error.retryAfter)
            if !error.details.isEmpty { writer.piece(5, error.details) }
        }
    }

    private mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    private mutating func piece(_ field: UInt64, _ value: String) {
        varint(field << 3 | 2)
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Writes a message within the message. Its length, which goes before it, is known only
    /// afterwards: one byte is kept for it, and what is longer moves up.
    private mutating func nested(_ field: UInt64, _ body: (inout EnvelopeWriter) -> Void) {
        varint(field << 3 | 2)
        let place = bytes.count
        bytes.append(0)
        body(&self)
        var rest = bytes.count - place - 1
        var index = place
        while rest >= 0x80 {
            bytes.insert(UInt8(truncatingIfNeeded: rest) | 0x80, at: index)
            rest >>= 7
            index += 1
        }
        bytes[index] = UInt8(rest)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
