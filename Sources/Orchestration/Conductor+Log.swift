import Bus
import Reactor
import Telemetry
import Wire

/// What the log says of requests: always with their id and their trace.
///
/// `info` tells how a request goes on, `debug` who is told what, `warning` what had to be tried
/// again or elsewhere, `error` what failed. Of what happens often only some lines a second are
/// written, and how many were not.
extension Conductor {
    private func log(of slot: Int) -> Log {
        log.tagged([
            "request": .text(requests[slot].key.id), "trace": .text(requests[slot].trace.traceID),
        ])
    }

    mutating func logStage(_ slot: Int, _ slip: Plan.Slip, _ next: Int) {
        guard log.level <= .info, stages.admits(at: present) else { return }
        log(of: slot).info(
            "the next stage begins",
            [
                "stage": .integer(next + 1), "of": .integer(slip.stages.count),
                "agent": .text(registry.agents[slip.stages[next]].name),
            ])
    }

    func logDispatch(_ step: Int) {
        log(of: steps[step].request).debug(
            "a task is given away",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "to": .text(peers.name(of: steps[step].holder) ?? ""),
                "step": .integer(Int(steps[step].ordinal)),
                "attempt": .integer(Int(steps[step].attempt)),
            ])
    }

    func logAnswer(_ step: Int, _ outcome: Outcome, at now: Instant) {
        var code = "ok"
        if case .failure(let error) = outcome { code = error.code }
        log(of: steps[step].request).debug(
            "a task is answered",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "by": .text(peers.name(of: steps[step].holder) ?? ""),
                "step": .integer(Int(steps[step].ordinal)),
                "attempt": .integer(Int(steps[step].attempt)), "code": .text(code),
                "took_ms": .integer(Int(clamping: (now - steps[step].dispatched).milliseconds)),
            ])
    }

    mutating func logRetry(_ step: Int, _ error: WireError, _ wait: Duration) {
        guard failures.admits(at: present) else { return }
        log(of: steps[step].request).warning(
            "an attempt failed and is made again",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "attempt": .integer(Int(steps[step].attempt)), "code": .text(error.code),
                "reason": .text(error.message.bounded),
                "wait_ms": .integer(Int(clamping: wait.milliseconds)),
            ])
    }

    mutating func logFallback(_ step: Int, to agent: Int, _ error: WireError) {
        guard failures.admits(at: present) else { return }
        log(of: steps[step].request).warning(
            "another agent takes over",
            [
                "from": .text(registry.agents[steps[step].agent].name),
                "to": .text(registry.agents[agent].name), "reason": .text(error.message.bounded),
            ])
    }

    /// What its caller has cancelled is no failure.
    mutating func logFailure(of slot: Int, _ error: WireError) {
        guard error.code != WireCode.cancelled.rawValue, failures.admits(at: present) else {
            return
        }
        log(of: slot).error(
            "a request failed",
            [
                "agent": .text(registry.agents[requests[slot].agent].name),
                "code": .text(error.code), "reason": .text(error.message.bounded),
            ])
    }

    /// Says how many lines there would have been.
    mutating func logHeldBack() {
        let held = failures.takeHeldBack() + stages.takeHeldBack()
        guard held > 0 else { return }
        log.warning("lines were left out: there were too many", ["lines": .integer(held)])
    }
}
