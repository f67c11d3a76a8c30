import Reactor
import Telemetry
import Wire

/// Listens to a cluster until it is told to end: by Ctrl-C, by its limits, or because the request
/// it is about has ended. Says on standard error what goes on.
struct TapListening: Sendable {
    private enum Ending: Sendable {
        /// As much came as was asked for.
        case enough
        case over
        case failed(any Error)
    }

    private let order: TapOrder
    private let invocation: Invocation
    private let console: Console
    private let live: LiveLine

    init(_ order: TapOrder, _ invocation: Invocation) {
        self.order = order
        self.invocation = invocation
        console = invocation.console
        live = LiveLine(console.errors)
    }

    func run() async throws {
        // Whether there is a cluster is known before anything is waited for.
        _ = try Contact.address(invocation)
        do {
            try await Interruption.cancelling(on: console.loop) { try await listen() }
        } catch is CancellationError {
            // Ctrl-C is how one stops looking.
        }
    }

    private func listen() async throws {
        let places = try await TapPlace.all(invocation)
        let run = TapRun(
            order.filter, order.redaction,
            view: order.view(console.output, namesOrchestrator: places.count > 1),
            recorder: try order.recorder(invocation), limit: order.limit)
        let (endings, queue) = AsyncStream.makeStream(
            of: Ending.self, bufferingPolicy: .bufferingOldest(1))
        try begin(places)
        let ears = try TapEars(
            places, topics: order.filter.topics, on: console.loop, handler: handler(run, queue))
        let clocks = clocks(run, ears, queue)
        defer { for clock in clocks { clock.cancel() } }
        let reader =
            order.form == .nothing
            ? nil
            : try console.output.onReaderLeft(on: console.loop) {
                queue.yield(.failed(ReaderLeft()))
            }
        defer { reader?.cancel() }
        var failure: (any Error)?
        var behind = { ears.behind }
        for await ending in endings {
            if case .failed(let error) = ending { failure = error }
            if case .enough = ending { behind = { nil } }
            break
        }
        let delay = behind()
        ears.close()
        live.clear()
        if let failure, failure is ReaderLeft || (failure as? Fault)?.has(Exit.output) == true {
            try? run.finish()
            throw failure
        }
        try run.finish()
        if let failure { throw failure }
        try console.errors.line(Text(TapSummary(run, lost: ears.lost, behind: delay).text, .dim))
    }

    private func handler(
        _ run: TapRun, _ queue: AsyncStream<Ending>.Continuation
    ) -> TapEars.Handler {
        var isOver = false
        return TapEars.Handler(
            heard: { event, orchestrator in
                // What comes after the end is nobody's.
                guard !isOver else { return }
                do {
                    guard try run.take(event, from: orchestrator) == .isOver else { return }
                    queue.yield(.enough)
                } catch {
                    queue.yield(.failed(error))
                }
                isOver = true
            },
            told: { tell(Text($0, .yellow)) },
            lost: { count, orchestrator in
                let text =
                    "\(TapSummary.events(count)) of \(orchestrator) lost: they came faster than"
                    + " they could be taken"
                tell(Text("\(text).", .yellow))
                try? run.noteLoss(text)
            },
            refused: { queue.yield(.failed($0)) })
    }

    // MARK: - Time

    private func clocks(
        _ run: TapRun, _ ears: TapEars, _ queue: AsyncStream<Ending>.Continuation
    ) -> [Timer] {
        let loop = console.loop
        var clocks = [
            loop.timer(every: .seconds(1)) {
                do {
                    try run.flush()
                    show(run, ears)
                } catch {
                    queue.yield(.failed(error))
                }
            }
        ]
        if let span = invocation.duration(TapCommand.span) {
            clocks.append(loop.timer(after: span) { queue.yield(.over) })
        }
        return clocks
    }

    /// While only a file is written, how far it is.
    private func show(_ run: TapRun, _ ears: TapEars) {
        guard order.form == .nothing, live.isShown else { return }
        let size = "\(run.recordedBytes / 1024) KiB"
        live.spin("\(TapSummary.events(run.recorded)) recorded, \(size), \(ears.lost) lost")
    }

    // MARK: - Words

    private func begin(_ places: [TapPlace]) throws {
        let names = places.map(\.orchestrator).joined(separator: ", ")
        let ends = order.request != nil && (order.form == .sequence || order.form == .mermaid)
        try console.errors.line(
            Text(
                "Listening to \(order.filter.description) at \(names)"
                    + (ends ? " until it ends." : "; Ctrl-C ends."), .dim))
    }

    private func tell(_ text: Text) {
        live.clear()
        try? console.errors.line(text)
    }
}
