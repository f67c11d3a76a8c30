import Wire

/// What an answer of Redis says to each command of a batch. It decides nothing and sends nothing.
struct StateAnswers {
    private(set) var replies: [StateReply] = []
    /// What is worth a line in the log: the request and why its record makes no sense.
    private(set) var corrupt: [StoredRequest.Unreadable] = []
    /// Commands whose item makes no sense; they are answered, too.
    private(set) var spoilt: [RecordKey] = []

    /// No letter of any script: whoever asks again is told what counts.
    private static let nonsense = UInt8(ascii: "?")

    /// The answers to a reply that is no error.
    init(_ batch: StateBatches.Batch, _ reply: RedisReply) {
        if batch.kind == .words {
            told(batch, reply)
        } else if batch.kind == .person {
            asked(batch, reply)
        } else if batch.kind.isGathered {
            let count = batch.commands.count
            let letters =
                StateLetter.letters(reply, count: count)
                ?? [UInt8](repeating: Self.nonsense, count: count)
            for (command, letter) in zip(batch.commands, letters) { answer(command, letter) }
        } else if let command = batch.commands.first {
            answer(command, reply)
        }
    }

    /// The answers to commands that were not done and will not be tried again.
    init(failing commands: [StateCommand], reason: String) {
        for command in commands { fail(command, reason) }
    }

    /// The answers to commands of which nobody knows whether they were done.
    init(doubting commands: [StateCommand], reason: String) {
        for command in commands {
            if case .accept(let token, _) = command {
                replies.append(.accepted(token, .unknown(reason: reason)))
            } else {
                fail(command, reason)
            }
        }
    }

    /// Takes a command for done that can never be: the record it is about makes no sense.
    init(spoiling command: StateCommand, reason: String) {
        if command.kind.isGathered {
            answer(command, UInt8(ascii: "X"))
        } else {
            fail(command, reason)
        }
    }

    // MARK: - Letters

    private mutating func answer(_ command: StateCommand, _ letter: UInt8) {
        let keeping = Keeping(letter: letter)
        switch command {
        case .accept(let token, let item):
            let verdict = AcceptVerdict(letter: letter)
            let refused = AcceptVerdict.refused(reason: "the store's answer makes no sense")
            replies.append(.accepted(token, verdict ?? refused))
            if verdict == nil || verdict == .unreadable { spoilt.append(item.key) }
            return
        case .attempt(let token, _): replies.append(.attempted(token, keeping ?? .fenced))
        case .start(let token, _): replies.append(.started(token, keeping ?? .fenced))
        case .advance(let token, _): replies.append(.advanced(token, keeping ?? .fenced))
        case .journal(let token, _): replies.append(.journaled(token, keeping ?? .fenced))
        case .finish(let token, _): replies.append(.finished(token, keeping ?? .fenced))
        case .park(let token, _): replies.append(.parked(token, keeping ?? .fenced))
        case .release(let token, _): replies.append(.released(token, keeping ?? .fenced))
        case .person(let ticket, .ask(let question)):
            replies.append(.person(ticket, .asked(question.key, .unreadable)))
            return
        default: return
        }
        if keeping == nil || keeping == .unreadable, let key = command.key { spoilt.append(key) }
    }

    // MARK: - Answers to one command

