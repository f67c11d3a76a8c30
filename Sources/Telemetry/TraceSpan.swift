/// A piece of work that has ended, as part of a trace: what it was, when, and whether it succeeded.
///
/// Names and attributes follow OpenTelemetry's conventions for generative AI. A span carries no
/// contents.
package struct TraceSpan: Sendable {
    package enum Kind: String, Sendable {
        case `internal`, server, client
    }

    package enum Status: String, Sendable {
        case unset, ok, error
    }

    /// The trace and the span itself.
    package var context: TraceContext
    package var parent: UInt64?
    package var name: String
    package var kind: Kind
    /// Nanoseconds since 1970.
    package var start: UInt64
    package var end: UInt64
    package var status: Status
    package var attributes: [(name: String, value: Log.Field)]

    package init(
        _ name: String, _ context: TraceContext, parent: UInt64? = nil, kind: Kind = .internal,
        start: UInt64, end: UInt64, status: Status = .unset,
        attributes: [(name: String, value: Log.Field)] = []
    ) {
        self.name = name
        self.context = context
        self.parent = parent
        self.kind = kind
        self.start = start
        self.end = end
        self.status = status
        self.attributes = attributes
    }
}
