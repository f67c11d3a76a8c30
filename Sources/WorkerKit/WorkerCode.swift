public import Telemetry

/// Why a worker cannot start or must end.
public enum WorkerCode: String, FaultCode {
    /// No bus address is known.
    case noBus = "no_bus"
    /// The configuration cannot be used as it stands.
    case configuration
    /// A handler did not stop when it was told to.
    case watchdog
}
