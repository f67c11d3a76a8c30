import Bus
import Reactor
import Telemetry
import Wire

/// What a worker's log says of tasks: always with their request and its trace.
///
/// `debug` tells which task begins and how it ends, `error` what failed; of failures some lines a
/// second, and how many were left out.
extension Session {
    /// The log of one task: each line ends with the request's id, and its trace.
    nonisolated func log(for task: TaskContext) -> Log {
        let log = plan.log.named(task.agent).tagged(["request": .text(task.requestID)])
        guard let trace = TraceContext(traceparent: task.traceparent) else { return log }
        return log.tagged(["trace": .text(trace.traceID), "span": .text(trace.spanID)])
    }

    func logBegin(of context: TaskContext) {
        guard plan.log.isDebugging else { return }
        context.log.debug(
            "a task begins",
            [
                "agent": .text(context.agent), "worker": .text(plan.routingID),
                "step": .integer(Int(context.step)), "attempt": .integer(Int(context.attempt)),
            ])
    }

    func logEnd(of context: TaskContext, _ code: String) {
        guard plan.log.isDebugging else { return }
        context.log.debug(
            "a task ends",
            [
                "agent": .text(context.agent), "worker": .text(plan.routingID),
                "step": .integer(Int(context.step)), "attempt": .integer(Int(context.attempt)),
                "code": .text(code),
            ])
    }

    /// A task that this worker does not take just now; its orchestrator gives it to another.
    func logRefusal(of context: TaskContext, _ error: WireError) {
        guard plan.log.isDebugging else { return }
        context.log.named("worker").debug(
            "a task is refused",
            [
                "worker": .text(plan.routingID), "step": .integer(Int(context.step)),
                "attempt": .integer(Int(context.attempt)), "code": .text(error.code),
                "reason": .text(error.message),
            ])
    }

    /// A task that failed stands in the log, but for what was cancelled.
    func logFailure(of context: TaskContext, _ error: WireError) {
        guard error.code != WireCode.cancelled.rawValue,
            desk?.failures.admits(at: loop.now) == true
        else { return lookLater() }
        let fields: KeyValuePairs<String, Log.Field> = [
            "agent": .text(context.agent), "step": .integer(Int(context.step)),
            "attempt": .integer(Int(context.attempt)), "code": .text(error.code),
            "reason": .text(error.message),
        ]
        if context.isBroadcast {
            context.log.error("a broadcast was not handled", fields)
        } else {
            context.log.error("a task failed", fields)
        }
    }

    /// Something this process said was refused, and nothing that waits here was meant by it.
    func logRefused(_ message: borrowing EnvelopeView, _ error: WireError) {
        var log = plan.log
        if !message.isEmpty(.requestID) {
            log = log.tagged(["request": .text(message[.requestID])])
        }
        if let trace = message.trace { log = log.tagged(["trace": .text(trace.traceID)]) }
        log.warning(
            "an orchestrator refused a message",
            ["code": .text(error.code), "reason": .text(error.message)])
    }

    /// Says how many lines there would have been.
    func logHeldBack() {
        defer { lookLater() }
        guard let held = desk?.failures.takeHeldBack(at: loop.now), held > 0 else { return }
        plan.log.warning("lines were left out: there were too many", ["lines": .integer(held)])
    }

    /// How many lines were left out is told when their second is over.
    private func lookLater() {
        guard desk?.failures.isHolding == true else { return }
        lookSooner(loop.now + .seconds(1))
    }
}
