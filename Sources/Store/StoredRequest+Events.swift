/// Events that Redis does not hold because the record tells them: of a request of one step all
/// four, of any other the first two.
extension StoredRequest {
    func derivedEvents(isLean: Bool) -> [StoredEvent] {
        var events = [StoredEvent(number: 1, kind: "accepted", at: accepted)]
        if isLean && state == .ready { return events }
        events.append(
            StoredEvent(number: 2, kind: "dispatched", step: 1, agent: agent, at: accepted))
        guard isLean, state.isTerminal else { return events }
        events.append(
            StoredEvent(
                number: 3, kind: "done", step: 1, attempt: attempt, agent: agent,
                instance: instance, at: ended, took: took, code: state == .failed ? code : ""))
        events.append(StoredEvent(number: 4, kind: state.word, at: ended, code: code))
        return events
    }
}
