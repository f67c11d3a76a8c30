import Testing
import Wire

/// Every field of the envelope under its name in `proto/`, with a value that needs all of its
/// width.
struct Field: Sendable, CustomTestStringConvertible {
    let name: String
    let set: @Sendable (inout Envelope) -> Void

    init(_ name: String, _ set: @escaping @Sendable (inout Envelope) -> Void) {
        self.name = name
        self.set = set
    }

    var testDescription: String { name }

    static let all: [Field] =
        TextField.allCases.map { field in
            Field(field.name) { $0[field] = "\(field.name) äöü \u{0}" }
        } + [
            Field("timestamp") { $0.timestamp = .max },
            Field("budget_ms") { $0.budget = 1 << 63 },
            Field("step") { $0.step = .max },
            Field("attempt") { $0.attempt = 1 << 31 },
            Field("effect") { $0.effect = .unsafe },
            Field("delivery") { $0.delivery = .volatile },
            Field("headers") { $0.headers = ["pipeline": "a,b", "": "no name", "empty": ""] },
            Field("sequence") { $0.sequence = .max },
            Field("running") { $0.running = 128 },
            Field("error") {
                $0.error = WireError(
                    code: "failed", message: String(repeating: "it broke ", count: 40),
                    retryable: true, retryAfter: .max, details: #"{"status": 404}"#)
            },
            Field("credit") { $0.credit = 127 },
            Field("dispatch") { $0.dispatch = .max },
            Field("priority") { $0.priority = 9 },
            Field("parts") { $0.parts = 16 },
            Field("depth") { $0.depth = .max },
        ]
}
