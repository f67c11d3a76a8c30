import Wire

/// What the store must know of a command to put it in its place: which others it travels with, the
/// request it is about, and what may become of it while Redis is away.
extension StateCommand {
    enum Kind: Int, CaseIterable {
        case accept, attempt, start, advance, journal, finish, park, release
        /// What requests ask people.
        case person
        /// Questions of which many are asked at once.
        case words
        case endEffect
        /// What became of a request of a session.
        case session
        /// Changes that a person or a worker waits for: they are refused while Redis is away.
        case decision
        case claim
        case question

        /// Whether several of them go out in one call.
        var isGathered: Bool { rawValue <= Kind.words.rawValue }

        /// Whether it changes nothing, and may be asked even by an instance whose lease is over.
        var isQuestion: Bool { self == .words || self == .question }

        /// Whether it must be kept whatever happens: the request is this instance's.
        var isOwned: Bool {
            switch self {
            case .attempt, .start, .advance, .journal, .finish, .park, .release, .endEffect,
                .session, .person:
                true
            case .accept, .words, .decision, .claim, .question: false
            }
        }
    }

    var kind: Kind {
        switch self {
        case .accept: .accept
        case .attempt: .attempt
        case .start: .start
        case .advance: .advance
        case .journal: .journal
        case .finish: .finish
        case .park: .park
        case .release: .release
        case .words: .words
        case .endEffect: .endEffect
        case .resolve, .cancel, .revive, .discard, .beginEffect, .freeze, .deposit,
            .keepWorkflow:
            .decision
        case .claim: .claim
        case .read, .readJournal, .workflow, .list, .figures: .question
        case .session(_, let command): command.kind
        case .person(_, let command): command.kind
        case .event(_, let command): command.kind
        case .schedule(_, let command): command.kind
        }
    }

    /// The request it is about, if it is about one.
    var key: RecordKey? {
        switch self {
        case .accept(_, let item): item.key
        case .attempt(_, let item): item.key
        case .start(_, let item): item.key
        case .advance(_, let item): item.key
        case .journal(_, let item): item.key
        case .finish(_, let item): item.key
        case .park(_, let item): item.key
        case .beginEffect(_, let effect), .endEffect(_, let effect, _): effect.key
        case .deposit(_, let item): item.key
        case .release(_, let key), .words(_, let key), .read(_, let key, _),
            .readJournal(_, let key, _), .resolve(_, let key, _, _),
            .cancel(_, let key, _), .revive(_, let key, _), .discard(_, let key):
            key
        case .session(_, let command): command.record
        case .person(_, let command): command.record
        case .list, .claim, .freeze, .figures, .keepWorkflow, .workflow, .event, .schedule: nil
        }
    }

    /// About how many bytes it adds to a call.
    var size: Int {
        let fields = 200
        switch self {
        case .accept(_, let item): return fields + item.input.count
        case .advance(_, let item): return fields + item.result.count
        case .journal(_, let item): return fields + item.size
        case .keepWorkflow(_, _, let text): return fields + text.count
        case .finish(_, let item): return fields + item.output.count
        case .endEffect(_, _, let result): return fields + result.count
        case .deposit(_, let item): return fields + item.message.count
        case .person(_, let command): return fields + command.size
        case .event(_, let command): return fields + command.size
        default: return fields
        }
    }
}