    private mutating func answer(_ command: StateCommand, _ reply: RedisReply) {
        switch command {
        case .read(let ticket, let key, let from): read(ticket, key, reply, from)
        case .resolve(let ticket, let key, _, _), .cancel(let ticket, let key, _),
            .revive(let ticket, let key, _), .discard(let ticket, let key):
            decided(ticket, key, reply)
        case .freeze(let ticket, _, _, _): decided(ticket, nil, reply)
        case .list(let ticket, _): list(ticket, reply)
        case .claim: claimed(reply)
        case .beginEffect(let ticket, let effect), .endEffect(let ticket, let effect, _):
            if let verdict = EffectVerdict(reply) {
                replies.append(.effect(ticket, verdict))
            } else {
                nonsense(ticket, effect.key)
            }
        case .readJournal(let ticket, let key, let from): journal(ticket, key, reply, from)
        case .keepWorkflow(let ticket, _, _):
            guard reply.text == "OK" else { return nonsense(ticket, nil) }
            replies.append(.keptWorkflow(ticket))
        case .workflow(let ticket, _): replies.append(.workflow(ticket, reply.bytes))
        case .deposit(let ticket, let item): deposited(ticket, item.key, reply)
        case .figures(let ticket, _):
            replies.append(.figures(ticket, Self.figures(reply)))
        case .session(let ticket, let command):
            if let answer = command.answer(reply) {
                replies.append(.session(ticket, answer))
            } else {
                let reason = "what the store holds of this session cannot be read"
                replies.append(.unreadable(ticket, reason: reason))
            }
        case .person(let ticket, let command):
            let isOne = command.kind == .decision
            if let answer = command.reply(isOne ? reply.array?.first ?? .null : reply) {
                replies.append(.person(ticket, answer))
            } else {
                nonsense(ticket, command.record)
            }
        case .event(let ticket, let command):
            guard let answer = command.answer(reply) else { return nonsense(ticket, nil) }
            replies.append(.event(ticket, answer))
        case .schedule(let ticket, let command):
            guard let answer = command.answer(reply) else { return nonsense(ticket, nil) }
            replies.append(.schedule(ticket, answer))
        default: break
        }
    }

    private mutating func read(
        _ ticket: UInt64, _ key: RecordKey, _ reply: RedisReply, _ from: UInt64
    ) {
        guard reply.array != nil || reply.text != nil else {
            replies.append(.read(ticket, nil))
            return
        }
        switch StoredRequest.item(reply, from: from) {
        case .request(let request): replies.append(.read(ticket, request))
        case .unreadable(var item):
            item.key = item.key ?? key
            corrupt.append(item)
            let reason = "what the store holds of this request cannot be read: \(item.reason)"
            replies.append(.unreadable(ticket, reason: reason))
        }
    }

    private mutating func journal(
        _ ticket: UInt64, _ key: RecordKey, _ reply: RedisReply, _ from: Int
    ) {
        if case .null = reply { return replies.append(.journalPage(ticket, nil)) }
        guard let page = JournalPage(reply, from: from) else { return nonsense(ticket, key) }
        replies.append(.journalPage(ticket, page))
    }

    private mutating func told(_ batch: StateBatches.Batch, _ reply: RedisReply) {
        let lists = reply.array ?? []
        for (place, command) in batch.commands.enumerated() {
            guard case .words(let ticket, _) = command else { continue }
            let words = place < lists.count ? StoredRequest.words(lists[place]) : []
            replies.append(.words(ticket, words))
        }
    }

    private mutating func asked(_ batch: StateBatches.Batch, _ reply: RedisReply) {
        let answers = reply.array ?? []
        for (place, command) in batch.commands.enumerated() {
            guard case .person(let ticket, let command) = command,
                let answer = command.reply(place < answers.count ? answers[place] : .null)
            else { continue }
            replies.append(.person(ticket, answer))
        }
    }

    private mutating func decided(_ ticket: UInt64, _ key: RecordKey?, _ reply: RedisReply) {
        if let decided = StateLetter.word(reply).flatMap(Decided.init(word:)) {
            replies.append(.decided(ticket, decided))
        } else {
            nonsense(ticket, key)
        }
    }

    private mutating func deposited(_ ticket: UInt64, _ key: RecordKey, _ reply: RedisReply) {
        if let parts = reply.array, parts.count == 2, let owner = parts[1].text {
            return replies.append(.deposited(ticket, .kept(owner: owner)))
        }
        switch StateLetter.word(reply) {
        case "G", "T": replies.append(.deposited(ticket, .over))
        case "Q": replies.append(.failed(ticket, reason: "it has too many words to be told"))
        default: nonsense(ticket, key)
        }
    }

    private mutating func nonsense(_ ticket: UInt64, _ key: RecordKey?) {
        if let key { spoilt.append(key) }
        let reason = "what the store holds of this request cannot be read"
        replies.append(.unreadable(ticket, reason: reason))
    }

