import Document
import Telemetry

/// Runs something that must fail and gives its fault: the code and the sentence.
func fault(_ body: () throws -> Void) -> Fault? {
    do {
        try body()
        return nil
    } catch {
        return error as? Fault
    }
}

/// The fault of a text of JSON, nil if it is accepted.
func faultOfJSON(_ bytes: [UInt8], limits: Limits = .message) -> Fault? {
    fault { _ = try JSON.parse(bytes, limits: limits) }
}

func faultOfJSON(_ text: String) -> Fault? {
    faultOfJSON(Array(text.utf8))
}
