import Bus
import Reactor
import Telemetry
import Wire

/// What the log says of requests: always with their id and their trace.
///
/// `info` tells how a request goes on, `debug` who is told what, `warning` what had to be tried
/// again or elsewhere, or was refused, `error` what failed. Of what happens often only some lines a
/// second are written, and how many were not.
extension Conductor {
    private func log(of slot: Int) -> Log {
        log.tagged([
            "request": .text(requests[slot].key.id), "trace": .text(requests[slot].trace.traceID),
        ])
    }

    /// The log of a step; one that is let go of has no request any more.
    func log(step: Int) -> Log {
        steps[step].state == .detached ? log : log(of: steps[step].request)
    }

    mutating func logStage(_ slot: Int, _ slip: Plan.Slip, _ next: Int) {
        guard log.level <= .info, stages.admits(at: present) else { return }
        log(of: slot).info(
            "a stage begins",
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
                "why": .text(steps[step].reason.rawValue),
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
        guard log.level <= .warning, repeats.admits(at: present) else { return }
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
        guard log.level <= .warning, repeats.admits(at: present) else { return }
        log(of: steps[step].request).warning(
            "another agent takes over",
            [
                "from": .text(registry.agents[steps[step].agent].name),
                "to": .text(registry.agents[agent].name), "code": .text(error.code),
                "reason": .text(error.message.bounded),
            ])
    }

    /// Nobody knows how far a worker came that is gone; the task is given away again.
    mutating func logLoss(_ step: Int) {
        guard log.level <= .warning, repeats.admits(at: present) else { return }
        log(of: steps[step].request).warning(
            "a worker is gone, and its task goes to another",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "from": .text(peers.name(of: steps[step].holder) ?? ""),
                "step": .integer(Int(steps[step].ordinal)),
                "attempt": .integer(Int(steps[step].attempt)),
                "deaths": .integer(steps[step].deaths + steps[step].suspects.count),
            ])
    }

    /// The request may go on without it; what it did to workers should be known all the same.
    mutating func logPoison(_ step: Int) {
        guard failures.admits(at: present) else { return }
        log(of: steps[step].request).error(
            "a task is given up: workers died while they ran it",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "step": .integer(Int(steps[step].ordinal)),
                "attempt": .integer(Int(steps[step].attempt)),
                "deaths": .integer(steps[step].deaths),
            ])
    }

    /// One of several answers is a failure; what was asked for may still be answered.
    mutating func logPart(_ step: Int, _ outcome: Outcome) {
        guard case .failure(let error) = outcome, error.code != WireCode.cancelled.rawValue,
            log.level <= .warning, repeats.admits(at: present)
        else { return }
        log(of: steps[step].request).warning(
            "one of several answers is a failure",
            [
                "agent": .text(registry.agents[steps[step].agent].name),
                "step": .integer(Int(steps[step].ordinal)), "code": .text(error.code),
                "reason": .text(error.message.bounded),
            ])
    }

    /// A request that was not taken has no trace but its caller's.
    mutating func logRefusal(
        _ fault: Fault, of message: borrowing EnvelopeView, from peer: PeerID
    ) {
        guard message.isAsking, !message.has(.receiver, "baton"), log.level <= .warning,
            repeats.admits(at: present)
        else { return }
        let id = message[message.isEmpty(.requestID) ? .messageID : .requestID]
        var log = log.tagged(["request": .text(id.bounded)])
        if let trace = message.trace { log = log.tagged(["trace": .text(trace.traceID)]) }
        log.warning(
            "a request was refused",
            [
                "type": .text(message.type?.name ?? ""), "to": .text(message[.receiver].bounded),
                "peer": .text(peers.name(of: peer) ?? ""), "code": .text(fault.code.rawValue),
                "reason": .text(fault.message.bounded),
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
        let held =
            failures.takeHeldBack(at: present) + repeats.takeHeldBack(at: present)
            + stages.takeHeldBack(at: present)
        guard held > 0 else { return }
        log.warning("lines were left out: there were too many", ["lines": .integer(held)])
    }
}

extension Conductor.BreakerStory {
    func tell() {
        switch change {
        case .opened(let left):
            log.warning(
                "a breaker opened",
                [
                    "of": .text(receiver.description),
                    "retry_after_ms": .integer(Int(clamping: left.milliseconds)),
                ])
        case .closed: log.info("a breaker closed", ["of": .text(receiver.description)])
        }
    }
}
