import Reactor

@testable import Orchestration

/// What must hold of the orchestrator's own tables after each of its turns.
enum ConductorBook {
    /// What is wrong now.
    static func fault(in conductor: borrowing Conductor, _ world: World) -> String? {
        var places = 0
        for worker in conductor.registry.workers {
            places += worker.inFlight
            guard let name = conductor.peers.name(of: worker.peer),
                let capacity = world.capacity[name], worker.inFlight > capacity
            else { continue }
            return "\(name) has \(worker.inFlight) tasks and room for \(capacity)"
        }
        guard places <= conductor.inHand else {
            return "\(places) places are taken by \(conductor.inHand) requests"
        }
        return nil
    }

    /// What is left although nobody asks for anything any more.
    static func remains(in conductor: borrowing Conductor) -> String? {
        var places = 0
        for worker in conductor.registry.workers { places += worker.inFlight }
        let left = (conductor.inHand, conductor.waiting, conductor.deadlines.count, places)
        return left == (0, 0, 0, 0) ? nil : "requests, waiting, deadlines, places left: \(left)"
    }
}
