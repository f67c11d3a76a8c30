import Telemetry
import Wire

/// A batch as a call of a script: which one, and its arguments. What is sent again says the same
/// about the request; only who asks and when may have changed.
struct StateCall {
    let script: RedisScript
    private(set) var arguments = RedisArguments()
    /// What Redis holds of each of its requests if it keeps them; empty where that is not known.
    private(set) var records: [LeanRecord] = []

    /// Who asks, and what time it is.
    struct Asker {
        var me: String
        var now: UInt64
        /// Tells this process from any other, whatever its name.
        var session = ""
    }

    init(
        _ batch: StateBatches.Batch, by asker: Asker, _ settings: StoreSettings,
        knowing known: LeanRecords = LeanRecords()
    ) {
        script = Self.script(of: batch)
        begin(batch.kind, asker, settings)
        if pack(batch, by: asker, settings, known) { return }
        for command in batch.commands { add(command, asker, settings) }
    }

    private static func script(of batch: StateBatches.Batch) -> RedisScript {
        switch batch.kind {
        case .accept: .accept
        case .attempt: .attempt
        case .start: .start
        case .advance: .advance
        case .journal: .journal
        case .finish: .finish
        case .park: .park
        case .release: .release
        case .words: .words
        case .endEffect: .effectDone
        case .claim: .claim
        case .person: .person
        case .decision, .question, .session: batch.commands.first.map(script(of:)) ?? .read
        }
    }

    private static func script(of command: StateCommand) -> RedisScript {
        switch command {
        case .resolve: .resolve
        case .cancel: .cancel
        case .revive: .revive
        case .discard: .discard
        case .beginEffect: .effect
        case .freeze: .freeze
        case .deposit: .deposit
        case .readJournal: .readJournal
        case .keepWorkflow: .keepWorkflow
        case .workflow: .workflow
        case .list: .list
        case .figures: .figures
        case .session(_, let command): command.script
        case .person(_, let command): command.script
        case .event(_, let command): command.script
        case .schedule(_, let command): command.script
        default: .read
        }
    }

    // MARK: - What comes before the items

    private mutating func begin(
        _ kind: StateCommand.Kind, _ asker: Asker, _ settings: StoreSettings
    ) {
        guard kind.isGathered, !kind.isQuestion else { return }
        arguments.text(asker.me)
        arguments.number(asker.now)
        switch kind {
        case .accept:
            arguments.number(settings.ready)
            arguments.number(settings.tenantInFlight)
        case .finish: trims(settings)
        default: break
        }
    }

    /// How much that has ended is kept.
    private mutating func trims(_ settings: StoreSettings) {
        arguments.number(settings.retention.milliseconds)
        arguments.number(settings.finishedKept)
        arguments.number(settings.finishedBytes)
        arguments.number(settings.deadKept)
    }

    // MARK: - Packed

    /// Writes all items in the form that costs least; false where one of them has no such form.
    private mutating func pack(
        _ batch: StateBatches.Batch, by asker: Asker, _ settings: StoreSettings,
        _ known: LeanRecords
    ) -> Bool {
        guard !batch.hasRepeats else { return false }
        switch batch.kind {
        case .accept:
            guard let items = PackedAcceptances(batch, by: asker, prefix: settings.prefix) else {
                return false
            }
            records = items.records
            items.write(to: &arguments)
        case .finish:
            let items = PackedEndings(batch, known, at: asker.now, prefix: settings.prefix)
            guard let items else { return false }
            items.write(to: &arguments)
        default: return false
        }
        return true
    }

    // MARK: - Items

    private mutating func add(
        _ command: StateCommand, _ asker: Asker, _ settings: StoreSettings
    ) {
        switch command {
        case .accept(_, let item): accept(item)
        case .attempt(_, let item):
            arguments.digest(item.key.digest)
            arguments.number(item.number)
        case .start(_, let item): start(item)
        case .advance(_, let item): advance(item)
        case .journal(_, let item): arguments.journal(item)
        case .finish(_, let item): finish(item)
        case .park(_, let item): park(item)
        case .person(_, let command): command.write(&arguments, by: asker)
        case .release(_, let key), .words(_, let key): arguments.digest(key.digest)
        case .claim(let count):
            texts(asker.me)
            arguments.number(asker.now)
            arguments.number(count)
        case .beginEffect(let ticket, let effect):
            arguments.text(asker.me)
            field(effect)
            flag(effect.isUnsafe)
            // Asked again because an answer was lost, it is the same asking.
            let asking = effect.asking
            arguments.text(asking.isEmpty ? "\(asker.session)/\(ticket)" : asking)
        case .endEffect(_, let effect, let result):
            arguments.text(asker.me)
            field(effect)
            result.withBytes { arguments.bytes($0) }
        default: ask(command, asker, settings)
        }
    }

