package import Telemetry

/// The trace context as a field of an envelope, written without making it a text first.
extension TraceContext {
    /// Appends the field `traceparent` to an encoded envelope.
    package func append(toEnvelope bytes: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 58, alignment: 8) { field in
            unsafe field.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "-"))
            for index in Self.beginning.indices { unsafe field[index] = Self.beginning[index] }
            unsafe field.write(traceHigh, at: 6)
            unsafe field.write(traceLow, at: 22)
            unsafe field.write(span, at: 39)
            unsafe field[56] = UInt8(ascii: "0")
            unsafe field[57] = isSampled ? UInt8(ascii: "1") : UInt8(ascii: "0")
            unsafe bytes.append(contentsOf: field)
        }
    }

    /// The field's tag, its length, and the version of the format.
    private static var beginning: InlineArray<5, UInt8> { [0x82, 0x01, 55, 0x30, 0x30] }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number as 16 hexadecimal digits.
    fileprivate func write(_ value: UInt64, at place: Int) {
        unsafe storeBytes(of: digits(value >> 32).bigEndian, toByteOffset: place, as: UInt64.self)
        unsafe storeBytes(
            of: digits(value & 0xffff_ffff).bigEndian, toByteOffset: place + 8, as: UInt64.self)
    }

    /// The digits of 32 bits, all eight at once: each half of a byte moves to a byte of its own,
    /// and those above 9 go on at the letters.
    private func digits(_ value: UInt64) -> UInt64 {
        var spread = (value | value << 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
        spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}

extension EnvelopeView {
    /// The trace context the message came with; nothing if it has none that is valid.
    package var trace: TraceContext? {
        guard !isEmpty(.traceparent) else { return nil }
        return unsafe span(.traceparent).withUnsafeBytes { unsafe TraceContext(bytes: $0) }
    }
}