    private mutating func list(_ ticket: UInt64, _ reply: RedisReply) {
        let parts = reply.array ?? []
        var requests: [StoredRequest] = []
        for part in parts.dropFirst() {
            switch StoredRequest.row(part) {
            case .request(let request): requests.append(request)
            case .unreadable(let item): corrupt.append(item)
            }
        }
        let total = parts.first?.unsigned.flatMap { Int(exactly: $0) } ?? requests.count
        replies.append(.listed(ticket, requests, total: total))
    }

    private mutating func claimed(_ reply: RedisReply) {
        let items = StoredItems(reply.array ?? [])
        corrupt += items.unreadable
        replies.append(.claimed(items.requests))
    }

    /// Hours with flat fields "agent n", "agent f", "agent ms".
    private static func figures(_ reply: RedisReply) -> [AgentFigures] {
        var figures: [AgentFigures] = []
        for item in reply.array ?? [] {
            guard let parts = item.array, parts.count == 2, let fields = parts[1].array,
                let hour = parts[0].unsigned.flatMap({ Int(exactly: $0) })
            else { continue }
            var agents: [String: AgentFigures] = [:]
            for place in stride(from: 0, to: fields.count - fields.count % 2, by: 2) {
                guard let name = fields[place].text, let blank = name.lastIndex(of: " "),
                    let value = fields[place + 1].unsigned.flatMap({ Int(exactly: $0) })
                else { continue }
                let agent = String(name[..<blank])
                var one =
                    agents[agent]
                    ?? AgentFigures(agent: agent, hour: hour, count: 0, failed: 0, milliseconds: 0)
                switch name[name.index(after: blank)...] {
                case "n": one.count = value
                case "f": one.failed = value
                case "ms": one.milliseconds = value
                default: break
                }
                agents[agent] = one
            }
            figures += agents.values.sorted { $0.agent < $1.agent }
        }
        return figures
    }

    // MARK: - Commands that were not done

    private mutating func fail(_ command: StateCommand, _ reason: String) {
        switch command {
        case .accept(let token, _): replies.append(.accepted(token, .refused(reason: reason)))
        case .claim: replies.append(.claimed([]))
        case .person(let ticket, .ask(let question)):
            replies.append(.person(ticket, .asked(question.key, .unreadable)))
        case .attempt(let ticket, _), .start(let ticket, _), .advance(let ticket, _),
            .journal(let ticket, _), .readJournal(let ticket, _, _),
            .keepWorkflow(let ticket, _, _), .workflow(let ticket, _), .finish(let ticket, _),
            .park(let ticket, _), .release(let ticket, _),
            .words(let ticket, _), .read(let ticket, _, _), .resolve(let ticket, _, _, _),
            .cancel(let ticket, _, _),
            .revive(let ticket, _, _), .discard(let ticket, _), .list(let ticket, _),
            .beginEffect(let ticket, _), .endEffect(let ticket, _, _),
            .freeze(let ticket, _, _, _), .figures(let ticket, _), .deposit(let ticket, _),
            .session(let ticket, _), .person(let ticket, _), .event(let ticket, _),
            .schedule(let ticket, _):
            replies.append(.failed(ticket, reason: reason))
        }
    }
}

/// Items of `claim` and `adopt`: requests that can be run, and those that nobody can read.
struct StoredItems {
    private(set) var requests: [StoredRequest] = []
    private(set) var unreadable: [StoredRequest.Unreadable] = []

    init(_ items: some Sequence<RedisReply>) {
        for item in items {
            switch StoredRequest.item(item) {
            case .request(let request) where request.input == nil:
                unreadable.append(
                    StoredRequest.Unreadable(
                        key: request.key, reason: "it has no input",
                        dump: "id=\(request.id) tn=\(request.tenant) st=\(request.state.rawValue)"))
            case .request(let request): requests.append(request)
            case .unreadable(let item): unreadable.append(item)
            }
        }
    }
}
