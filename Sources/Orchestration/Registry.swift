import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Which agents exist and which workers serve them; nobody configures it, HELLO and silence do.
///
/// It keeps no clock and sends nothing: it only answers who could take a request.
struct Registry {
    private(set) var workers: [Worker] = []
    private(set) var agents: [Agent] = []
    private var freeWorkers: [Int] = []
    private var numbers: [String: Int] = [:]

    /// A worker process, as this orchestrator knows it.
    struct Worker {
        var peer: PeerID
        var instance: String
        var version: String
        var capacity: Int
        var agents: [Int]
        /// Tasks this orchestrator has given it and that are not answered.
        var inFlight = 0
        /// What it last said it has in hand, from all orchestrators.
        var running = 0
        var isLive = true
        var isReachable = true
        var isDraining = false
        var pausedUntil = Instant.zero
        var figures = Figures()

        func takes(at now: Instant) -> Bool {
            isLive && isReachable && !isDraining && inFlight < capacity && pausedUntil <= now
        }
    }

    /// An agent: its description and whoever serves it.
    struct Agent {
        let name: String
        var description: AgentDescription
        var effect: Effect
        var workers: [Int] = []
        var turn = 0
        /// Slots of requests that wait for a place, first come first served.
        var waiting = Deque<Int>()
        var figures = Figures()
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

    var agentNames: [String] { agents.filter { !$0.workers.isEmpty }.map(\.name) }

    /// Adds a worker with its agents.
    mutating func add(_ worker: consuming Worker, serving descriptions: [AgentDescription]) -> Int {
        let number = freeWorkers.popLast() ?? workers.count
        worker.agents = descriptions.map { description in
            let agent = note(description)
            agents[agent].workers.append(number)
            return agent
        }
        if number == workers.count { workers.append(worker) } else { workers[number] = worker }
        return number
    }

    /// Takes a worker out; its agents stay known, so that requests may wait for their return.
    mutating func remove(_ worker: Int) {
        for agent in workers[worker].agents { agents[agent].workers.removeAll { $0 == worker } }
        workers[worker].isLive = false
        workers[worker].agents = []
        workers[worker].inFlight = 0
        freeWorkers.append(worker)
    }

    mutating func withWorker(_ worker: Int, _ body: (inout Worker) -> Void) {
        body(&workers[worker])
    }
    mutating func withAgent(_ agent: Int, _ body: (inout Agent) -> Void) { body(&agents[agent]) }

    /// An instance of the agent with a place, taken in turns.
    mutating func choose(_ agent: Int, instance: String?, at now: Instant) -> Int? {
        let count = agents[agent].workers.count
        for step in 0..<count {
            let turn = (agents[agent].turn + step) % count
            let worker = agents[agent].workers[turn]
            if let instance, workers[worker].instance != instance { continue }
            guard workers[worker].takes(at: now) else { continue }
            agents[agent].turn = (turn + 1) % count
            return worker
        }
        return nil
    }

    func serves(_ agent: Int, instance: String) -> Bool {
        agents[agent].workers.contains { workers[$0].instance == instance }
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
