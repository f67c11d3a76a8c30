import Telemetry

/// What can be wrong with a workflow: with its file when it is read, or with an expression when it
/// is evaluated.
package enum FlowCode: String, FaultCode {
    /// The file breaks the language: a missing or unknown property, a value of the wrong kind.
    case invalid
    /// A part of the language that is left out on purpose: containers, scripts, grpc, asyncapi.
    case configuration
    /// An expression that cannot be compiled, or whose evaluation failed.
    case expression
    /// An expression that needs more fuel or memory than it may have.
    case limit
}
