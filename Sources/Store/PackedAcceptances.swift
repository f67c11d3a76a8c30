import Wire

/// Requests to accept, in the packed form of `accept.lua`, written in one pass.
struct PackedAcceptances {
    private(set) var records: [LeanRecord] = []
    private var tenants = PackedCounts()
    private var names = RedisArguments()
    private var pairs = RedisArguments()

    /// Nothing where one of them has no record of one string.
    init?(_ batch: StateBatches.Batch, by asker: StateCall.Asker, prefix: String) {
        records.reserveCapacity(batch.commands.count)
        names.reserve(batch.commands.count * 32)
        pairs.reserve(batch.commands.count * 640)
        for command in batch.commands {
            guard case .accept(_, let item) = command,
                let record = LeanRecord(item, of: asker.me, at: asker.now)
            else { return nil }
            tenants.add(record.tenant)
            records.append(record)
            names.digest(item.key.digest)
            pairs.key(prefix, "r:", item.key.digest)
            pairs.bytes(record.bytes)
            pairs.key(prefix, "i:", item.key.digest)
            pairs.message(item.input)
        }
    }

    func write(to arguments: inout RedisArguments) {
        arguments.reserve(arguments.byteCount + names.byteCount + pairs.byteCount + 256)
        arguments.text("lean")
        arguments.number(records.count)
        arguments.number(tenants.all.count)
        tenants.write(to: &arguments)
        arguments.append(names)
        arguments.append(pairs)
    }
}
