import Document

/// An open scope: a list of tasks, how far it is, and the state of the one task of it that runs. A
/// strand is a stack of these, so what is open is as deep as the file and no deeper.
struct Level: Sendable {
    let list: ListNode
    let role: Role
    /// Which iteration or attempt of the task around it this is.
    let ordinal: Int
    /// What expressions may name beside the arguments of the language.
    let variables: [String: Value]
    /// What stands around the reference of a task in its key.
    let prefix: String
    let suffix: String
    /// Whether the tasks belong to an extension; nothing extends those.
    let isExtension: Bool

    var position = 0
    /// How often control came back to an earlier task.
    var lap = 0
    /// The raw input of the task at the position; behind the last one, the output of the list.
    var data: Value
    var stage = Stage.idle
    var exits = false

    // The running task.
    var input = Value.null
    var raw = Value.null
    var began = Moment(nanoseconds: 0)
    var deadline: Moment?
    /// Where a switch or a catch sends control after the task.
    var directive: FlowDirective?
    var authorization: Value?
    var work = Work.none
    /// What the task has asked for and must take back when it ends early.
    var open: Set<StepKey> = []

    enum Role: Sendable {
        case root, branch, `do`, iteration, attempt, handler, each, function, `extension`
    }
    enum Stage: Sendable {
        /// No task has begun: the next one does, or the list ends.
        case idle
        /// The extensions before the task, from this one on.
        case before(Int)
        case body
        /// The task has given its raw output; the extensions after it, from this one on.
        case after(Int)
        /// Something else must happen first.
        case waiting
    }

    init(
        _ list: ListNode, _ role: Role, data: Value, ordinal: Int = 0, variables: [String: Value],
        prefix: String, suffix: String, isExtension: Bool
    ) {
        self.list = list
        self.role = role
        self.data = data
        self.ordinal = ordinal
        self.variables = variables
        self.prefix = prefix
        self.suffix = suffix
        self.isExtension = isExtension
    }

    var node: TaskNode { list.tasks[position] }

    /// Whether a task has begun and not ended.
    var isRunning: Bool { if case .idle = stage { false } else { position < list.tasks.count } }

    /// The key of the running task, at a depth of its strand.
    func key(_ depth: Int) -> StepKey {
        let reference = node.task.reference
        if lap == 0, prefix.isEmpty, suffix.isEmpty { return StepKey(reference) }
        return StepKey(prefix + reference + lapped(depth))
    }

    /// The suffix with the lap in it.
    func lapped(_ depth: Int) -> String {
        guard lap > 0 else { return suffix }
        return (suffix.isEmpty ? "#" : suffix + ".") + "~\(depth):\(lap)"
    }
}

/// A sequence of work: the workflow itself, or a branch of a fork.
struct Strand: Sendable {
    var levels: [Level]
    /// The strand and depth of the fork that this is a branch of.
    var parent: Int
    var depth: Int
    var branch: Int
    /// Depths count from the root of the workflow, so that keys do not repeat.
    var base: Int
    var isOpen = true
}

/// What the running task of a level is in the middle of.
enum Work: Sendable {
    case none
    case loop(LoopWork)
    case attempt(AttemptWork)
    case fork(ForkWork)
    case call(CallWork)
    case fan(FanWork)
    case listen(ListenWork)
    case wait
    /// A `catch` makes good what was done in a run that is cancelled.
    case makeGood
    /// The tasks of an extension, which stand before or after the one that runs.
    case extend(isBefore: Bool, next: Int)
}

struct LoopWork: Sendable {
    var items: [Value]
    var next = 0
}

struct AttemptWork: Sendable {
    var attempt = 0
    var since: Moment
    var error: FlowError?
}

struct ForkWork: Sendable {
    var strands: [Int]
    var outputs: [Value]
    var left: Int
    var competes: Bool
    var error: FlowError?
}

struct CallWork: Sendable {
    /// What the task gives if not the answer: its input where it does not wait for the end.
    var output: Value?
    /// What an unanswered question gives when its time is over.
    var fallback: Value?
}
