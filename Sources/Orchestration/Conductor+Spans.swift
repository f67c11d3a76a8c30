import Bus
import Document
import Reactor
import Telemetry
import Wire

/// The traces requests belong to, and the spans that are told of them while somebody listens.
extension Conductor {
    /// Gives a request the trace context it came with, or one of its own. What is no context counts
    /// as none.
    mutating func takeTrace(_ slot: Int, of message: borrowing EnvelopeView) {
        let trace = message.trace
        requests[slot].beganTrace = trace == nil
        requests[slot].trace = trace ?? dice.trace()
        if trace == nil { requests[slot].trace.append(toEnvelope: &requests[slot].envelope) }
    }

    /// The span of the attempt that a step is given away for: what its worker asks others for
    /// belongs below it.
    func attempt(of step: Int) -> TraceContext {
        let own = ownTrace(of: steps[step].request).own
        return own.child(step: steps[step].ordinal, attempt: steps[step].attempt).sampled
    }

    /// Tells what was done for a request that has its outcome; none: nobody was left to hear it.
    mutating func tellSpans(of slot: Int, _ outcome: Outcome?, into outbox: inout Outbox) {
        var state = outcome == nil ? RequestRecord.State.dropped : .answered
        if case .failure(let error) = outcome { state = .failed(code: error.code) }
        let record = record(of: slot, state, ended: present)
        let noted = decisions.decisions(of: record.key, since: record.accepted)
        var spans = RequestSpans(record, orchestrator: name, surroundings)
        spans.parent = record.origin.flatMap { origin in
            requests.slot(origin.key).map { parent in
                ownTrace(of: parent).own.child(step: origin.step, attempt: origin.attempt).span
            }
        }
        let topic = TapTopic.trace(record.trace.traceID)
        for span in spans.values(of: noted, unplaced: []) {
            note(.span, JSON.write(span), on: topic, into: &outbox)
        }
    }

    /// SPAN: what a worker tells of its own work goes to those who listen, and nowhere else.
    mutating func span(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard peers.worker(of: peer) != nil else {
            throw Fault(WireCode.hello, "spans are told by workers: say HELLO", retry: .now)
        }
        guard tap.wantsSpans else { return }
        guard let trace = message.trace, content.count <= TapMark.most,
            case .object(let span) = try JSON.parse(content.array),
            span["span"]?.string == trace.spanID, span["trace"]?.string == trace.traceID
        else {
            throw Fault(
                WireCode.invalid,
                "a span is an object of at most \(TapMark.most) bytes, of the trace and span that"
                    + " its traceparent names")
        }
        note(.span, content.array, on: TapTopic.trace(trace.traceID), into: &outbox)
    }
}
