/// The bounds of a workflow file. Whatever exceeds one is refused, never cut.
package enum WorkflowLimits {
    package static let bytes = 256 << 10
    /// All tasks of a file, those of functions and extensions counted.
    package static let tasks = 2000
    /// How deep tasks may lie within tasks.
    package static let levels = 16
    /// The longest name of a task, in bytes.
    package static let nameBytes = 128
    /// The most problems that are told of one file.
    package static let problems = 100
}
