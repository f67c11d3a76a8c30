/// Steps that wait for any instance of an agent: those of a higher priority first, of one priority
/// in the order in which they came.
struct ReadyLine {
    private var lists = InlineArray<10, SlotList>(repeating: SlotList())
    /// One bit for each priority that somebody waits with.
    private var occupied: UInt16 = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Whoever is served next.
    var first: Int? {
        guard occupied != 0 else { return nil }
        return lists[UInt16.bitWidth - 1 - occupied.leadingZeroBitCount].first
    }

    /// Adds a step behind the others of its priority, or ahead of them.
    mutating func add(_ step: Int, _ priority: Int, ahead: Bool, _ links: inout SlotLinks) {
        lists[priority].add(step, ahead: ahead, &links)
        occupied |= 1 << UInt16(priority)
        count += 1
    }

    mutating func remove(_ step: Int, _ priority: Int, _ links: inout SlotLinks) {
        lists[priority].remove(step, &links)
        if lists[priority].isEmpty { occupied &= ~(1 << UInt16(priority)) }
        count -= 1
    }
}
