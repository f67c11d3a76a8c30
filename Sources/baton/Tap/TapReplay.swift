import Document
import Telemetry
import Wire

/// Shows a recording as if it passed just now.
struct TapReplay {
    private let order: TapOrder
    private let invocation: Invocation
    private let console: Console

    init(_ order: TapOrder, _ invocation: Invocation) {
        self.order = order
        self.invocation = invocation
        console = invocation.console
    }

    func show(_ file: String) throws {
        let recording = try Recording(path: console.path(file))
        for note in recording.notes { try console.errors.line("\("\(file):", .yellow) \(note)") }
        if !recording.about.isEmpty {
            try console.errors.line("\("\(file): \(recording.about)", .dim)")
        }
        for request in order.filter.requests { try check(request, in: recording, file) }
        let orchestrators = Set(recording.index.requests.map(\.orchestrator))
        let run = TapRun(
            order.filter, order.redaction,
            view: order.view(console.output, namesOrchestrator: orchestrators.count > 1),
            recorder: try order.recorder(invocation), limit: order.limit)
        try read(recording, into: run)
        try run.finish()
        try console.errors.line(Text(TapSummary(run).text, .dim))
    }

    private func check(_ request: String, in recording: Recording, _ file: String) throws {
        let known = recording.index.requests.map(\.id)
        guard !known.contains(request), !recording.index.isFull else { return }
        let offer = Suggestion.question(for: request, in: known.prefix(10_000))
        throw Fault(Exit.noInput, "has no request \(request)\(offer)", at: file)
    }

    private func read(_ recording: Recording, into run: TapRun) throws {
        var failure: (any Error)?
        do throws(Fault) {
            try recording.forEachEvent { recorded throws(Fault) in
                do {
                    let verdict = try run.take(recorded.event, from: recorded.orchestrator)
                    guard verdict == .isOver else { return }
                } catch {
                    failure = error
                }
                throw Fault(Exit.ok, "enough was read")
            }
        } catch {
            if let failure { throw failure }
            guard error.has(Exit.ok) else { throw error }
        }
    }
}
