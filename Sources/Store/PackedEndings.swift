import Wire

/// Endings, in the packed form of `finish.lua`, written in one pass.
struct PackedEndings {
    private struct Sum {
        var agent: String
        var count = 0
        var failed = 0
        var took: UInt64 = 0
    }

    private var size = 0
    private var tenants = PackedCounts()
    private var agents: [Sum] = []
    private var names = RedisArguments()
    private var before = RedisArguments()
    private var lines = RedisArguments()
    private var pairs = RedisArguments()

    /// Nothing where the record of one of them is not known, or becomes one of another kind.
    init?(
        _ batch: StateBatches.Batch, _ known: LeanRecords, at now: UInt64, prefix: String
    ) {
        let count = batch.commands.count
        names.reserve(count * 32)
        before.reserve(count * 160)
        lines.reserve(count * 64)
        pairs.reserve(count * 640)
        for command in batch.commands {
            guard case .finish(_, let item) = command, let record = known[item.key],
                record.fits(item)
            else { return nil }
            tenants.add(record.tenant)
            add(item)
            names.digest(item.key.digest)
            before.bytes(record.bytes)
            lines.buried(item.key.digest, at: now, item.size)
            pairs.key(prefix, "r:", item.key.digest)
            pairs.joined(record.beginning(item, at: now), item.instance, item.code, item.output)
        }
    }

    private mutating func add(_ item: StateCommand.Ending) {
        size += item.size
        let known = agents.firstIndex { $0.agent == item.agent }
        if known == nil { agents.append(Sum(agent: item.agent)) }
        let place = known ?? agents.count - 1
        agents[place].count += 1
        agents[place].failed += item.code.isEmpty ? 0 : 1
        agents[place].took += item.took
    }

    func write(to arguments: inout RedisArguments) {
        let sections = [names, before, lines, pairs]
        arguments.reserve(sections.reduce(arguments.byteCount + 512) { $0 + $1.byteCount })
        arguments.text("lean")
        arguments.number(names.count)
        arguments.number(size)
        arguments.number(tenants.all.count)
        arguments.number(agents.count)
        tenants.write(to: &arguments)
        for sum in agents {
            arguments.text(sum.agent)
            arguments.number(sum.count)
            arguments.number(sum.failed)
            arguments.number(sum.took)
        }
        for section in sections { arguments.append(section) }
    }
}
