package import Telemetry

/// The trace context as a field of an envelope, written without making it a text first.
extension TraceContext {
    /// Appends the field `traceparent` to an encoded envelope.
    package func append(toEnvelope bytes: inout [UInt8]) {
        var field = InlineArray<58, UInt8>(repeating: UInt8(ascii: "-"))
        field[0] = 0x82
        field[1] = 0x01
        field[2] = 55
        field[3] = UInt8(ascii: "0")
        field[4] = UInt8(ascii: "0")
        write(traceHigh, at: 6, &field)
        write(traceLow, at: 22, &field)
        write(span, at: 39, &field)
        field[56] = UInt8(ascii: "0")
        field[57] = isSampled ? UInt8(ascii: "1") : UInt8(ascii: "0")
        unsafe field.span.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    private func write(_ value: UInt64, at place: Int, _ field: inout InlineArray<58, UInt8>) {
        var rest = value
        for index in (place..<place + 16).reversed() {
            let digit = UInt8(truncatingIfNeeded: rest & 0xf)
            field[index] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            rest >>= 4
        }
    }
}

extension EnvelopeView {
    /// The trace context the message came with; nothing if it has none that is valid.
    package var trace: TraceContext? {
        isEmpty(.traceparent) ? nil : TraceContext(traceparent: self[.traceparent])
    }
}
