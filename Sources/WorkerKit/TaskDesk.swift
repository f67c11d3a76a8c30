import Bus
import Reactor
import Telemetry
import Wire

/// The worker's part of a session: its agents, what runs, what waits for an acknowledgement.
final class TaskDesk {
    /// The limits and delays of a worker's tasks.
    struct Rules {
        var version = "1.0.0"
        var instance: String?
        var capacity = 64
        /// The texts of the workflow files that come with it.
        var workflows: [String] = []
        /// How long a cancelled handler may take to end before the process leaves.
        var grace = Duration.seconds(5)
        var outbox = ResultOutbox.Limits()
        /// Where results are kept beyond the life of the process; empty: nowhere.
        var outboxFolder = ""
        /// What is done with broadcasts to everybody.
        var onBroadcast: BroadcastDesk.Handler?

        init() {}
    }

    /// What is looked up with every task: an agent without its description.
    final class Offer {
        let name: String
        let effect: Effect
        let handler: Agent.Handler

        convenience init(_ agent: Agent) {
            self.init(agent.name, agent.effect, agent.handler)
        }

        init(_ name: String, _ effect: Effect, _ handler: Agent.Handler) {
            self.name = name
            self.effect = effect
            self.handler = handler
        }

        /// Whether it answers at once, without a task.
        var isDirect: Bool {
            if case .direct = handler { true } else { false }
        }
    }

    let rules: Rules
    var offers: [String: Offer]
    let broadcasts: BroadcastDesk
    static let addressLimit = 4096
    private let descriptions: [AgentDescription]
    let pool: BlockingPool?
    var tasks = TaskTable()
    var outbox: ResultOutbox
    var held = HeldAnswers()
    var effects: EffectTable
    var isDraining = false
    /// Whether nobody can do a task just now; those that are given nevertheless are turned away.
    var isResting = false
    private var number: UInt64 = 0
    /// Lines about failures that the log takes in a second.
    var failures = Throttle(20)
    /// Tells the worker why it must end.
    private let onEnd: (Fault) -> Void
    private var hasEnded = false

    /// - Parameter session: the name of this process's life, which its words begin with.
    init(
        _ agents: [Agent], _ rules: Rules, pool: BlockingPool?, session: String,
        onEnd: @escaping (Fault) -> Void
    ) {
        self.rules = rules
        offers = Dictionary(agents.map { ($0.name, Offer($0)) }) { first, _ in first }
        broadcasts = BroadcastDesk(offers.values, everybody: rules.onBroadcast)
        descriptions = agents.map(\.description)
        self.pool = pool
        self.onEnd = onEnd
        outbox = ResultOutbox(rules.outbox)
        effects = EffectTable(prefix: "e" + session.prefix(5))
    }

    /// A name for the next task.
    func nextKey() -> TaskTable.Key {
        number += 1
        return TaskTable.Key(number: number)
    }

    var firstAgent: String { descriptions.first?.name ?? "" }

    var running: Int { tasks.count }

    var isIdle: Bool { tasks.count == 0 && outbox.count == 0 && effects.isEmpty }

    /// Tasks that may be given to this worker at once.
    var credit: Int { isDraining || isResting || outbox.isFull ? 0 : rules.capacity }

    var nextLook: Instant? {
        let watched = tasks.running.values.lazy.map { [rules] in
            Watchdog.nextLook($0, rules.grace)
        }.min()
        return [watched, outbox.nextDue, effects.nextLook].compactMap(\.self).min()
    }

    func fail(_ fault: Fault) {
        guard !hasEnded else { return }
        hasEnded = true
        onEnd(fault)
    }

    /// Cancels what runs; its answers reach nobody.
    func stop() {
        for task in tasks.running.values {
            task.context.cancel()
            task.job?.cancel()
        }
    }

    /// - Parameter isLive: whether the orchestrator of a link can be reached.
    func describe(in hello: inout Hello, _ link: LinkID, isLive: (LinkID) -> Bool) {
        hello.instance = rules.instance
        hello.version = rules.version
        hello.capacity = rules.capacity
        hello.agents = descriptions
        if !rules.workflows.isEmpty { hello.workflows = rules.workflows }
        hello.inflight =
            tasks.tasks { $0?.link == link }.compactMap { Hello.Inflight($0.context) }
            + held.tasks(of: link).compactMap { Hello.Inflight($0) }
            + outbox.results { $0?.link == link }.compactMap { Hello.Inflight($0) }
        let orphans = orphans(for: link, isLive: isLive)
        hello.orphans = orphans.isEmpty ? nil : orphans
    }
}

extension Hello.Inflight {
    fileprivate init?(_ task: TaskContext) {
        let charge = task.charge
        guard let home = charge.home else { return nil }
        self.init(
            request: task.requestID, step: task.step, attempt: task.attempt,
            fence: charge.fence.isEmpty ? nil : charge.fence, dispatch: home.dispatch,
            state: .running)
    }

    fileprivate init?(_ entry: ResultOutbox.Entry) {
        guard let home = entry.home else { return nil }
        self.init(
            request: entry.key.request, step: entry.key.step, attempt: entry.key.attempt,
            fence: entry.fence.isEmpty ? nil : entry.fence, dispatch: home.dispatch, state: .done)
    }
}
