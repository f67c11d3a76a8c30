/// How far a run may go. What exceeds a limit faults the run with a `runtime` error that names it.
package struct RunLimits: Sendable {
    /// Tasks in all.
    package var steps = 5_000_000
    /// Tasks within one call of `step` before it answers `more`.
    package var slice = 1000
    /// Scopes within each other, functions that call functions included.
    package var depth = 200
    /// Strands side by side: branches of forks, and branches within those.
    package var strands = 1000
    /// Calls of one fan-out, and how many are under way if it says nothing.
    package var fan = 10_000
    package var concurrency = 64
    /// Events that one `listen` consumes, or keeps while it is busy with another.
    package var events = 10_000
    /// Events held back while a run is suspended.
    package var held = 10_000

    package init() {}
}
