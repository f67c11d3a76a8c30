import Document
package import Flow
package import Wire

/// Errors of the bus as workflows know them, and the other way round.
extension FlowError {
    /// What an agent failed with: its own problem where it says one, else what its code stands for.
    init(_ error: WireError, of agent: String) {
        if error.code == WireCode.problem.rawValue, let value = try? JSON.parse(error.details) {
            self.init(value)
            detail = detail ?? error.message
            return
        }
        let standard = FlowError.standard(for: error.code)
        self.init(standard, error.message)
        status = FlowError.status(for: error.code) ?? standard.status
        additions["code"] = .string(error.code)
        additions["agent"] = .string(agent)
        if error.retryable { additions["retryable"] = true }
    }

    private static func standard(for code: String) -> Standard {
        switch WireCode(rawValue: code) {
        case .deadline: .timeout
        case .invalid, .range, .tooLarge, .header: .validation
        case .forbidden: .authorization
        case .unavailable, .busy, .frozen, .quota: .communication
        default: .runtime
        }
    }

    private static func status(for code: String) -> Int? {
        switch WireCode(rawValue: code) {
        case .unavailable, .frozen: 503
        case .busy, .quota: 429
        case .tooLarge: 413
        case .cancelled: 499
        default: nil
        }
    }
}

extension WireError {
    /// A workflow's error: the problem itself stands in the details, cut to what has room there.
    package init(_ error: FlowError) {
        let reason = error.detail ?? error.title ?? "the workflow failed"
        let message = error.instance.map { "\($0): \(reason)" } ?? reason
        var details = JSON.text(error.value)
        if details.utf8.count > WireLimits.details {
            var shorter = error
            shorter.additions = [:]
            shorter.detail = error.detail.map { String($0.unicodeScalars.prefix(200)) }
            details = JSON.text(shorter.value)
        }
        self.init(code: WireCode.problem.rawValue, message: message, details: details)
    }
}
