import WorkerKit

/// What an agent fails with when it is well itself and what it was to do failed: a problem of RFC
/// 7807 that a workflow can catch. The workflow adds where in it that was.
struct Problem: Error {
    /// The kinds of the Open Workflow Specification.
    enum Kind: String {
        case configuration, validation, authentication, authorization, timeout, communication
        case runtime

        /// The status where nothing says it better.
        var status: Int {
            switch self {
            case .configuration, .validation: 400
            case .authentication: 401
            case .authorization: 403
            case .timeout: 408
            case .communication, .runtime: 500
            }
        }
    }

    private enum Limits {
        static let detail = 400
    }

    let kind: Kind
    let status: Int
    let title: String
    let detail: String

    init(_ kind: Kind, status: Int? = nil, _ title: String, _ detail: String) {
        self.kind = kind
        self.status = status ?? kind.status
        self.title = title
        self.detail = String(detail.prefix(Limits.detail))
    }

    /// As it travels.
    var failure: TaskFailure {
        let type = "https://open-workflow-specification.org/spec/1.0.0/errors/\(kind.rawValue)"
        func details(_ detail: String) -> Value {
            [
                "type": .string(type), "status": Value(status), "title": .string(title),
                "detail": .string(detail),
            ]
        }
        var short = details(detail)
        // Four bytes a character, and six where JSON has to escape it.
        if JSON.write(short).count > WireLimits.details { short = details("") }
        return TaskFailure(
            code: WireCode.problem.rawValue, message: "\(title): \(detail)", details: short)
    }

    /// Runs what may fail with a problem, and has it fail as it travels.
    static func travelling<Success>(_ body: () async throws -> Success) async throws -> Success {
        do {
            return try await body()
        } catch let problem as Problem {
            throw problem.failure
        }
    }
}
