/// Where a message stands in a distributed trace: the W3C `traceparent` as a value.
///
/// Parsing is strict, because a half-understood context joins traces that have nothing to do with
/// each other: what the specification calls invalid gives nothing, and the caller starts a trace of
/// its own.
package struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    package let traceHigh: UInt64
    package let traceLow: UInt64
    package let span: UInt64
    package let isSampled: Bool

    /// A new trace of three random numbers; zero is no identifier.
    package init(_ high: UInt64, _ low: UInt64, span: UInt64, isSampled: Bool = false) {
        self.init(high: high, low: max(1, low), span: max(1, span), isSampled: isSampled)
    }

    /// Reads a header such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. A later
    /// version is read as far as this one goes, as the specification asks.
    package init?(traceparent text: String) {
        var text = text
        let context = text.withUTF8 { unsafe TraceContext(bytes: UnsafeRawBufferPointer($0)) }
        guard let context else { return nil }
        self = context
    }

    /// Reads the header where it lies.
    package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length,
            let version = unsafe bytes.hexadecimal(0, 2), version != 0xff,
            unsafe bytes.count == Self.length || (version > 0 && bytes[Self.length] == Self.dash),
            unsafe bytes[2] == Self.dash && bytes[35] == Self.dash && bytes[52] == Self.dash,
            let high = unsafe bytes.hexadecimal(3, 16), let low = unsafe bytes.hexadecimal(19, 16),
            let span = unsafe bytes.hexadecimal(36, 16),
            let flags = unsafe bytes.hexadecimal(53, 2), high | low != 0, span != 0
        else { return nil }
        self.init(high: high, low: low, span: span, isSampled: flags & 1 == 1)
    }

    private static var dash: UInt8 { UInt8(ascii: "-") }

    private init(high: UInt64, low: UInt64, span: UInt64, isSampled: Bool) {
        traceHigh = high
        traceLow = low
        self.span = span
        self.isSampled = isSampled
    }

    /// The context of one attempt at one step of this span's work. Whoever knows the three of them
    /// finds the same span: it need not be kept anywhere.
    ///
    /// Step 0 is the span's own request.
    package func child(step: UInt32, attempt: UInt32) -> TraceContext {
        let place = UInt64(step) << 32 | UInt64(attempt)
        let mixed = Self.mix(Self.mix(span ^ traceLow) &+ Self.mix(place))
        // The remainder that is no identifier is as good as any other number.
        let next = mixed == 0 ? 1 : mixed
        return TraceContext(high: traceHigh, low: traceLow, span: next, isSampled: isSampled)
    }

    /// The context of something that is called while this span's work is done, by its number.
    package func child(call: Int) -> TraceContext {
        child(step: .max, attempt: UInt32(truncatingIfNeeded: call))
    }

    /// One step of SplitMix64: neighbours end up far from each other.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The same, whose spans are wanted.
    package var sampled: TraceContext {
        TraceContext(high: traceHigh, low: traceLow, span: span, isSampled: true)
    }

    package var traceID: String { padded(traceHigh) + padded(traceLow) }

    /// The span alone, as 16 hexadecimal digits.
    package var spanID: String { padded(span) }

    package static func text(ofSpan span: UInt64) -> String { padded(span) }

    /// The header as it travels.
    package var description: String {
        "00-\(traceID)-\(padded(span))-\(isSampled ? "01" : "00")"
    }

    private static let length = 55

}

extension UnsafeRawBufferPointer {
    /// Reads at most 16 lower-case hexadecimal digits, the only ones the header may have.
    fileprivate func hexadecimal(_ start: Int, _ count: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<start + count {
            let digit = unsafe self[index]
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - 0x57)
            default: return nil
            }
        }
        return value
    }
}

private func padded(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
