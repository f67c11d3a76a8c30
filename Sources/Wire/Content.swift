/// The second frame of a message: bytes that are passed on without being looked at.
///
/// The bus hands out its own frames as contents, so that forwarding copies nothing; whatever else
/// has bytes uses `ContentBytes`.
package protocol Content: AnyObject, Sendable {
    var count: Int { get }
    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result
}

/// A content made of an array, for messages that begin in this process.
package final class ContentBytes: Content, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package static let empty = ContentBytes([])

    package var count: Int { bytes.count }

    package func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        let bytes = bytes
        let span = bytes.span
        return try unsafe body(span.bytes)
    }
}

extension Content {
    /// A copy of the bytes.
    package var array: [UInt8] {
        withBytes { span in
            unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
        }
    }
}
