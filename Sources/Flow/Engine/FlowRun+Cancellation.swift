import Document

/// What a cancelled run still does: each `try` around what was under way that catches the
/// cancellation by its type makes good what was done, from the inside out. Nothing else begins, and
/// in the end the run is cancelled; it faults where making good did.
extension FlowRun {
    /// Whether a cancellation would be caught anywhere.
    package var catchesCancellation: Bool {
        strands.contains { strand in
            strand.isOpen && strand.levels.contains(where: \.catchesCancellation)
        }
    }

    /// Whoever cancels twice does not want to wait for it.
    mutating func cancelRun() {
        guard !isCancelling, catchesCancellation else { return finish(.cancelled) }
        isCancelling = true
        isSuspended = false
        held = []
        for strand in strands.indices where isUnderWay(strand) { fail(strand, .cancellation) }
    }

    /// Whether an error is that of the cancellation that goes on.
    func isCancellation(_ error: FlowError) -> Bool {
        isCancelling && FlowError.canonical(error.type) == FlowError.cancellation.type
    }

    /// A handler has made good its part: what is around it comes next.
    mutating func goOnCancelling(_ strand: Int) { fail(strand, .cancellation) }

    /// Whether nothing within the strand's task on top is a strand of its own.
    private func isUnderWay(_ strand: Int) -> Bool {
        guard strands[strand].isOpen, let top = strands[strand].levels.last else { return false }
        if case .fork = top.work { return false }
        return true
    }
}

extension FlowError {
    /// What a `catch` names that is to see a cancellation; one that names no type does not.
    package static let cancellation = FlowError(
        type: family + "cancelled", status: 499, title: "Cancelled", detail: "the run was cancelled"
    )
}

extension Level {
    /// Whether its task is tried just now, and is to be made good.
    fileprivate var catchesCancellation: Bool {
        guard case .attempt = work, case .try(let attempt) = node.task.action else { return false }
        return attempt.rule.namesCancellation && node.handler != nil
    }
}

extension CatchRule {
    var namesCancellation: Bool {
        guard let type = filter["type"]?.string else { return false }
        return FlowError.canonical(type) == FlowError.cancellation.type
    }
}
