/// The tasks for people that the store in memory has, as the scripts keep them in Redis.
struct MemoryPeople {
    private struct Kept {
        var task: StoredPerson
        var token: Digest?
        var asking = ""
    }

    /// As many of one request as `person.lua` keeps, and as many closed ones as it lists.
    private static let most = 256
    private static let mostClosed = 1000
    private static let looked = 500

    private var all: [PersonKey: Kept] = [:]
    private var ofRequest: [RecordKey: [PersonKey]] = [:]
    private var closed: [(number: UInt64, key: PersonKey)] = []
    private var last: UInt64 = 0

    typealias Lookup = (RecordKey) -> MemoryRecord?

    mutating func perform(
        _ command: PersonCommand, at now: UInt64, _ lookup: Lookup
    ) -> PersonReply {
        switch command {
        case .ask(let question): return .asked(question.key, ask(question, now, lookup))
        case .withdraw(let key, _, let state):
            if all[key]?.task.state == .open { close(key, state, now) }
            return .withdrawn(key)
        case .answer(let answer):
            return .answered(answer.key, self.answer(answer, now, lookup))
        case .allow(let key, let token, let arguments):
            if let no = refusal(key, arguments, now) { return .answered(key, no) }
            all[key]?.token = token
            return .answered(key, kept(key))
        case .read(let keys):
            let found = keys.prefix(PersonCommand.mostRead).compactMap { all[$0]?.task }
            return .found(found)
        case .list(let query): return list(query)
        case .news(let known): return news(since: known)
        }
    }

    /// The request has ended: nobody need answer what it asked.
    mutating func dismiss(_ record: RecordKey, at now: UInt64) {
        for key in ofRequest[record] ?? [] where all[key]?.task.state == .open {
            close(key, .withdrawn, now)
        }
    }

    mutating func forget(_ record: RecordKey) {
        for key in ofRequest.removeValue(forKey: record) ?? [] { all[key] = nil }
    }

    // MARK: - Steps

    private mutating func ask(
        _ question: PersonCommand.Question, _ now: UInt64, _ lookup: Lookup
    ) -> PersonVerdict {
        guard let record = lookup(question.record) else { return .gone }
        guard record.request.state == .running else { return .fenced }
        if let kept = all[question.key], kept.task.arguments == question.arguments {
            if let word = kept.task.word { return .answered(word) }
            if kept.task.state == .open { return .open }
        }
        guard all[question.key] != nil || makeRoom(question.record) else { return .full }
        record.note("asked", agent: question.assignee, at: now)
        record.added += question.content.count
        closed.removeAll { $0.key == question.key }
        ofRequest[question.record, default: []].removeAll { $0 == question.key }
        ofRequest[question.record, default: []].append(question.key)
        all[question.key] = Kept(task: StoredPerson(question, at: now))
        return .open
    }

    private mutating func makeRoom(_ record: RecordKey) -> Bool {
        let mine = ofRequest[record] ?? []
        guard mine.count >= Self.most else { return true }
        guard let place = mine.firstIndex(where: { all[$0]?.task.state != .open }) else {
            return false
        }
        all[mine[place]] = nil
        ofRequest[record]?.remove(at: place)
        return true
    }

    private mutating func close(_ key: PersonKey, _ state: StoredPerson.State, _ now: UInt64) {
        all[key]?.task.state = state
        all[key]?.task.ended = now
        all[key]?.token = nil
        last += 1
        closed.append((last, key))
        if closed.count > Self.mostClosed { closed.removeFirst(closed.count - Self.mostClosed) }
    }

    private func refusal(
        _ key: PersonKey, _ arguments: Digest, _ now: UInt64
    ) -> PersonDecision? {
        guard let task = all[key]?.task else { return .unknown }
        switch task.state {
        case .answered: return .answered(by: task.by, at: task.ended)
        case .withdrawn: return .withdrawn(at: task.ended)
        case .expired: return .expired(at: task.ended)
        case .open: break
        }
        if task.due > 0, now >= task.due { return .expired(at: task.due) }
        return task.arguments == arguments ? nil : .changed
    }

    private func kept(_ key: PersonKey) -> PersonDecision {
        let task = all[key]?.task
        return .kept(request: task?.request ?? "", tenant: task?.tenant ?? "")
    }

    private mutating func answer(
        _ answer: PersonCommand.Answer, _ now: UInt64, _ lookup: Lookup
    ) -> PersonDecision {
        let key = answer.key
        if all[key]?.task.state == .answered, all[key]?.asking == answer.asking {
            return kept(key)
        }
        if let no = refusal(key, answer.arguments, now) { return no }
        guard answer.token == nil || answer.token == all[key]?.token else { return .token }
        guard let task = all[key]?.task, let record = lookup(task.record),
            !record.request.state.isTerminal
        else { return .withdrawn(at: now) }
        record.note("answered", instance: answer.by, at: now)
        record.added += answer.content.count
        all[key]?.task.answer = answer.content
        all[key]?.task.by = answer.by
        all[key]?.asking = answer.asking
        close(key, .answered, now)
        return kept(key)
    }

    // MARK: - Looking

    private func list(_ query: PersonCommand.Query) -> PersonReply {
        let limit = max(1, min(100, query.limit))
        let offset = max(0, query.offset)
        let tasks = query.isOpen ? waiting(query.tenant) : closed.map(\.key)
        let picks = !query.assignee.isEmpty || !query.isOpen && query.tenant != nil
        var found: [StoredPerson] = []
        var looked = 0
        for key in tasks.dropFirst(offset).prefix(picks ? Self.looked : limit) {
            if found.count == limit { break }
            looked += 1
            guard var task = all[key]?.task,
                query.assignee.isEmpty || task.assignee == query.assignee,
                query.tenant == nil || task.tenant == query.tenant
            else { continue }
            (task.content, task.answer) = ([], [])
            found.append(task)
        }
        let next = offset + looked < tasks.count && looked > 0 ? offset + looked : nil
        return .listed(found, total: tasks.count, next: next)
    }

    private func waiting(_ tenant: String?) -> [PersonKey] {
        let open = all.values.lazy.map(\.task).filter {
            $0.state == .open && (tenant == nil || $0.tenant == tenant)
        }
        return open.sorted { left, right in
            (left.asked, left.key.digest.description) < (right.asked, right.key.digest.description)
        }.map(\.key)
    }

    private func news(since known: UInt64) -> PersonReply {
        let isWhole =
            known <= last
            && (closed.first.map { $0.number <= known + 1 } ?? true
                || closed.count < Self.mostClosed)
        let found = closed.filter { $0.number > known }.prefix(256)
        let reached = found.count == 256 ? found.last?.number ?? last : last
        return .news(found.map(\.key), last: reached, isWhole: isWhole)
    }
}
