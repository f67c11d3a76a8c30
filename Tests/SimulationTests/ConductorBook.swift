import Reactor

@testable import Orchestration

/// What must hold of the orchestrator's own tables after each of its turns.
enum ConductorBook {
    /// What is wrong now.
    static func fault(in conductor: borrowing Conductor, _ world: World) -> String? {
        var places = 0
        for worker in conductor.registry.workers {
            places += worker.inFlight
            guard worker.inFlight > 1, let name = conductor.peers.name(of: worker.peer),
                let room = world.capacity[name], worker.inFlight > room
            else { continue }
            return "\(name) has \(worker.inFlight) tasks and room for \(room)"
        }
        guard world.events % 4 == 0 else { return nil }
        var held = 0
        var waiting = 0
        for step in conductor.steps.inUse {
            if conductor.steps[step].isHeld { held += 1 }
            if conductor.steps[step].state == .waiting { waiting += 1 }
        }
        guard held == places else { return "\(places) places are taken by \(held) steps" }
        guard waiting == conductor.waiting else {
            return "\(waiting) steps wait, not \(conductor.waiting)"
        }
        return nil
    }

    /// What is left although nobody asks for anything any more.
    static func remains(in conductor: borrowing Conductor) -> String? {
        var places = 0
        for worker in conductor.registry.workers { places += worker.inFlight }
        let left = [
            ("requests", conductor.inHand), ("steps", conductor.steps.count),
            ("waiting", conductor.waiting), ("deadlines", conductor.deadlines.count),
            ("timers", conductor.steps.timers.count), ("places", places),
        ].filter { $0.1 != 0 }
        return left.isEmpty ? nil : "left over: \(left)"
    }
}
