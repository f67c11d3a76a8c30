import Telemetry

/// What can be wrong with a store.
package enum StoreCode: String, FaultCode {
    /// It cannot be reached, or has not answered in time: what was asked may have been done.
    case unreachable
    /// It answers, and refuses for now: starting, full, read-only.
    case refused
    /// A password or a right is missing.
    case forbidden
    /// It is set up in a way that could lose requests.
    case unsafe
    /// Its data is not what this instance left there.
    case wiped
    /// An answer that makes no sense.
    case corrupt
    case address
}
