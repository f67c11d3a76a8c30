/// Every bound of an orchestrator, with its default.
package struct Limits: Sendable, Hashable {
    /// Requests accepted and not yet answered; above it a new one is refused with `busy`.
    package var inFlight = 10_000
    /// Requests that wait for an instance of their agent, over all agents.
    package var waiting = 2_000
    /// Peers: workers, clients, other orchestrators.
    package var peers = 20_000
    /// Agents, counted over all workers.
    package var agents = 20_000
    package var agentsPerWorker = 1_000
    /// The most tasks one worker may ask for.
    package var capacity = 65_536
    /// Tasks a worker may list as its own in HELLO.
    package var inflightListed = 65_536
    /// Agents in a row that one pipeline may name.
    package var stages = 32
    /// Answers that one request may gather.
    package var gathered = 1_000
    /// How many agents may call each other in a row, and the calls that one request may lead to.
    package var depth = 8
    package var calls = 1_000
    /// How many may wait for the result of one request, beside its caller.
    package var watchers = 16
    /// How many may follow the events of requests.
    package var followers = 10_000
    /// Times a step is given to another worker after one died with it.
    package var deathsPerStep = 3
    /// Messages of progress a task may send a second.
    package var progressPerSecond = 100
    /// Warnings a peer is given within ten seconds of each other before it is given up.
    package var warnings = 3
    /// Times a name may change hands between connected processes, each within two seconds of the
    /// last.
    package var takeovers = 3

    package init() {}
}

/// Every delay of an orchestrator, with its default.
package struct Delays: Sendable, Hashable {
    /// Silence after which a peer is asked whether it is there.
    package var ping = Duration.seconds(1)
    /// Silence after which a peer is dead.
    package var dead = Duration.seconds(4)
    /// Absence after which the pure and idempotent steps of a worker are given to another.
    package var absence = Duration.milliseconds(80)
    /// How long a request waits for a live instance of its agent.
    package var scheduleToStart = Duration.seconds(60)
    /// The deadline of a request that names none, and the longest one it may name.
    package var deadline = Duration.seconds(900)
    package var longestDeadline = Duration.seconds(86_400)
    /// The longest a run that was cancelled may take to make good what it has done.
    package var compensation = Duration.seconds(60)
    /// The longest a workflow may take, whose own file says how long it waits for what.
    package var workflow = Duration.seconds(366 * 86_400)
    /// How long a worker that answered busy is left alone.
    package var busyPause = Duration.milliseconds(20)
    /// How often the store is asked for news of followed requests that are in hand elsewhere.
    package var followers = Duration.seconds(1)
    /// How often the store is asked whether people answered what runs here ask.
    package var people = Duration.seconds(5)
    /// How long workers are given to say that they have a step of another orchestrator.
    package var search = Duration.milliseconds(250)
    /// How long after its start an orchestrator expects workers to find it: until then one that has
    /// a step of another may still come.
    package var reunion = Duration.milliseconds(2500)
    /// How long a drain waits for what runs.
    package var drain = Duration.seconds(10)

    package init() {}
}
