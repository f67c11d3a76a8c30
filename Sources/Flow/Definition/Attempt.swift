package import Document

/// Tasks that are tried, and what happens to an error they end with.
package struct Attempt: Sendable {
    package var tasks: TaskList
    package var rule: CatchRule
}

/// Which errors are caught, and what is done about them.
package struct CatchRule: Sendable {
    package var filter: [String: Value]
    package var variable: String
    package var when: Expression?
    package var exceptWhen: Expression?
    package var retry: RetryRule?
    package var tasks: TaskList?
    package var then: FlowDirective?
}

/// When and how often what failed is tried again.
package struct RetryRule: Sendable {
    package var when: Expression?
    package var exceptWhen: Expression?
    package var delay: DurationTemplate?
    package var backoff: Backoff
    package var jitter: Jitter?
    package var attempts: Int?
    package var attemptDuration: DurationTemplate?
    package var duration: DurationTemplate?

    package enum Backoff: Sendable {
        case constant
        case linear(increment: Duration?)
        case exponential(factor: Double)
    }

    package struct Jitter: Sendable {
        package var from: DurationTemplate
        package var to: DurationTemplate
    }
}

/// An error that is raised: each part may hold expressions.
package struct ErrorTemplate: Sendable {
    package var type: Template
    package var status: Template
    package var title: Template?
    package var detail: Template?
    package var instance: Template?
}
