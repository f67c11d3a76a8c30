import Bus
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import Orchestration

/// Hundreds of short lives of a conductor: everybody does anything at any time, and the promises
/// hold after each event.
@Suite struct RandomWalkTests {
    @Test(
        "G1 whatever happens, credit holds, every request ends once and nothing is left over"
    )
    func walks() {
        for seed in UInt64(0)..<300 {
            var walk = Walk(seed: seed)
            for _ in 0..<150 { walk.step() }
            walk.finish()
            guard walk.faults.isEmpty else {
                Issue.record("seed \(seed): \(walk.faults.prefix(3))")
                return
            }
        }
    }
}

/// One life: a few clients and workers, and a book of what each caller was told.
private struct Walk {
    let stage: Stage
    var faults: [String] = []
    private var random: SplitMix64
    private var clients: [PeerID] = []
    private var workers: [PeerID] = []
    private var sessions: [PeerID: Int] = [:]
    private var tasks: [Sent] = []
    /// Answers per volatile request that is still owed one, by caller and id.
    private var open: [String: PeerID] = [:]
    private var number = 0
    private let agents = ["pure", "twice", "once"]

    init(seed: UInt64) {
        var limits = Limits()
        limits.inFlight = 40
        limits.waiting = 20
        var delays = Delays()
        delays.scheduleToStart = .seconds(3)
        delays.deadline = .seconds(8)
        stage = Stage(limits, delays)
        random = SplitMix64(seed: seed)
        stage.storeIsSlow = seed % 2 == 0
        for name in 0..<3 { clients.append(stage.join("c.\(name)")) }
        for name in 0..<4 { workers.append(stage.join("w.\(name)")) }
        for worker in workers { greet(worker, isNew: true) }
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: request()
        case 30..<55: answer()
        case 55..<62: cancel()
        case 62..<82: pass(.milliseconds(Int.random(in: 1...200, using: &random)))
        case 82..<86: stage.left(anyWorker)
        case 86..<91: greet(anyWorker, isNew: false)
        case 91..<93: greet(anyWorker, isNew: true)
        case 93..<95: credit()
        case 95: say(.drain, anyWorker)
        case 96: rejoin()
        default: note(stage.releaseStore())
        }
        check()
    }

    /// Lets everything end: nothing may be left.
    mutating func finish() {
        for _ in 0..<600 where !stage.isIdle {
            while !tasks.isEmpty { answer() }
            note(stage.releaseStore())
            pass(.milliseconds(100))
        }
        check()
        let conductor = (
            stage.conductor.inHand, stage.conductor.waiting, stage.conductor.deadlines.count
        )
        if conductor != (0, 0, 0) { faults.append("left over: \(conductor)") }
        if !open.isEmpty { faults.append("never answered: \(open.keys)") }
        for worker in stage.conductor.registry.workers where worker.inFlight != 0 {
            faults.append("a place leaked")
        }
    }

    // MARK: - Events

    private var anyWorker: PeerID { workers[number % workers.count] }

    private mutating func request() {
        number += 1
        let caller = clients[number % clients.count]
        let id = "r\(Int.random(in: 0..<60, using: &random))"
        let agent = agents[Int.random(in: 0..<3, using: &random)]
        let instance = Int.random(in: 0..<12, using: &random)
        let isDurable = Bool.random(using: &random)
        let budget = UInt64.random(in: 0...4000, using: &random)
        let receiver = instance < 4 ? "\(agent)#\(instance)" : agent
        let before = stage.conductor.counters.accepted
        let name = isDurable ? "d/\(id)" : "v/\(caller)/\(id)"
        let wasOpen = open[name] != nil
        // It counts from now, since the answer may come at once.
        let sent = stage.request(id, from: caller, to: receiver, isDurable ? .durable : .volatile) {
            $0.budget = budget
        }
        if stage.conductor.counters.accepted > before {
            if wasOpen { faults.append("\(name) was accepted twice") }
            open[name] = caller
        } else if wasOpen, isDurable, sent.only(.error) == nil {
            open[name] = caller
        }
        note(sent, refusalOf: stage.conductor.counters.accepted > before ? nil : id)
    }

    private mutating func answer() {
        guard let place = tasks.indices.randomElement(using: &random) else { return }
        let task = tasks[place]
        let types: [MessageType] = [
            .result, .result, .fail, .nack, .nack, .progress, .partial, .accept,
        ]
        let type = types[Int.random(in: 0..<types.count, using: &random)]
        let isFinal = type == .result || type == .fail || type == .nack
        if isFinal, Int.random(in: 0..<10, using: &random) > 0 { tasks.remove(at: place) }
        let code = type == .nack && Bool.random(using: &random) ? "busy" : "failed"
        note(stage.answer(task, type, code: type == .result ? nil : code))
    }

    private mutating func cancel() {
        let caller = clients[Int.random(in: 0..<clients.count, using: &random)]
        let sent = stage.cancel("r\(Int.random(in: 0..<60, using: &random))", from: caller)
        note(sent.filter { $0.envelope.correlationID != "cancel" })
    }

    private mutating func credit() {
        number += 1
        var envelope = Envelope(.ready)
        envelope.credit = UInt32.random(in: 0...4, using: &random)
        note(stage.send(envelope, from: anyWorker))
    }

    private mutating func say(_ type: MessageType, _ peer: PeerID) {
        note(stage.send(Envelope(type), from: peer))
    }

    private mutating func rejoin() {
        number += 1
        let place = number % workers.count
        say(.bye, workers[place])
        workers[place] = stage.join("w.\(place)")
        greet(workers[place], isNew: true)
    }

    private mutating func greet(_ worker: PeerID, isNew: Bool) {
        number += 1
        if isNew { sessions[worker, default: 0] += 1 }
        let mine = tasks.filter { $0.peer == worker }
        let listed = (isNew ? [] : mine.filter { _ in Int.random(in: 0..<4, using: &random) > 0 })
            .map { task in
                Hello.Inflight(
                    request: task.envelope.requestID, step: 1, attempt: task.envelope.attempt,
                    dispatch: task.envelope.dispatch, state: .running)
            }
        var hello = Hello(role: .worker, session: "s\(sessions[worker] ?? 0)")
        hello.capacity = 3
        hello.agents = zip(agents, ["pure", "idempotent", "unsafe"]).map { name, effect in
            var agent = AgentDescription(name: name)
            agent.effect = effect
            return agent
        }
        hello.inflight = listed
        let sent = stage.say(hello, worker)
        if isNew, sent.only(.welcome) != nil { tasks.removeAll { $0.peer == worker } }
        // A name that is fought for stays with the process that had it.
        if isNew, sent.only(.welcome) == nil { sessions[worker, default: 1] -= 1 }
        note(sent)
    }

    private mutating func pass(_ duration: Duration) {
        // Some are silent, and die now and then.
        for peer in clients { note(stage.send(Envelope(.pong), from: peer)) }
        for peer in workers where Int.random(in: 0..<4, using: &random) > 0 {
            note(stage.send(Envelope(.pong), from: peer))
        }
        note(stage.pass(duration))
        for peer in stage.forgotten {
            guard let place = workers.firstIndex(of: peer) else { continue }
            tasks.removeAll { $0.peer == peer }
            workers[place] = stage.join("w.\(place)")
            greet(workers[place], isNew: true)
        }
        stage.forgotten = []
    }

    // MARK: - The book

    private mutating func note(_ sent: [Sent], refusalOf refused: String? = nil) {
        for message in sent {
            switch message.type {
            case .task:
                tasks.append(message)
                checkCredit(of: message.peer)
            case .response, .error:
                guard clients.contains(message.peer), message.envelope.correlationID != refused,
                    message.envelope.correlationID != "cancel",
                    message.code != "gone"
                else { continue }
                settle(message)
            default: break
            }
        }
    }

    private mutating func settle(_ message: Sent) {
        let id = message.envelope.requestID
        let isVolatile = message.envelope.delivery == .volatile
        let name = isVolatile ? "v/\(message.peer)/\(id)" : "d/\(id)"
        guard let caller = open.removeValue(forKey: name) else {
            return faults.append("\(name) was answered twice")
        }
        if caller != message.peer { faults.append("\(name) was answered to somebody else") }
    }

    /// Whoever was just given a task has no more than its credit.
    private mutating func checkCredit(of peer: PeerID) {
        for worker in stage.conductor.registry.workers
        where worker.peer == peer && worker.inFlight > worker.capacity {
            faults.append("a worker got more than its credit")
        }
    }

    private mutating func check() {
        checkSteps()
        let requests = stage.conductor.requests
        var timed = 0
        for slot in requests.inUse {
            if requests.slot(token: requests.token(slot)) != slot {
                faults.append("a token is lost")
            }
            let isOpen = requests[slot].outcome == nil
            if isOpen, requests[slot].state != .finishing { timed += 1 }
        }
        if stage.conductor.deadlines.count != timed {
            faults.append("a deadline too many or few")
        }
    }

    private mutating func checkSteps() {
        let steps = stage.conductor.steps
        var lines = 0
        for agent in stage.conductor.registry.agents { lines += agent.waiting }
        var states: [Step.State: Int] = [:]
        var members = 0
        for step in steps.inUse {
            states[steps[step].state, default: 0] += 1
            if steps[step].state != .detached { members += 1 }
        }
        let waiting = states[.waiting] ?? 0
        if lines != waiting || stage.conductor.waiting != waiting {
            faults.append(
                "waiting \(stage.conductor.waiting), in lines \(lines), states \(waiting)")
        }
        let requests = stage.conductor.requests
        let listed = requests.inUse.reduce(0) { $0 + requests[$1].steps.count }
        if listed != members { faults.append("steps \(members), in requests \(listed)") }
        let timed = waiting + (states[.resting] ?? 0) + (states[.sought] ?? 0)
        if steps.timers.count != timed {
            faults.append("timers \(steps.timers.count) for \(timed) steps")
        }
        let held = steps.inUse.count { steps[$0].isHeld }
        var places = 0
        for worker in stage.conductor.registry.workers { places += worker.inFlight }
        if held != places { faults.append("held \(held), places \(places)") }
    }
}
