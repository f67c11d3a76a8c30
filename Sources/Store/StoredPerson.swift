/// A task for a person as the store has it.
package struct StoredPerson: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case open = "O"
        case answered = "A"
        case withdrawn = "W"
        case expired = "E"

        package var word: String { "\(self)" }
    }

    package var key: PersonKey
    package var state = State.open
    package var record: RecordKey
    package var request = ""
    package var tenant = ""
    package var step = ""
    package var assignee = ""
    package var title = ""
    /// Milliseconds since 1970; 0: never.
    package var asked: UInt64 = 0
    package var due: UInt64 = 0
    package var ended: UInt64 = 0
    package var arguments: Digest
    /// Who answered.
    package var by = ""
    /// Empty in lists.
    package var content: [UInt8] = []
    package var answer: [UInt8] = []

    package init(_ question: PersonCommand.Question, at now: UInt64) {
        key = question.key
        record = question.record
        request = question.request
        tenant = question.tenant
        step = question.step
        assignee = question.assignee
        title = question.title
        asked = now
        due = question.due
        arguments = question.arguments
        content = question.content
    }

    /// What a person said, where somebody has.
    package var word: PersonWord? {
        state == .answered ? PersonWord(content: answer, by: by, at: ended) : nil
    }

    /// Reads what Redis holds; what makes no sense gives nothing.
    init?(_ reply: RedisReply) {
        guard let parts = reply.array, parts.count == 2,
            let digest = parts[0].text.flatMap({ Digest(written: $0) }),
            let fields = parts[1].pairs
        else { return nil }
        var known: [String: RedisReply] = [:]
        for (name, value) in fields { known[name.text ?? ""] = value }
        func number(_ name: String) -> UInt64? { known[name].flatMap(\.unsigned) }
        guard known["v"]?.text == "1",
            let state = known["st"]?.text.flatMap(State.init(rawValue:)),
            let record = known["k"]?.text.flatMap({ RecordKey($0) }),
            let arguments = known["ah"]?.text.flatMap({ Digest(written: $0) }),
            let asked = number("at"), let due = number("du")
        else { return nil }
        key = PersonKey(digest)
        (self.state, self.record, self.arguments) = (state, record, arguments)
        (self.asked, self.due, ended) = (asked, due, number("en") ?? 0)
        request = known["rq"]?.text ?? ""
        tenant = known["tn"]?.text ?? ""
        step = known["sk"]?.text ?? ""
        assignee = known["as"]?.text ?? ""
        title = known["ti"]?.text ?? ""
        by = known["by"]?.text ?? ""
        content = known["q"]?.bytes ?? []
        answer = known["a"]?.bytes ?? []
    }
}

extension PersonKey {
    init(_ digest: Digest) { self.digest = digest }
}
