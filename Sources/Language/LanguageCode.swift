import Telemetry

/// The fault codes of this module.
package enum LanguageCode: String, FaultCode {
    /// A file of agents, rules or questions that says something it may not say.
    case invalid = "language_invalid"
    /// What a model answered cannot be used.
    case badOutput = "bad_output"
}
