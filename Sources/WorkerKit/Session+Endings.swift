import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Ending tasks: those that are cancelled, those that are late, and all of them when the worker
/// leaves.
extension Session {
    func cancelTask(_ message: borrowing EnvelopeView, _ link: LinkID) {
        let home = TaskHome(link: link, dispatch: message.dispatch)
        if let key = desk?.tasks.key(at: home) { cancelUnwanted(key) }
    }

    /// Whoever it is done for does not want it any more.
    func cancelUnwanted(_ key: TaskTable.Key) {
        guard let task = desk?.tasks[key], task.cancelled == nil else { return }
        task.context.recharge { $0.isUnwanted = true }
        cancelTask(key)
    }

    func cancelTask(_ key: TaskTable.Key) {
        guard let desk, let task = desk.tasks[key], task.cancelled == nil else { return }
        desk.tasks[key]?.cancelled = loop.now
        if plan.log.isDebugging { task.context.log.debug("a task is cancelled") }
        task.context.cancel()
        task.job?.cancel()
        if task.context.hasCalls { cancelCalls(of: key) }
        stopEffects(of: key)
        if desk.tasks[key]?.onGo.take() != nil {
            return finish(task.context, .failure(CancellationError()))
        }
        lookSooner(loop.now + desk.rules.grace)
    }

    /// Time passed: late tasks are cancelled, a handler that does not end makes the process leave,
    /// results are resent.
    func tendTasks() {
        logHeldBack()
        guard let desk else { return }
        let (now, grace) = (loop.now, desk.rules.grace)
        let due = desk.tasks.running.filter { Watchdog.decide($0.value, grace, at: now) != .wait }
        // In one order, whatever the table's: the same happens whenever the same has happened.
        for (key, task) in due.sorted(by: { $0.key.number < $1.key.number }) {
            switch Watchdog.decide(task, grace, at: now) {
            case .wait: break
            case .cancel: cancelTask(key)
            case .leave: leave(task.context)
            }
        }
        tendEffects()
        desk.held.expire(at: loop.now)
        for entry in desk.outbox.takeDue(at: loop.now) { relay(entry.key) }
    }

    /// How long after its deadline a handler may still block the loop.
    var guardPatience: Duration { (desk?.rules.grace ?? .zero) + .seconds(1) }

    /// Tells the guard by when tasks will be looked at again.
    func expectTasks() {
        guard let loopGuard else { return }
        let next = desk?.tasks.running.values.lazy.map(\.context.deadline).min()
        loopGuard.looked(next: max(loop.now, next ?? .distantFuture) + guardPatience)
    }

    private func leave(_ context: TaskContext) {
        context.log.error(
            "a handler did not stop when it was told to: leaving",
            [
                "agent": .text(context.agent), "step": .integer(Int(context.step)),
                "attempt": .integer(Int(context.attempt)),
            ])
        // Its other tasks go to others at once, not only when the silence is noticed.
        leaveBus()
        let grace = desk?.rules.grace.milliseconds ?? 0
        desk?.fail(
            Fault(
                WorkerCode.watchdog,
                "\(context.agent) did not stop \(grace) ms after it was told to"))
    }

    /// Takes nothing new, and leaves when all that runs has been answered.
    func drain() {
        guard let bus, desk?.isDraining == false else { return }
        desk?.isDraining = true
        for link in bus.liveLinks { _ = bus.send(to: link) { $0.begin(.drain) } }
        endIfDrained()
    }

    func endIfDrained() {
        guard let desk, desk.isDraining, desk.isIdle else { return }
        goodbye()
    }

    /// Says goodbye to all.
    func leaveBus() {
        guard let bus else { return }
        for link in bus.liveLinks { _ = bus.send(to: link) { $0.begin(.bye) } }
    }
}
