/// How many of some requests are whose; of one call these are few.
struct PackedCounts {
    private(set) var all: [(tenant: ArraySlice<UInt8>, count: Int)] = []

    mutating func add(_ tenant: ArraySlice<UInt8>) {
        if let place = all.firstIndex(where: { $0.tenant == tenant }) {
            all[place].count += 1
        } else {
            all.append((tenant, 1))
        }
    }

    func write(to arguments: inout RedisArguments) {
        for (tenant, count) in all {
            arguments.bytes(tenant)
            arguments.number(count)
        }
    }
}
