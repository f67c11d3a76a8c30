/// What a file defines once under `use` and names elsewhere; what other places name is resolved
/// when the file is read, so only what the engine itself needs stands here.
package struct Components: Sendable {
    package var functions: [String: FlowTask] = [:]
    package var extensions: [Extension] = []
    package var secrets: [String] = []
    /// Authentication policies by name, as they stand in the file.
    package var authentications: [String: Template] = [:]

    package init() {}

    /// Tasks that run before and after every task of a kind.
    package struct Extension: Sendable {
        package var name: String
        package var extends: String
        package var when: Expression?
        package var before: TaskList?
        package var after: TaskList?
    }
}

/// When a workflow begins by itself.
package enum Schedule: Sendable {
    case every(Duration)
    case cron(Cron)
    case after(Duration)
    case on(Consumption, read: Listen.ReadMode)
}
