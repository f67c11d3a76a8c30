public import Telemetry

/// An error as it travels: a stable code, a sentence, and whether and when to try again.
public struct WireError: Sendable, Hashable {
    public var code: String
    public var message: String
    public var retryable: Bool
    /// Milliseconds before another try makes sense.
    public var retryAfter: UInt64
    /// JSON for programs, such as a problem of RFC 7807; empty where there is none.
    public var details: String

    public init(
        code: String, message: String, retryable: Bool = false, retryAfter: UInt64 = 0,
        details: String = ""
    ) {
        self.details = details.utf8.count <= WireLimits.details ? details : ""
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retryAfter = retryAfter
    }

    package init(_ fault: Fault) {
        let retryAfter: UInt64
        switch fault.retry {
        case .never, .now: retryAfter = 0
        case .after(let delay): retryAfter = delay.milliseconds
        }
        self.init(
            code: fault.code.rawValue, message: fault.message, retryable: fault.retry != .never,
            retryAfter: retryAfter, details: fault.details)
    }
}

/// A code this process has no word for: another module's, another version's or an agent's own.
public struct ForeignCode: FaultCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

extension WireError {
    package var fault: Fault {
        let known = WireCode(rawValue: code).map { $0 as any FaultCode }
        let retry: Retry =
            !retryable
            ? .never : retryAfter == 0 ? .now : .after(.milliseconds(Int64(clamping: retryAfter)))
        return Fault(
            known ?? ForeignCode(rawValue: code), message, retry: retry, details: details)
    }
}
