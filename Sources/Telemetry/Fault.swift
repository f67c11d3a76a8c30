/// The one error type of the project: a stable code, a sentence for people, and what may be done
/// about it.
///
/// A module declares its codes as a plain `enum … : String, FaultCode`. Only the code travels on
/// the wire; the message says what to do, the place names the file, key or peer it is about.
public struct Fault: Error, Sendable, CustomStringConvertible {
    public let code: any FaultCode
    public let message: String
    public let place: String?
    public let retry: Retry
    public let cause: (any Error)?
    /// JSON for programs, such as a problem of RFC 7807; empty where there is none.
    public let details: String

    public init(
        _ code: any FaultCode, _ message: String, at place: String? = nil,
        retry: Retry = .never, cause: (any Error)? = nil, details: String = ""
    ) {
        self.details = details
        self.code = code
        self.message = message
        self.place = place
        self.retry = retry
        self.cause = cause
    }

    /// Whether this fault carries the given code of the given module.
    public func has<Code: FaultCode>(_ code: Code) -> Bool {
        self.code as? Code == code
    }

    public var description: String {
        var text = place.map { "\($0): \(message)" } ?? message
        if let cause { text += " (\(cause))" }
        return text
    }
}

/// The codes of one module. The raw value is the stable word that travels on the wire.
public protocol FaultCode: RawRepresentable<String>, Hashable, Sendable {}

/// Whether the same thing may be tried again, and when.
public enum Retry: Sendable, Hashable {
    case never
    case now
    case after(Duration)
}
