import Reactor

/// How often each call's work was begun, and where.
struct EffectBook {
    struct Run {
        let machine: Machine
        let moment: Instant
    }

    private var runs: [Int: [Run]] = [:]
    private var given: [Int: [Run]] = [:]
    private var explosions: [Int: Int] = [:]

    mutating func ran(_ number: Int, _ trade: Trade, on machine: Machine, _ world: World) {
        // What a killed process still does in its last moment is not seen by anybody.
        guard machine.isAlive else { return }
        world.trace.note("runs", "\(trade) on \(machine.label)", number)
        let before = runs[number] ?? []
        runs[number, default: []].append(Run(machine: machine, moment: world.now))
        guard let last = before.last else { return }
        if trade.isUnsafe { return world.fail("\(trade) \(number) ran twice") }
        // A call within a call is repeated with it.
        guard number > 0, world.disturbances.isEmpty(near: last),
            world.disturbances.isEmpty(near: Run(machine: machine, moment: last.moment))
        else { return }
        world.fail("\(trade) \(number) ran again without a reason")
    }

    /// The orchestrator gives the work to a machine, which may never hear of it.
    mutating func gave(_ number: Int, to machine: Machine, _ world: World) {
        given[number, default: []].append(Run(machine: machine, moment: world.now))
    }

    mutating func exploded(_ number: Int, _ world: World) {
        explosions[number, default: 0] += 1
        if explosions[number, default: 0] > 3 { world.fail("bomb \(number) took a fourth worker") }
    }

    /// How many workers are gone, or were out of reach, that were given this work.
    func deaths(of number: Int, _ world: World) -> Int {
        (given[number] ?? []).count { run in
            !run.machine.isAlive || world.disturbances.touched(run.machine.name, since: run.moment)
        }
    }
}
