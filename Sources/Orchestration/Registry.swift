import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Which agents exist and which workers serve them; nobody configures it, HELLO and silence do.
///
/// It keeps no clock and sends nothing: it only answers who could take a request.
struct Registry {
    var workers: [Worker] = []
    var agents: [Agent] = []
    private var freeWorkers: [Int] = []
    private var numbers: [String: Int] = [:]

    /// A worker process, as this orchestrator knows it.
    struct Worker {
        var peer: PeerID
        var instance: String
        var version: String
        var capacity: Int
        var agents: [Int] = []
        /// The tasks this orchestrator has given it and that are not answered.
        var tasks = SlotList()
        /// How many of them are suspected of having killed a worker: never more than one at a time.
        var suspects = 0
        /// Which of its agents is served first when it has a place again.
        var turn = 0
        /// What it last said it has in hand, from all orchestrators.
        var running = 0
        var isReachable = true
        var isDraining = false
        var pausedUntil = Instant.zero
        var figures = Figures()

        var inFlight: Int { tasks.count }

        func takes(at now: Instant) -> Bool {
            isReachable && !isDraining && inFlight < capacity && pausedUntil <= now
        }
    }

    /// An agent: its description and whoever serves it.
    struct Agent {
        let name: String
        var description: AgentDescription
        var effect: Effect
        var workers: [Int] = []
        var turn = 0
        /// Steps that wait for any instance, the urgent ones first.
        var line = ReadyLine()
        /// Requests that wait for one instance, in a line of their own so that nobody has to be
        /// passed by.
        var bound = SlotList()
        /// Requests that wait for a worker without a suspect, because they are suspects themselves.
        var suspects = SlotList()
        var figures = Figures()

        var waiting: Int { line.count + bound.count + suspects.count }
    }

    /// What an agent or a worker has done so far.
    struct Figures {
        var requests = 0
        var errors = 0
        var lastError: String?
        var processing = Duration.zero
        var stale = 0
    }

    func agent(_ name: String) -> Int? { numbers[name] }

    /// The agents somebody serves now.
    var agentNames: some Sequence<String> {
        agents.lazy.filter { !$0.workers.isEmpty }.map(\.name)
    }

    /// How many agents there would be with these.
    func count(with descriptions: [AgentDescription]) -> Int {
        agents.count + descriptions.count { numbers[$0.name] == nil }
    }

    /// Adds a worker with its agents.
    mutating func add(_ worker: consuming Worker, serving descriptions: [AgentDescription]) -> Int {
        let number = freeWorkers.popLast() ?? workers.count
        if number == workers.count { workers.append(worker) } else { workers[number] = worker }
        serve(number, descriptions)
        return number
    }

    /// Enters what a worker serves, in place of what it served before.
    mutating func serve(_ worker: Int, _ descriptions: [AgentDescription]) {
        leaveAgents(worker)
        workers[worker].agents = descriptions.map { note($0) }
        for agent in workers[worker].agents { agents[agent].workers.append(worker) }
        workers[worker].turn = 0
    }

    /// Takes a worker out; its agents stay known, so that requests may wait for their return.
    mutating func remove(_ worker: Int) {
        leaveAgents(worker)
        workers[worker].capacity = 0
        freeWorkers.append(worker)
    }

    /// An instance of the agent with a place, taken in turns.
    mutating func choose(
        _ agent: Int, instance: String?, isSuspect: Bool = false, at now: Instant
    ) -> Int? {
        let count = agents[agent].workers.count
        for step in 0..<count {
            let turn = (agents[agent].turn + step) % count
            let worker = agents[agent].workers[turn]
            if let instance, workers[worker].instance != instance { continue }
            guard workers[worker].takes(at: now) else { continue }
            if isSuspect, workers[worker].suspects > 0 { continue }
            agents[agent].turn = (turn + 1) % count
            return worker
        }
        return nil
    }

    func serves(_ agent: Int, instance: String) -> Bool {
        agents[agent].workers.contains { workers[$0].instance == instance }
    }

    private mutating func leaveAgents(_ worker: Int) {
        for agent in workers[worker].agents {
            if let place = agents[agent].workers.firstIndex(of: worker) {
                agents[agent].workers.remove(at: place)
            }
        }
        workers[worker].agents = []
    }

    private mutating func note(_ description: AgentDescription) -> Int {
        let effect = description.effect.flatMap { Effect(name: $0) } ?? .idempotent
        if let known = numbers[description.name] {
            agents[known].description = description
            agents[known].effect = effect
            return known
        }
        numbers[description.name] = agents.count
        agents.append(Agent(name: description.name, description: description, effect: effect))
        return agents.count - 1
    }
}
