public import Document
public import Telemetry
package import Wire

/// A content as it travels: bytes that nobody has looked at, passed on without being copied.
public struct RawContent: Sendable {
    package let content: any Content
    /// What the bytes are; empty means `application/json`.
    public let contentType: String

    package init(_ content: any Content, contentType: String = "") {
        self.content = content
        self.contentType = contentType
    }

    /// A content made of bytes.
    public init(_ bytes: [UInt8], contentType: String = "") {
        self.init(ContentBytes(bytes), contentType: contentType)
    }

    /// A content made of text, `text/plain` unless said otherwise.
    public init(_ text: String, contentType: String = "text/plain") {
        self.init(Array(text.utf8), contentType: contentType)
    }

    /// The JSON of a value.
    public init(json value: Value) { self.init(JSON.write(value)) }

    /// How many bytes it has.
    public var count: Int { content.count }

    /// A copy of the bytes.
    public var bytes: [UInt8] { content.array }

    /// The bytes as text; what is no UTF-8 becomes U+FFFD.
    public var text: String { String(decoding: content.array, as: UTF8.self) }

    /// Lends the bytes for the call, without a copy.
    public func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try content.withBytes(body)
    }

    /// Reads the content as JSON.
    public func value() throws(Fault) -> Value {
        try content.withBytes { bytes in
            Swift.Result { () throws(Fault) in try JSON.parse(bytes) }
        }.get()
    }

    /// Reads the content as JSON of a Swift type; faults carry the path of what is wrong.
    public func decode<Output: Decodable>(_ type: Output.Type = Output.self) throws(Fault) -> Output
    {
        let value = try value()
        if let value = value as? Output { return value }
        return try DocumentDecoder().decode(type, from: value)
    }
}
