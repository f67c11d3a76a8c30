public import Document
public import Telemetry
import Wire

/// Thrown by a handler to say exactly what its caller is told: a code to decide by, a sentence to
/// read, and whether the same call may be tried again.
public struct TaskFailure: Error, Sendable {
    /// A stable word of `[a-z0-9._-]`.
    public let code: String
    /// What went wrong and what to do about it.
    public let message: String
    /// Whether the same call may be tried again, and when.
    public let retry: Retry
    /// JSON for programs, at most 1024 bytes: a problem of RFC 7807, for workflows that catch it.
    public let details: Value?

    public init(
        code: String = "failed", message: String, retry: Retry = .never, details: Value? = nil
    ) {
        self.details = details
        self.code = code
        self.message = message
        self.retry = retry
    }

    /// Nobody knows whether a side effect happened, and it must not happen twice: the step rests
    /// until a person decides.
    public static func uncertain(_ message: String) -> TaskFailure {
        TaskFailure(code: WireCode.uncertain.rawValue, message: message)
    }
}

extension WireError {
    /// What a caller is told about an error that a handler has thrown.
    init(thrown error: any Error) {
        switch error {
        case let failure as TaskFailure:
            self.init(
                Fault(
                    ForeignCode(rawValue: failure.code), failure.message, retry: failure.retry))
            let details = failure.details.map { JSON.text($0) } ?? ""
            self.details = details.utf8.count <= WireLimits.details ? details : ""
        case let fault as Fault:
            self.init(
                Fault(fault.code, fault.description, retry: fault.retry, details: fault.details))
        case is CancellationError:
            self.init(code: WireCode.cancelled.rawValue, message: "the task was cancelled")
        default:
            self.init(code: WireCode.failed.rawValue, message: "\(error)")
        }
        code = String(code.prefix(64))
        message = String(message.prefix(1024))
    }
}
