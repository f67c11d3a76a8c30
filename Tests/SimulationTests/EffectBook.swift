import Reactor

/// How often each call's work was begun, and where.
struct EffectBook {
    struct Run {
        let machine: Machine
        let moment: Instant
    }

    private struct Work: Hashable {
        let number: Int
        let trade: Trade
    }

    private var runs: [Work: [Run]] = [:]
    private var given: [Work: [Run]] = [:]
    /// Calls whose work every instance does.
    private var spread: Set<Int> = []
    private var explosions: [Int: Int] = [:]

    mutating func ran(_ number: Int, _ trade: Trade, on machine: Machine, _ world: World) {
        // What a killed process still does in its last moment is not seen by anybody.
        guard machine.isAlive else { return }
        world.trace.note("runs", "\(trade) on \(machine.label)", number)
        let work = Work(number: number, trade: trade)
        let before = runs[work]?.last
        runs[work, default: []].append(Run(machine: machine, moment: world.now))
        guard let last = before, !spread.contains(number), !trade.mayRunAgain else { return }
        if trade.isUnsafe { return world.fail("\(trade) \(number) ran twice") }
        // A call within a call is repeated with it.
        guard number > 0, world.disturbances.isEmpty(near: last),
            world.disturbances.isEmpty(near: Run(machine: machine, moment: last.moment))
        else { return }
        world.fail("\(trade) \(number) ran again without a reason")
    }

    /// The orchestrator gives the work to a machine, which may never hear of it.
    mutating func gave(_ number: Int, _ trade: Trade, to machine: Machine, _ world: World) {
        let run = Run(machine: machine, moment: world.now)
        given[Work(number: number, trade: trade), default: []].append(run)
    }

    mutating func spreads(_ number: Int) { spread.insert(number) }

    func hasRun(_ number: Int, _ trade: Trade) -> Bool {
        runs[Work(number: number, trade: trade)] != nil
    }

    mutating func exploded(_ number: Int, _ world: World) {
        explosions[number, default: 0] += 1
        if explosions[number, default: 0] > 3 { world.fail("bomb \(number) took a fourth worker") }
    }

    /// How many workers are gone, or were out of reach, that were given this work.
    func deaths(of number: Int, _ trade: Trade, _ world: World) -> Int {
        (given[Work(number: number, trade: trade)] ?? []).count { run in
            !run.machine.isAlive || world.disturbances.touched(run.machine.name, since: run.moment)
        }
    }
}