    private mutating func ask(
        _ command: StateCommand, _ asker: Asker, _ settings: StoreSettings
    ) {
        switch command {
        case .read(_, let key, let from):
            arguments.digest(key.digest)
            arguments.number(from)
        case .readJournal(_, let key, let from):
            arguments.digest(key.digest)
            for number in [max(0, from), JournalPage.mostEntries, JournalPage.mostBytes] {
                arguments.number(number)
            }
        case .keepWorkflow(_, let digest, let text):
            arguments.text(digest)
            arguments.number(StateCommand.workflowLife.milliseconds / 1000)
            arguments.bytes(text)
        case .workflow(_, let digest): arguments.text(digest)
        case .resolve(_, let key, let resolution, let who):
            resolve(key, resolution, who, asker, settings)
        case .cancel(_, let key, let who), .revive(_, let key, let who):
            arguments.number(asker.now)
            arguments.digest(key.digest)
            arguments.text(who)
        case .discard(_, let key):
            arguments.number(asker.now)
            arguments.digest(key.digest)
        case .list(_, let query):
            texts(query.kind.rawValue, query.tenant ?? "")
            arguments.number(max(0, query.offset))
            arguments.number(max(0, query.limit))
        case .freeze(_, let agent, let isFrozen, let reason):
            arguments.text(agent)
            flag(isFrozen)
            arguments.text(reason)
        case .deposit(_, let item):
            arguments.digest(item.key.digest)
            arguments.text(item.name)
            arguments.message(item.message)
        case .figures(_, let hours):
            arguments.number(asker.now)
            arguments.number(hours)
        case .session(_, let command):
            command.write(&arguments, now: asker.now, settings)
        case .event(_, let command): command.write(&arguments, now: asker.now)
        case .schedule(_, let command): command.write(&arguments, now: asker.now)
        default: break
        }
    }

    private mutating func accept(_ item: StateCommand.Acceptance) {
        arguments.digest(item.key.digest)
        texts(item.id, item.tenant, item.agent)
        arguments.digest(item.body)
        arguments.number(item.deadline)
        arguments.number(item.priority)
        flag(item.waits)
        arguments.message(item.input)
    }

    private mutating func start(_ item: StateCommand.StepStart) {
        arguments.digest(item.key.digest)
        numbers(item.step, item.attempt)
        texts(item.agent, item.instance)
    }

    private mutating func advance(_ item: StateCommand.Advance) {
        arguments.digest(item.key.digest)
        numbers(item.step, item.attempt)
        texts(item.agent, item.instance)
        arguments.number(item.took)
        arguments.text(item.next)
        arguments.number(item.size)
        arguments.message(item.result)
    }

    private mutating func finish(_ item: StateCommand.Ending) {
        arguments.digest(item.key.digest)
        arguments.text(item.state.rawValue)
        numbers(item.step, item.attempt)
        texts(item.agent, item.instance, item.code)
        arguments.number(item.took)
        flag(item.isDead)
        arguments.number(item.size)
        arguments.message(item.output)
        flag(item.projection != nil)
    }

    private mutating func park(_ item: StateCommand.Parking) {
        arguments.digest(item.key.digest)
        numbers(item.step, item.attempt)
        texts(item.agent, item.instance, item.reason)
    }

    private mutating func resolve(
        _ key: RecordKey, _ resolution: StateCommand.Resolution, _ who: String, _ asker: Asker,
        _ settings: StoreSettings
    ) {
        arguments.number(asker.now)
        arguments.digest(key.digest)
        switch resolution.verdict {
        case .done: arguments.text("D")
        case .failed: arguments.text("F")
        case .again: arguments.text("A")
        }
        texts(who, resolution.code)
        arguments.number(resolution.output?.count ?? 0)
        if let output = resolution.output {
            arguments.message(output)
        } else {
            arguments.text("")
        }
        trims(settings)
    }

    private mutating func field(_ effect: StateCommand.Effect) {
        arguments.digest(effect.key.digest)
        arguments.text("\(effect.step) \(effect.call)")
    }

    // MARK: - Small things

    private mutating func texts(_ texts: String...) { for text in texts { arguments.text(text) } }
    private mutating func numbers(_ step: Int, _ attempt: Int) {
        arguments.number(step)
        arguments.number(attempt)
    }
    private mutating func flag(_ isSet: Bool) { arguments.text(isSet ? "1" : "0") }
}

extension StateCommand.Advance {
    /// What keeping the result costs, in bytes.
    fileprivate var size: Int { result.count }
}
