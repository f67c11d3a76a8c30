import Telemetry

/// What can go wrong with a request to the web.
package enum WebCode: String, FaultCode {
    /// The address must not be asked: see the address guard.
    case refused
    /// Nobody answered, or the connection broke.
    case communication
    /// No answer within the time that was given.
    case timeout
    /// More bytes came than may be kept, or more requests than may wait.
    case limit
    /// The request itself is no good.
    case invalid
    /// Whoever asked does not want to know any more.
    case cancelled
}
