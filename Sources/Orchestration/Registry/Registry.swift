import Bus
import Document
import Flow
import Reactor
import Telemetry
import Wire

/// Which agents exist and which workers serve them, how well, and who takes the next task; nobody
/// configures the first two, HELLO and silence do.
///
/// It keeps no clock and sends nothing. A worker serving an agent is an instance: three tables that
/// name each other by number.
struct Registry {
    var workers: [Worker] = []
    var agents: [Agent] = []
    var instances: [Instance] = []
    private(set) var policies = Policies()
    /// Agents that people have stopped, and why.
    var frozen: [String: String] = [:]
    /// Where all that is drawn at random comes from: another one for each orchestrator, so that
    /// they do not draw alike.
    var seed: UInt64 = 1
    private var freeWorkers: [Int] = []
    private var freeInstances: [Int] = []
    private var numbers: [String: Int] = [:]
    /// What comes back by the passing of time alone.
    var rest = Rest()
    /// What is being chosen just now.
    var query = Query()

    /// An agent: its description and whoever serves it.
    struct Agent {
        let name: String
        var description: AgentDescription
        var effect: Effect
        var policy: Policy
        var breaker: Breaker
        /// Its instances by place; the open set and the balancer know them by their places.
        var instances: [Int] = []
        var named: [String: [Int]] = [:]
        var open = OpenSet()
        var balancer = Balancer()
        var pace = Pace()
        /// How many of its instances have an open breaker.
        var broken = 0
        /// Its tasks that are not answered, over all instances.
        var inFlight = 0
        /// Steps that wait for any instance, the urgent ones first.
        var line = ReadyLine()
        /// Requests that wait for one instance, in a line of their own so that nobody has to be
        /// passed by.
        var bound = SlotList()
        /// Requests that wait for a worker without a suspect, because they are suspects themselves.
        var suspects = SlotList()
        var figures = Figures()
        var retries = RetryBudget()
        var hedges = HedgeBudget()
        var slowness = Slowness()
        var isFrozen = false

        var waiting: Int { line.count + bound.count + suspects.count }
    }

    /// What an agent has done so far.
    struct Figures {
        var requests = 0
        var errors = 0
        var lastError: String?
        var processing = Duration.zero
    }

    func agent(_ name: String) -> Int? { numbers[name] }

    /// The agents somebody serves now.
    var agentNames: some Sequence<String> {
        agents.lazy.filter { !$0.instances.isEmpty }.map(\.name)
    }

    /// How many agents there would be with these.
    func count(with descriptions: [AgentDescription]) -> Int {
        agents.count + descriptions.count { numbers[$0.name] == nil }
    }

    func serves(_ agent: Int, instance: String) -> Bool {
        agents[agent].named[instance] != nil
    }

    /// The instance that stands for an agent at a worker.
    func instance(of worker: Int, serving agent: Int) -> Int? {
        workers[worker].agents.firstIndex(of: agent).map { workers[worker].instances[$0] }
    }

    /// Who serves an agent.
    func workers(of agent: Int) -> [Int] {
        agents[agent].instances.map { instances[$0].worker }
    }

    /// The agent of this name; one that was not here yet is waited for.
    mutating func expect(_ name: String) -> Int {
        agent(name) ?? note(AgentDescription(name: name))
    }

    // MARK: - Coming and going

    /// Adds a worker with its agents.
    mutating func add(_ worker: consuming Worker, serving descriptions: [AgentDescription]) -> Int {
        let number = freeWorkers.popLast() ?? workers.count
        if number == workers.count { workers.append(worker) } else { workers[number] = worker }
        serve(number, descriptions)
        return number
    }

    /// Enters what a worker serves, in place of what it served before. What it goes on serving
    /// keeps its figures and its breaker.
    mutating func serve(_ worker: Int, _ descriptions: [AgentDescription]) {
        let wanted = descriptions.map { note($0) }
        guard wanted != workers[worker].agents else { return }
        var kept: [Int: Int] = [:]
        let (agents, instances) = (workers[worker].agents, workers[worker].instances)
        for (agent, instance) in zip(agents, instances) { kept[agent] = instance }
        let served = zip(wanted, descriptions).map { agent, description in
            kept.removeValue(forKey: agent) ?? enter(worker, agent, description.version)
        }
        for instance in kept.values.sorted() { leave(instance) }
        workers[worker].agents = wanted
        workers[worker].instances = served
        workers[worker].turn = 0
    }

    /// Takes a worker out; its agents stay known, so that requests may wait for their return.
    mutating func remove(_ worker: Int) {
        for instance in workers[worker].instances { leave(instance) }
        workers[worker].retire()
        if workers[worker].inFlight == 0 { freeWorkers.append(worker) }
    }

    /// Works by other policies from now on; what breakers have counted stays.
    mutating func adopt(_ policies: Policies) {
        self.policies = policies
        for agent in agents.indices {
            let policy = policies.policy(for: agents[agent].name)
            agents[agent].policy = policy
            agents[agent].breaker.adopt(policy.breaker)
            for instance in agents[agent].instances {
                instances[instance].breaker.adopt(policy.breaker)
                countBroken(instance)
                open(instance)
            }
        }
    }

    /// The last task of an instance that had left is answered: its number may be used again.
    mutating func release(_ instance: Int) {
        let worker = instances[instance].worker
        if instances[instance].isGone, instances[instance].inFlight == 0 {
            freeInstances.append(instance)
        }
        if workers[worker].isGone, workers[worker].inFlight == 0 { freeWorkers.append(worker) }
    }

    // MARK: - Steps

    private mutating func enter(_ worker: Int, _ agent: Int, _ version: String?) -> Int {
        let number = freeInstances.popLast() ?? instances.count
        let place = agents[agent].instances.count
        let entry = Instance(
            worker: worker, agent: agent, place: place,
            version: SemanticVersion(version ?? workers[worker].version),
            breaker: Breaker(agents[agent].policy.breaker))
        if number == instances.count {
            instances.append(entry)
        } else {
            instances[number] = entry
        }
        agents[agent].instances.append(number)
        agents[agent].named[workers[worker].instance, default: []].append(number)
        agents[agent].open.append(true)
        agents[agent].balancer.append()
        return number
    }

    private mutating func leave(_ number: Int) {
        let (agent, place) = (instances[number].agent, instances[number].place)
        let name = workers[instances[number].worker].instance
        let last = agents[agent].instances.removeLast()
        if last != number {
            agents[agent].instances[place] = last
            instances[last].place = place
        }
        agents[agent].open.removeBySwap(place)
        agents[agent].balancer.removeBySwap(place)
        agents[agent].named[name]?.removeAll { $0 == number }
        if agents[agent].named[name]?.isEmpty == true { agents[agent].named[name] = nil }
        if instances[number].isBroken { agents[agent].broken -= 1 }
        instances[number].isBroken = false
        instances[number].place = Instance.gone
        if instances[number].inFlight == 0 { freeInstances.append(number) }
    }

    private mutating func note(_ description: AgentDescription) -> Int {
        let effect = description.effect.flatMap { Effect(name: $0) } ?? .idempotent
        if let known = numbers[description.name] {
            agents[known].description = description
            agents[known].effect = effect
            return known
        }
        let policy = policies.policy(for: description.name)
        numbers[description.name] = agents.count
        agents.append(
            Agent(
                name: description.name, description: description, effect: effect, policy: policy,
                breaker: Breaker(policy.breaker),
                balancer: Balancer(seed: seed &+ UInt64(agents.count)),
                isFrozen: frozen[description.name] != nil))
        return agents.count - 1
    }
}
