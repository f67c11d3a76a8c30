import Testing

@testable import Store

/// The states of a session, as a table.
@Suite struct SessionStateTests {
    @Test(
        "S5-25 each event has its state, also one that cannot be",
        arguments: [
            (SessionState.created, SessionState.Event.began, SessionState.active),
            (.active, .began, .active), (.completed, .began, .active), (.failed, .began, .active),
            (.expired, .began, .active),
            (.active, .ended(succeeded: true, othersRun: false), .completed),
            (.active, .ended(succeeded: false, othersRun: false), .failed),
            (.active, .ended(succeeded: true, othersRun: true), .active),
            (.active, .ended(succeeded: false, othersRun: true), .active),
            (.created, .ended(succeeded: true, othersRun: false), .created),
            (.completed, .ended(succeeded: false, othersRun: false), .completed),
            (.failed, .ended(succeeded: true, othersRun: true), .failed),
            (.expired, .ended(succeeded: true, othersRun: false), .expired),
            (.created, .expired, .expired), (.active, .expired, .expired),
            (.completed, .expired, .expired), (.failed, .expired, .expired),
            (.expired, .expired, .expired),
        ])
    func table(before: SessionState, event: SessionState.Event, after: SessionState) {
        var state = before
        state.take(event)
        #expect(state == after)
    }

    @Test("each state has a letter and a word of its own")
    func words() {
        let all = SessionState.allCases
        #expect(Set(all.map(\.rawValue)).count == 5)
        #expect(all.map(\.word) == ["created", "active", "completed", "failed", "expired"])
    }

    @Test("a session's name is its tenant's alone")
    func keys() {
        let key = SessionKey(tenant: "a", id: "s")
        #expect(key == SessionKey(tenant: "a", id: "s"))
        #expect(key != SessionKey(tenant: "b", id: "s") && key != SessionKey(tenant: "as", id: ""))
        #expect(key.digest != RecordKey(tenant: "a", id: "s").digest)
    }

    @Test(
        "whatever Redis answers, a session is read or nothing is",
        arguments: [
            RedisReply.null, .integer(3), .array([]), .array([.text("x"), .array([])]),
            .array([.text(Digest("s").description), .flat(["v": "1", "st": "A"])]),
            .array([.text(Digest("s").description), .flat(["v": "2"]), .array([]), .array([])]),
        ])
    func nonsense(reply: RedisReply) {
        #expect(StoredSession(reply) == nil)
        let list = SessionCommand.list(tenant: nil, offset: 0, limit: 1)
        #expect(list.answer(.array([.integer(1), .integer(2), reply])) != nil)
        #expect(list.answer(reply) == nil || reply.array?.count ?? 0 >= 2)
        let close = SessionCommand.close(SessionKey(tenant: "t", id: "s"))
        #expect(close.answer(reply) == nil)
    }
}
