import Telemetry
import Wire

/// Puts the tree of a run together: the run, those that it has run, and who has what is open.
extension RunTreeView {
    /// Runs within runs, as deep as this.
    private static let deepest = 8

    static func show(_ id: String, _ invocation: Invocation) async throws {
        let view = try await view(of: id, RunReading(invocation), depth: 0)
        let output = invocation.console.output
        if invocation.wantsJSON { return try output.json(view.json) }
        try output.lines(view.lines)
        try output.line()
        try output.table(view.table)
    }

    private static func view(
        of id: String, _ reading: RunReading, depth: Int
    ) async throws -> RunTreeView {
        let run = try await reading.run(id)
        var view = RunTreeView(run)
        if !run.isOver { view.holders = await reading.holders(of: id) }
        guard depth < deepest else { return view }
        for child in view.wanted {
            // What is volatile keeps no journal: it is named and no more.
            do {
                view.children[child] = try await self.view(of: child, reading, depth: depth + 1)
            } catch let fault as Fault
                where fault.has(WireCode.notFound) || fault.has(WireCode.invalid)
            {
                continue
            }
        }
        return view
    }
}
