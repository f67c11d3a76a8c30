import Document
import Reactor
import Telemetry

/// One request as the spans of `proto/tap.md`: itself, each wait of its steps, each attempt. Pure.
///
/// What has not ended has no end. A span is known by the step and attempt it is of.
struct RequestSpans {
    private let record: RequestRecord
    private let orchestrator: String
    private let clock: Surroundings
    /// The attempt it was made in, where that is known better than by its caller's word.
    var parent: UInt64?
    private var taken: Set<UInt64> = []

    init(_ record: RequestRecord, orchestrator: String, _ clock: Surroundings) {
        self.record = record
        self.orchestrator = orchestrator
        self.clock = clock
    }

    /// - Parameters:
    ///   - decisions: what was decided about the request, in order.
    ///   - unplaced: the steps that nobody works on just now.
    mutating func values(of decisions: [Decision], unplaced: Set<UInt32>) -> [Value] {
        var spans = [own]
        var ordinals: [UInt32] = []
        var noted: [UInt32: [Decision]] = [:]
        for decision in decisions {
            if noted[decision.step] == nil { ordinals.append(decision.step) }
            noted[decision.step, default: []].append(decision)
        }
        for ordinal in ordinals {
            spans += step(noted[ordinal] ?? [], isUnplaced: unplaced.contains(ordinal))
        }
        return spans
    }

    // MARK: - Spans

    private var own: Value {
        let isOneAgent = record.pattern == "call" || record.pattern == "notification"
        let operation = isOneAgent ? "invoke_agent" : "invoke_workflow"
        var attributes: ObjectValue = [
            "gen_ai.operation.name": .string(operation),
            "gen_ai.agent.name": .string(record.agent),
            "baton.request": .string(record.key.id), "baton.orchestrator": .string(orchestrator),
            "baton.pattern": .string(record.pattern), "baton.state": .string(record.word),
        ]
        if record.depth > 0 { attributes["baton.depth"] = Value(record.depth) }
        if let code = record.code { attributes["baton.code"] = .string(code) }
        let status = record.ended == nil ? "unset" : record.isFailure ? "error" : "ok"
        return span(
            "\(operation) \(isOneAgent ? record.agent : record.pattern)", record.trace,
            parent: parent ?? record.parent, kind: "server", from: record.accepted,
            to: record.ended, status, attributes)
    }

    /// The waits and attempts of one step.
    private mutating func step(_ noted: [Decision], isUnplaced: Bool) -> [Value] {
        var spans: [Value] = []
        /// Until when it is told what was done.
        var told: Instant?
        for (index, decision) in noted.enumerated() {
            if decision.instance.isEmpty {
                let next = noted.dropFirst(index + 1).first?.at ?? record.ended
                guard decision.outcome == .running else { continue }
                spans.append(wait(decision, "line", from: decision.at, to: next))
                told = next
                continue
            }
            if let told, decision.isAgain, told < decision.at {
                spans.append(wait(decision, "pause", from: told, to: decision.at))
            }
            let end = decision.end(within: record)
            let isBusy = noted[(index + 1)...].contains {
                $0.attempt == decision.attempt && !$0.instance.isEmpty
            }
            spans.append(attempt(decision, to: end, isBusy: isBusy))
            if let end { told = max(told ?? end, end) }
        }
        if isUnplaced, let last = noted.last, !last.instance.isEmpty, let told {
            var next = last
            next.attempt += 1
            spans.append(wait(next, "pause", from: told, to: nil))
        }
        return spans
    }

    /// - Parameter isBusy: the worker was too busy, and the attempt that followed has its number.
    ///   The span of that number is the other's: whatever was done within it lies below that one.
    private mutating func attempt(
        _ decision: Decision, to end: Instant?, isBusy: Bool
    ) -> Value {
        var attributes = attributes(of: decision)
        let instance = "\(decision.agent)#\(decision.instance)"
        attributes["baton.instance"] = .string(instance)
        attributes["baton.reason"] = .string(decision.reason.rawValue)
        attributes["baton.outcome"] = .string(decision.outcome.word)
        if case .failed(let code) = decision.outcome { attributes["baton.code"] = .string(code) }
        var context = record.trace.child(step: decision.step, attempt: decision.attempt)
        if isBusy { context = self.context(below: context, decision) }
        taken.insert(context.span)
        return span(
            "attempt \(instance)", context, parent: record.trace.span, kind: "client",
            from: decision.at, to: end, decision.outcome.status, attributes)
    }

    /// A wait in line, or a pause before the attempt is made again.
    private mutating func wait(
        _ decision: Decision, _ what: String, from start: Instant, to end: Instant?
    ) -> Value {
        var attributes = attributes(of: decision)
        attributes["baton.wait"] = .string(what)
        let context = context(step: decision.step, attempt: decision.attempt | Self.waiting)
        return span(
            "wait \(decision.agent)", context, parent: record.trace.span, kind: "internal",
            from: start, to: end, "unset", attributes)
    }

    // MARK: - Fields

    /// What tells the wait for an attempt from the attempt.
    private static let waiting: UInt32 = 1 << 31

    private mutating func context(step: UInt32, attempt: UInt32) -> TraceContext {
        var context = record.trace.child(step: step, attempt: attempt)
        while !taken.insert(context.span).inserted {
            context = context.child(step: step, attempt: attempt)
        }
        return context
    }

    private mutating func context(below first: TraceContext, _ decision: Decision) -> TraceContext {
        var context = first
        repeat {
            context = context.child(step: decision.step, attempt: decision.attempt)
        } while taken.contains(context.span)
        return context
    }

    private func attributes(of decision: Decision) -> ObjectValue {
        [
            "gen_ai.agent.name": .string(decision.agent),
            "baton.request": .string(record.key.id),
            "baton.step": Value(Int(decision.step)),
            "baton.attempt": Value(Int(decision.attempt)),
        ]
    }

    private func span(
        _ name: String, _ context: TraceContext, parent: UInt64?, kind: String,
        from start: Instant, to end: Instant?, _ status: String, _ attributes: ObjectValue
    ) -> Value {
        [
            "trace": .string(context.traceID), "span": .string(context.spanID),
            "parent": parent.map { .string(TraceContext.text(ofSpan: $0)) } ?? .null,
            "name": .string(name), "kind": .string(kind),
            "start_ns": Value(clock.wallClock(at: start)),
            "end_ns": end.map { Value(clock.wallClock(at: $0)) } ?? .null,
            "status": .string(status), "attributes": .object(attributes),
        ]
    }
}

extension RequestRecord {
    var word: String {
        switch state {
        case .open(let word): word
        case .answered: "answered"
        case .failed("cancelled"): "cancelled"
        case .failed: "failed"
        case .dropped: "dropped"
        }
    }

    var code: String? { if case .failed(let code) = state { code } else { nil } }
}

extension Decision {
    /// Whether something was tried before it.
    fileprivate var isAgain: Bool { reason == .retry || reason == .lost || reason == .busy }

    /// When the attempt ended; one that the request did not wait for ended with it at the latest.
    fileprivate func end(within record: RequestRecord) -> Instant? {
        guard outcome != .running else { return record.ended }
        return min(at + took, record.ended ?? .distantFuture)
    }
}

extension Decision.Outcome {
    var word: String {
        switch self {
        case .running: "running"
        case .answered: "answered"
        case .cancelled: "cancelled"
        case .lost: "lost"
        case .busy: "busy"
        case .failed: "failed"
        }
    }

    fileprivate var status: String {
        switch self {
        case .running, .cancelled, .busy: "unset"
        case .answered: "ok"
        case .lost, .failed: "error"
        }
    }
}
