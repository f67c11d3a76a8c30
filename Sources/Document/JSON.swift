public import Telemetry

/// Reading and writing JSON (RFC 8259): strict in what is read, deterministic in what is written.
public enum JSON {
    /// Reads one value and nothing after it. `source` names the text in faults: a file, a request
    /// body.
    public static func parse(
        _ bytes: [UInt8], limits: Limits = .message, source: String? = nil
    ) throws(Fault) -> Value {
        try parse(bytes.span, limits: limits, source: source)
    }

    public static func parse(
        _ text: String, limits: Limits = .message, source: String? = nil
    ) throws(Fault) -> Value {
        try parse(text.utf8.span, limits: limits, source: source)
    }

    public static func parse(
        _ bytes: Span<UInt8>, limits: Limits = .message, source: String? = nil
    ) throws(Fault) -> Value {
        var parser = JSONParser(bytes, limits, source)
        return try parser.document()
    }

    public static func parse(
        _ bytes: RawSpan, limits: Limits = .message, source: String? = nil
    ) throws(Fault) -> Value {
        // SAFETY: the pointer is read within the closure and does not leave it; any byte is a
        // UInt8.
        let outcome = unsafe bytes.withUnsafeBytes { raw -> Result<Value, Fault> in
            let span = unsafe Span<UInt8>(_unsafeBytes: raw)
            return Result { () throws(Fault) in
                try parse(span, limits: limits, source: source)
            }
        }
        return try outcome.get()
    }

    /// The value as JSON. The same value gives the same bytes; members keep their order.
    public static func write(_ value: Value, pretty: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes, pretty: pretty)
        return bytes
    }

    public static func append(_ value: Value, to bytes: inout [UInt8], pretty: Bool = false) {
        var writer = JSONWriter(bytes: exchange(&bytes, with: []), style: pretty ? .pretty : .plain)
        writer.write(value)
        bytes = writer.bytes
    }

    public static func text(_ value: Value, pretty: Bool = false) -> String {
        String(decoding: write(value, pretty: pretty), as: UTF8.self)
    }

    /// The one form of a value: names sorted by their bytes, no blanks. Equal values give equal
    /// bytes.
    public static func canonical(_ value: Value) -> [UInt8] {
        var writer = JSONWriter(bytes: [], style: .canonical)
        writer.write(value)
        return writer.bytes
    }

    /// Reads a value of a Swift type. Unknown members are ignored, nothing is converted.
    public static func decode<T: Decodable>(
        _ type: T.Type = T.self, from bytes: [UInt8], limits: Limits = .message,
        source: String? = nil
    ) throws(Fault) -> T {
        try DocumentDecoder().decode(type, from: parse(bytes, limits: limits, source: source))
    }

    public static func encode(_ value: some Encodable) throws(Fault) -> [UInt8] {
        write(try DocumentEncoder().encode(value))
    }
}
