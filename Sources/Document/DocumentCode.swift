public import Telemetry

/// The codes of every fault this module reports. The message beside a code says what to do.
public enum DocumentCode: String, FaultCode {
    /// The text breaks the grammar of its language.
    case syntax
    /// The bytes are not UTF-8, or they name characters that do not exist.
    case encoding
    /// A bound of `Limits` is exceeded.
    case limit
    /// A key occurs twice in one object.
    case duplicate
    /// A value has another type than the reader asks for.
    case type
    /// A required field is absent.
    case missing
    /// A value has the right type and lies outside its bounds.
    case range
    /// A key nobody knows, most often misspelt.
    case unknown
    /// A legal construct that is left out on purpose: tags, several documents in one file.
    case unsupported
    /// A file or a secret cannot be read as asked.
    case unreadable
    /// A secret lies open to other users.
    case exposed
}
